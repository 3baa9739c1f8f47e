using System.Buffers;
using System.Text.Unicode;

namespace Modupay.Formats.Mt.Information;

/// <summary>
/// The German layout (DK, also Austrian, Polish and Bulgarian banks): three digits of business transaction code, then a separator with two
/// digits before every subfield. 00 booking text · 10 batch · 20-29 and 60-63 remittance · 30 bank code or BIC · 31 account or IBAN ·
/// 32-33 name · 34 text key or return code · 38 IBAN.
/// </summary>
internal static class GermanSubfields
{
    // Width of a remittance subfield. One that is shorter ended on purpose, one that is full goes on in the next.
    private const int SubfieldWidth = 27;

    // 0xA7 is the section sign of the one-byte code pages, 0x1D the group separator.
    private static readonly SearchValues<byte> Separators = SearchValues.Create([.. "?><~^|.!@#$%&*;+="u8, 0xA7, 0x1D]);

    // These also stand in sentences and sums, where a single one with two digits proves nothing.
    private static readonly SearchValues<byte> Common = SearchValues.Create(".+=;"u8);

    public static bool TryRecognise(ReadOnlySpan<byte> text, out byte separator, out int start)
    {
        separator = 0;
        start = text.Length > 6 && MtDate.TryDigits(text, 3, out _) ? 3 : 0;
        if (start > 0 && text[3] == ' ' && text[4] == '?') start = 4;
        if (text.Length < start + 3 || !Separators.Contains(text[start])) return false;
        separator = text[start];
        if (!MtDate.TryDigits(text[(start + 1)..], 2, out var subfield) || !IsKnown(subfield)) return false;
        if (start > 0 && !Common.Contains(separator)) return true;

        // Without the transaction code, or with a mark that may be punctuation, one subfield is no proof.
        return Next(text, separator, start + 3, subfield, out _) >= 0 || (separator == '?' && start == 0);
    }

    /// <summary>Whether a text in this layout has a question mark followed by a subfield that nobody defined. Line breaks inside make no difference worth the joining.</summary>
    public static bool HasUnknown(ReadOnlySpan<byte> text)
    {
        if (text.Length < 7 || text[3] != '?' || !MtDate.TryDigits(text, 3, out _)) return false;
        for (var at = text.IndexOf((byte)'?'); at >= 0 && at + 2 < text.Length;)
        {
            // The cheap half of the question first: known ones begin with 0 to 3 and 60 to 63.
            if (text[at + 1] is >= (byte)'4' and <= (byte)'9' && MtDate.TryDigits(text[(at + 1)..], 2, out var subfield) && !IsKnown(subfield)) return true;
            var next = text[(at + 1)..].IndexOf((byte)'?');
            if (next < 0) return false;
            at += 1 + next;
        }

        return false;
    }

    public static void Read(ReadOnlySpan<byte> text, byte separator, ref TextDraft draft)
    {
        // A subfield has three bytes before its value and leaves at most one behind it, so the text's own length is room enough.
        var remittance = draft.Take(text.Length);
        var written = 0;
        ReadOnlySpan<byte> name = default, secondName = default;

        MtDate.TryDigits(text[1..], 2, out var subfield);
        var at = 3;
        while (true)
        {
            var next = Next(text, separator, at, subfield, out var nextSubfield);
            var value = next < 0 ? text[at..] : text[at..next];
            switch (subfield)
            {
                case 0: draft.BookingText = draft.SharedWord(value); break;
                case (>= 20 and <= 29) or (>= 60 and <= 63):
                    // A mark stands for the blank already.
                    if (written > 0 && remittance[written - 1] == '\n') value = value.TrimStart((byte)' ');
                    if (subfield == 29 && separator != '?' && draft.AccountIn(value)) break;
                    value.CopyTo(remittance[written..]);
                    written += value.Length;
                    // A mark where the subfield ended before its margin; SepaKeywords decides what it means.
                    if (Width(value) < SubfieldWidth) remittance[written++] = (byte)'\n';
                    break;
                case 30: if (value.Length < 15 || !draft.AccountIn(value)) draft.Bic = draft.SharedWord(value); break;
                case 31: draft.Account = draft.Word(value); break;
                case 32: name = value; break;
                case 33: secondName = value; break;
                case 34: draft.ReturnReason = ReturnCode(value, ref draft); break;
                case 38: draft.Account = draft.Word(value) ?? draft.Account; break;
                case 10: break;
                case >= 35 and <= 37: draft.UltimateName ??= draft.Word(value); break;
                default: break; // Kept in the raw text.
            }

            if (next < 0) break;
            subfield = nextSubfield;
            at = next + 3;
        }

        if (!name.IsEmpty || !secondName.IsEmpty) draft.Name = JoinNames(name, secondName, ref draft);
        SepaKeywords.Read(remittance[..written], ref draft);
    }

    // A separator with two digits begins a subfield when these are known; unknown ones must at least ascend, else they are text ("Wo?24 h").
    private static int Next(ReadOnlySpan<byte> text, byte separator, int from, int current, out int subfield)
    {
        subfield = 0;
        while (from < text.Length)
        {
            var found = text[from..].IndexOf(separator);
            if (found < 0) return -1;
            from += found;
            if (MtDate.TryDigits(text[(from + 1)..], 2, out subfield))
            {
                if (IsKnown(subfield) || (separator == '?' && subfield > 34 && subfield > current)) return from;
            }

            from++;
        }

        return -1;
    }

    private static bool IsKnown(int subfield) => subfield is 0 or 10 or (>= 20 and <= 38) or (>= 60 and <= 63);

    // Margins count characters, which UTF-8 writes with one byte or several.
    private static int Width(ReadOnlySpan<byte> value)
    {
        if (value.Length < SubfieldWidth || System.Text.Ascii.IsValid(value) || !Utf8.IsValid(value)) return value.Length;
        var continuations = 0;
        foreach (var character in value)
        {
            if (character is >= 0x80 and <= 0xBF) continuations++;
        }

        return value.Length - continuations;
    }

    private static string? JoinNames(ReadOnlySpan<byte> name, ReadOnlySpan<byte> second, ref TextDraft draft)
    {
        if (second.IsEmpty) return draft.Word(name);
        var glued = Width(name) >= SubfieldWidth;
        var joined = draft.Text(name.TrimStart((byte)' ')) + (glued ? "" : " ") + draft.Text(second.TrimEnd((byte)' '));
        while (joined.Contains("  ", StringComparison.Ordinal)) joined = joined.Replace("  ", " ", StringComparison.Ordinal);
        return joined.Trim() is { Length: > 0 } both ? both : null;
    }

    // 9xx are return codes (901 = AC01 …); other text keys say nothing about a return.
    private static string? ReturnCode(ReadOnlySpan<byte> value, ref TextDraft draft)
    {
        value = value.Trim((byte)' ');
        return value.Length == 3 && value[0] == '9' && !value.SequenceEqual("997"u8) && !value.SequenceEqual("992"u8) ? draft.Shared(value) : null;
    }
}
