namespace Modupay.Formats.Mt;

/// <summary>Fields 60, 62, 64 and 65: mark, date 6!n, currency 3!a, amount 15d.</summary>
internal static class MtBalance
{
    /// <summary>
    /// Null with a code when it cannot be read. A missing currency is borrowed, because ten banks in two thousand leave it out; where nobody names one it
    /// stays empty, as in a fragment, and the statement is held.
    /// </summary>
    public static Balance? TryParse(ReadOnlySpan<byte> field, BalanceKind kind, bool intermediate, string? knownCurrency, out string? code, out string message)
    {
        code = null;
        message = "";
        var end = field.IndexOfAny((byte)'\r', (byte)'\n');
        // A quotation mark at the end is left from the program the file was copied out of.
        var text = (end < 0 ? field : field[..end]).Trim(" \t\0\x03\x1A\""u8);
        if (text.EndsWith("-}"u8)) text = text[..^2].TrimEnd((byte)' ');

        if (text.IsEmpty || (text[0] | 0x20) is not ('c' or 'd')) return Refuse("balance_mark", "A balance begins with C or D.", out code, out message);
        var sign = (text[0] | 0x20) == 'c' ? 1 : -1;
        text = text[1..].TrimStart((byte)' ');
        // Eight digits can only be a date with its century: no currency begins with a digit.
        if (MtDate.TryDigits(text, 8, out _) && text.Length > 8 && (text[8] == ' ' || char.IsAsciiLetter((char)text[8]))) text = text[2..];
        if (!MtDate.TryDigits(text, 6, out _)) return Refuse("balance_date", "The balance carries no date.", out code, out message);
        // A balance on 31 June is still a balance.
        DateOnly? date = MtDate.TryParse(text, out var day, out _) ? day : null;
        text = text[6..].TrimStart((byte)' ');

        var letters = 0;
        while (letters < text.Length && letters < 3 && char.IsAsciiLetter((char)text[letters])) letters++;
        var currency = letters == 0 ? knownCurrency ?? "" : CurrencyCodes.Find(text[..letters]) ?? Upper(text[..letters]);
        if (currency is null) return Refuse("currency_unknown", "The balance names no currency of ISO 4217.", out code, out message);
        text = text[letters..].TrimStart((byte)' ');
        var decimals = CurrencyCodes.DecimalsOrTwo(currency);

        var spaced = text.IndexOfAny((byte)' ', (byte)'\'');
        var grouped = spaced > 0 && spaced + MtAmount.Groups(text[..spaced], text[spaced..]) == text.Length;
        var verdict = grouped ? MtAmount.TryParseSpaced(text, decimals, out var minor, out _) : MtAmount.TryParse(text, decimals, out minor, out _);
        if (verdict is not AmountVerdict.Read) return Refuse(MtAmount.Code(verdict), MtAmount.Explain(verdict), out code, out message);
        if (letters == 0)
        {
            code = "currency_missing";
            message = currency.Length == 0 ? "Neither the balance nor the statement names a currency." : $"The balance names no currency; {currency} is taken from elsewhere in the statement.";
        }

        return new Balance(kind, sign * minor, currency, date, intermediate);
    }

    private static string? Upper(ReadOnlySpan<byte> letters)
    {
        Span<byte> upper = stackalloc byte[letters.Length];
        for (var at = 0; at < letters.Length; at++) upper[at] = (byte)(letters[at] & ~0x20);
        return CurrencyCodes.Find(upper);
    }

    private static Balance? Refuse(string why, string explanation, out string? code, out string message)
    {
        code = why;
        message = explanation;
        return null;
    }
}
