namespace Modupay.Formats;

/// <summary>
/// Creditor references of single countries that prove themselves: the Swiss QR reference (27 digits, recursive modulo 10) and the Belgian structured
/// communication (<c>+++123/1234/12345+++</c>, modulo 97). Those of the Nordic countries are mere numbers and are not told from any other number.
/// </summary>
public static class NationalReference
{
    private const int SwissLength = 27;
    private const int BelgianLength = 12;

    private static ReadOnlySpan<byte> Carry => [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];

    /// <summary>The first one in free text, digits only; payers and banks put blanks anywhere between them.</summary>
    public static bool TryFind(string? text, out string reference)
    {
        reference = "";
        if (text is null || text.Length < BelgianLength) return false;
        if (TryFindBelgian(text, "+++", out reference) || TryFindBelgian(text, "***", out reference)) return true;
        Span<char> digits = stackalloc char[SwissLength];
        for (var at = 0; at < text.Length;)
        {
            if (!char.IsAsciiDigit(text[at]))
            {
                at++;
                continue;
            }

            var count = 0;
            var end = at;
            for (; end < text.Length && (char.IsAsciiDigit(text[end]) || (text[end] == ' ' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]))); end++)
            {
                if (text[end] == ' ') continue;
                if (count < SwissLength) digits[count] = text[end];
                count++;
            }

            if (count == SwissLength && IsSwiss(digits))
            {
                reference = digits.ToString();
                return true;
            }

            at = end;
        }

        return false;
    }

    /// <summary>All zeros check out and mean nothing.</summary>
    private static bool IsSwiss(ReadOnlySpan<char> digits)
    {
        var carry = 0;
        foreach (var digit in digits[..^1]) carry = Carry[(carry + digit - '0') % 10];
        return (10 - carry) % 10 == digits[^1] - '0' && digits.ContainsAnyExcept('0');
    }

    private static bool TryFindBelgian(string text, string mark, out string reference)
    {
        reference = "";
        var start = text.IndexOf(mark, StringComparison.Ordinal);
        var end = start < 0 ? -1 : text.IndexOf(mark, start + 3, StringComparison.Ordinal);
        if (end < 0) return false;
        var digits = string.Concat(text.AsSpan(start + 3, end - start - 3).ToString().Where(char.IsAsciiDigit));
        if (digits.Length != BelgianLength || !long.TryParse(digits.AsSpan(0, 10), out var number)) return false;
        // Ninety-seven stands for a remainder of nought.
        if ((number % 97 == 0 ? 97 : number % 97) != int.Parse(digits.AsSpan(10))) return false;
        reference = digits;
        return true;
    }
}
