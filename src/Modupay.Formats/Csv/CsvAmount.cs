namespace Modupay.Formats.Csv;

/// <summary>Amounts as spreadsheets print them: grouped by anything, negative in four ways.</summary>
internal static class CsvAmount
{
    /// <summary>Takes sign, blanks and currency signs away. What is left has digits and marks only.</summary>
    public static string? Clean(string text, out bool negative, out string? oddity)
    {
        negative = false;
        oddity = null;
        text = WithoutWords(text, out var debit);
        if (debit) (negative, oddity) = (true, "amount_trailing_minus");
        var clean = new System.Text.StringBuilder(text.Length);
        var digits = 0;
        for (var at = 0; at < text.Length; at++)
        {
            var character = text[at];
            switch (character)
            {
                case >= '0' and <= '9':
                    digits++;
                    clean.Append(character);
                    break;
                case '.' or ',':
                    clean.Append(character);
                    break;
                case '-' or '\u2212' or '\u2013':
                    if (negative) return null;
                    negative = true;
                    if (character != '-') oddity = "amount_unicode_minus";
                    else if (digits > 0) oddity = "amount_trailing_minus";
                    break;
                case '(' when digits == 0 && text.TrimEnd().EndsWith(')'):
                    negative = true;
                    oddity = "amount_parentheses";
                    break;
                case '\u00a0' or '\u202f' or '\'' or '\u2019' when digits > 0:
                    oddity ??= "amount_grouped";
                    break;
                case '+' or ' ' or ')' or '€' or '$' or '£' or '\u00a0' or '\u202f':
                    break;
                case var sign when char.GetUnicodeCategory(sign) is System.Globalization.UnicodeCategory.CurrencySymbol:
                    break;
                default:
                    return null;
            }
        }

        return digits == 0 ? null : clean.ToString();
    }

    // A dollar, a crown and a yen sign belong to several.
    private static readonly (string Sign, string Code)[] OwnSigns =
        [("€", "EUR"), ("£", "GBP"), ("₦", "NGN"), ("₹", "INR"), ("₵", "GHS"), ("₺", "TRY"), ("₴", "UAH"), ("₪", "ILS"), ("R$", "BRL"), ("zł", "PLN"), ("Kč", "CZK"), ("Ft", "HUF"), ("Fr.", "CHF")];

    /// <summary>What a cell of the currency column names, by its code or its sign; empty when the cell is, null when nobody knows it.</summary>
    public static string? CurrencyNamed(string text)
    {
        text = text.Trim();
        if (text.Length == 0) return "";
        if (CurrencyCodes.Find(text.ToUpperInvariant()) is { } code) return code;
        if (text.Equals("euro", StringComparison.OrdinalIgnoreCase) || text.Equals("euros", StringComparison.OrdinalIgnoreCase)) return "EUR";
        return Array.Find(OwnSigns, own => own.Sign.Equals(text, StringComparison.OrdinalIgnoreCase)).Code;
    }

    /// <summary>The currency an amount wears, when it can only be one.</summary>
    public static string? Currency(string text)
    {
        foreach (var (sign, code) in OwnSigns)
        {
            if (text.Contains(sign, StringComparison.OrdinalIgnoreCase)) return code;
        }

        var trimmed = text.AsSpan().Trim(" -+()\u00a0");
        if (trimmed.Length < 4) return null;
        if (!char.IsLetter(trimmed[3]) && CurrencyCodes.Find(trimmed[..3]) is { } first) return first;
        return char.IsLetter(trimmed[^4]) ? null : CurrencyCodes.Find(trimmed[^3..]);
    }

    // "EUR 12.00", "100,00 kr", "25.00DR": a currency is said elsewhere too, a direction is not.
    private static string WithoutWords(string text, out bool debit)
    {
        debit = false;
        var trimmed = text.AsSpan().Trim();
        // "-EUR 12.00": the sign is put where the digits begin.
        if (trimmed.Length > 2 && trimmed[0] is '-' or '+' && char.IsLetter(trimmed[1]))
        {
            var inner = WithoutWords(trimmed[1..].ToString(), out debit);
            return trimmed[0] + inner;
        }

        var first = 0;
        while (first < trimmed.Length && char.IsLetter(trimmed[first])) first++;
        if (first > 0 && (CurrencyCodes.Find(trimmed[..first]) is not null || Signs.Contains(trimmed[..first].ToString(), StringComparer.OrdinalIgnoreCase))) trimmed = trimmed[first..].TrimStart(" .\u00a0");
        var last = trimmed.Length;
        while (last > 0 && char.IsLetter(trimmed[last - 1])) last--;
        if (last == trimmed.Length || last == 0) return trimmed.ToString();
        var word = trimmed[last..];
        debit = word.Equals("DR", StringComparison.OrdinalIgnoreCase) || word.Equals("DB", StringComparison.OrdinalIgnoreCase);
        var known = debit || word.Equals("CR", StringComparison.OrdinalIgnoreCase) || CurrencyCodes.Find(word) is not null || Signs.Contains(word.ToString(), StringComparer.OrdinalIgnoreCase);
        return (known ? trimmed[..last].TrimEnd() : trimmed).ToString();
    }

    private static readonly string[] Signs = ["kr", "zł", "zl", "Kč", "Ft", "Fr", "R", "Rs", "TL", "FCFA", "CFA", "lei", "Lt"];

    /// <summary>Which mark the value proves to be decimal, if any; <paramref name="open"/> when it could be either.</summary>
    public static char? Evidence(string clean, out bool open)
    {
        open = false;
        var comma = clean.LastIndexOf(',');
        var dot = clean.LastIndexOf('.');
        if (comma < 0 && dot < 0) return null;
        if (comma >= 0 && dot >= 0) return comma > dot ? ',' : '.';
        var mark = Math.Max(comma, dot);
        var several = clean.IndexOf(clean[mark], StringComparison.Ordinal) != mark;
        if (several) return clean[mark] == ',' ? '.' : ',';
        // A group has three digits, and before it stand one to three that do not begin with a nought.
        if (clean.Length - mark - 1 != 3 || mark is 0 or > 3 || clean[0] == '0') return clean[mark];
        open = true;
        return null;
    }

    public static string? TryParse(string clean, char decimalMark, int decimals, out long minor)
    {
        minor = 0;
        var group = decimalMark == ',' ? "." : ",";
        var plain = clean.Replace(group, "", StringComparison.Ordinal).Replace(decimalMark, '.');
        // A group of other than three digits was no group: 12,50 with a decimal point declared.
        var at = clean.LastIndexOf(group, StringComparison.Ordinal);
        var end = clean.IndexOf(decimalMark, StringComparison.Ordinal);
        if (at >= 0 && (end < 0 ? clean.Length : end) - at - 1 != 3) return "amount_unreadable";
        return Camt.CamtValues.TryAmount(plain, decimals, out minor, out _);
    }
}
