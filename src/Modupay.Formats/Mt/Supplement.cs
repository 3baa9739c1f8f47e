using System.Buffers;

namespace Modupay.Formats.Mt;

/// <summary>
/// Supplementary details of <c>:61:</c>: coded (<c>/OCMT/EUR12,00/</c> original amount, <c>/CHGS/EUR3,00/</c> charges, <c>/EXCH/</c> rate) or
/// plain text, which may be the counterparty (ASN, SNS) or a kind of payment ("Visa").
/// </summary>
internal static class Supplement
{
    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789.,"u8);

    public static void Read(ReadOnlySpan<byte> text, ref TextDraft draft)
    {
        text = text.Trim(" \r\n"u8);
        if (text.IsEmpty) return;
        var coded = false;
        if (text.IndexOf((byte)'/') >= 0)
        {
            if (Amount(text, "/OCMT/"u8) is { } original)
            {
                draft.Original = new OriginalAmount(original.Minor, original.Currency, Rate(text));
                coded = true;
            }

            if (Amount(text, "/CHGS/"u8) is { } charges)
            {
                (draft.Charges ??= []).Add(new Charge(charges.Minor, charges.Currency, Included: true));
                coded = true;
            }

            coded |= text.StartsWith("/TRCD/"u8);
        }

        if (coded) return;
        // Kept until :86: says it better. Rabobank and SNS put the other account here.
        var words = draft.Text(OneLine(text, draft.Take(text.Length)));
        if (Iban.IsValid(words)) draft.Account = words;
        else draft.BookingText = words;
    }

    private static (long Minor, string Currency)? Amount(ReadOnlySpan<byte> text, ReadOnlySpan<byte> code)
    {
        var at = text.IndexOf(code);
        if (at < 0) return null;
        return Money(text[(at + code.Length)..], null);
    }

    /// <summary><c>EUR12,00</c>, or the number alone where the rule book knows one currency only.</summary>
    public static (long Minor, string Currency)? Money(ReadOnlySpan<byte> value, string? otherwise)
    {
        if (value.Length < 3) return null;
        var currency = CurrencyCodes.Find(value[..3]) ?? otherwise;
        if (currency is null) return null;
        if (char.IsAsciiLetter((char)value[0])) value = value[3..].TrimStart((byte)' ');
        var end = value.IndexOfAnyExcept(Digits);
        if (end >= 0) value = value[..end];
        return CurrencyCodes.TryGetDecimals(currency, out var decimals) && MtAmount.TryParse(value, decimals, out var minor, out _) is AmountVerdict.Read
            ? (minor, currency)
            : null;
    }

    private static decimal? Rate(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOf("/EXCH/"u8);
        if (at < 0) return null;
        return ExchangeRate(text[(at + 6)..]);
    }

    public static decimal? ExchangeRate(ReadOnlySpan<byte> value)
    {
        var end = value.IndexOfAnyExcept(Digits);
        if (end >= 0) value = value[..end];
        Span<char> digits = stackalloc char[Math.Min(value.Length, 28)];
        for (var index = 0; index < digits.Length; index++) digits[index] = value[index] == ',' ? '.' : (char)value[index];
        return decimal.TryParse(digits, System.Globalization.NumberStyles.AllowDecimalPoint, null, out var rate) ? rate : null;
    }

    private static ReadOnlySpan<byte> OneLine(ReadOnlySpan<byte> text, Span<byte> line)
    {
        if (text.IndexOfAny((byte)'\r', (byte)'\n') < 0) return text;
        text.Replace(line, (byte)'\r', (byte)' ');
        line.Replace((byte)'\n', (byte)' ');
        return line;
    }
}
