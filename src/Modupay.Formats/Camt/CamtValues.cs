namespace Modupay.Formats.Camt;

internal static class CamtValues
{
    /// <summary>xsd:decimal without a sign that lowers it: amounts are positive, the indicator gives the direction.</summary>
    public static string? TryAmount(ReadOnlySpan<char> text, int decimals, out long minor, out bool plus)
    {
        minor = 0;
        plus = text is ['+', ..];
        if (plus) text = text[1..];
        if (text.IsEmpty) return "amount_missing";
        if (text[0] == '-') return "amount_negative";
        var dot = text.IndexOf('.');
        var whole = dot < 0 ? text : text[..dot];
        var fraction = dot < 0 ? default : text[(dot + 1)..];
        if (whole.IsEmpty && fraction.IsEmpty) return "amount_unreadable";

        var digits = 0;
        foreach (var character in whole)
        {
            if (!char.IsAsciiDigit(character)) return "amount_unreadable";
            if (digits > 0 || character != '0') digits++;
            if (digits + decimals > 18) return "amount_too_large";
            minor = (minor * 10) + (character - '0');
        }

        for (var at = 0; at < Math.Max(decimals, fraction.Length); at++)
        {
            var character = at < fraction.Length ? fraction[at] : '0';
            if (!char.IsAsciiDigit(character)) return "amount_unreadable";
            if (at < decimals) minor = (minor * 10) + (character - '0');
            else if (character != '0') return "amount_decimals";
        }

        return null;
    }

    /// <summary>
    /// xsd:date or xsd:dateTime, with or without a zone. The local day of the stamp is the bank's day; shifting it to UTC would book
    /// the evening of New York on the next day.
    /// </summary>
    public static bool TryDate(ReadOnlySpan<char> text, out DateOnly date)
    {
        date = default;
        if (text.Length < 10 || text[4] != '-' || text[7] != '-' || (text.Length > 10 && text[10] is not ('T' or 'Z' or '+' or '-'))) return false;
        return Number(text[..4], out var year) && Number(text[5..7], out var month) && Number(text[8..10], out var day)
            && Mt.MtDate.TryMake(year, month, day, out date, out var clamped) && !clamped;
    }

    public static DateTimeOffset? Stamp(string? text) =>
        DateTimeOffset.TryParse(text, null, System.Globalization.DateTimeStyles.AssumeUniversal, out var stamp) ? stamp : null;

    private static bool Number(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        foreach (var character in text)
        {
            if (!char.IsAsciiDigit(character)) return false;
            number = (number * 10) + (character - '0');
        }

        return true;
    }
}
