using System.Buffers;

namespace Modupay.Formats;

/// <summary>ISO 11649 creditor reference: <c>RF</c>, two check digits, up to 21 letters and digits. What we mint for every invoice and payout.</summary>
public readonly record struct RfReference
{
    private RfReference(string value) => Value = value;

    /// <summary>Electronic form: upper case, no blanks.</summary>
    public string Value { get; }

    public string Body => Value[4..];

    /// <summary>Adds the check digits to our own number. Refused when it holds anything but letters and digits, or more than 21 of them.</summary>
    public static bool TryMake(string? body, out RfReference reference)
    {
        reference = default;
        if (body is null || !TryCompact(body, out var compact) || compact.Length is 0 or > 21) return false;
        reference = new RfReference($"RF{98 - Mod97.Of(compact, "RF00"):00}{compact}");
        return true;
    }

    public static bool IsValid(string? text) => TryParse(text, out _);

    public static bool TryParse(string? text, out RfReference reference)
    {
        reference = default;
        if (text is null || !TryCompact(text, out var compact) || compact.Length is < 5 or > 25) return false;
        if (!compact.StartsWith("RF", StringComparison.Ordinal) || !char.IsAsciiDigit(compact[2]) || !char.IsAsciiDigit(compact[3])) return false;
        if (Mod97.Of(compact.AsSpan(4), compact.AsSpan(0, 4)) != 1) return false;
        reference = new RfReference(compact);
        return true;
    }

    /// <summary>
    /// The first valid reference inside free text: payers type it with or without blanks, and in the middle of a sentence.
    /// Mod 97 lets one text in a hundred pass by chance, so only a token that begins with RF and two digits is tried.
    /// </summary>
    public static bool TryFind(string? text, out RfReference reference)
    {
        reference = default;
        for (var at = Next(text, 0); at >= 0; at = Next(text, at + 2))
        {
            if (at > 0 && char.IsAsciiLetterOrDigit(text![at - 1])) continue;
            if (TryParse(text!.AsSpan(at).ToString().Split(Separators, 2)[0], out reference) || TryPrinted(text.AsSpan(at), out reference)) return true;
        }

        return false;
    }

    /// <summary>Groups of four, as printed.</summary>
    public string Print() => string.Join(' ', Value.Chunk(4).Select(group => new string(group)));

    public override string ToString() => Value;

    private static readonly SearchValues<char> LettersAndDigits = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    private static readonly char[] Separators = [' ', ',', ';', '.', '/', '(', ')', '\n', '\r', '\t'];

    // One pass over the text for its least frequent letter; RF or rf with a digit behind it is worth a closer look.
    private static int Next(string? text, int from)
    {
        for (var at = from; text is not null && at < text.Length; at++)
        {
            var found = text.AsSpan(at).IndexOfAny('F', 'f');
            if (found < 0) return -1;
            at += found;
            if (at > from && text[at - 1] == (text[at] == 'F' ? 'R' : 'r') && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])) return at - 1;
        }

        return -1;
    }

    // "RF18 5390 0754 7034": every group but the last has four characters; the longest run of groups that checks out wins.
    private static bool TryPrinted(ReadOnlySpan<char> text, out RfReference reference)
    {
        reference = default;
        var found = false;
        var end = 0;
        while (end < text.Length && end < 31)
        {
            var group = 0;
            while (group < 4 && end + group < text.Length && char.IsAsciiLetterOrDigit(text[end + group])) group++;
            if (group == 0 || (end + group < text.Length && char.IsAsciiLetterOrDigit(text[end + group]))) break;
            end += group;
            if (TryParse(text[..end].ToString(), out var longer))
            {
                reference = longer;
                found = true;
            }

            if (group < 4 || end >= text.Length || text[end] != ' ') break;
            end++;
        }

        return found;
    }

    private static bool TryCompact(string text, out string compact)
    {
        compact = text.Contains(' ', StringComparison.Ordinal) ? text.Replace(" ", "", StringComparison.Ordinal) : text;
        if (compact.AsSpan().ContainsAnyExcept(LettersAndDigits)) return false;
        compact = compact.ToUpperInvariant();
        return true;
    }
}
