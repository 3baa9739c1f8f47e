using Modupay.Formats.Text;

namespace Modupay.Formats.Mt.Information;

/// <summary>
/// Field 86 in its national forms. Banks cut lines inside words, so structured forms are joined without a separator before they are
/// split; plain text is joined by line width. What fits no form is remittance as a whole: nothing is thrown away.
/// </summary>
internal sealed class InformationReader(TextDecoder decoder)
{
    private byte[] joined = new byte[4096];

    /// <summary>Subfields that no dialect defines, since the last question.</summary>
    public int UnknownSubfields { get; private set; }

    public int TakeUnknownSubfields()
    {
        var count = UnknownSubfields;
        UnknownSubfields = 0;
        return count;
    }

    public void Read(ReadOnlySpan<byte> field, EntryDraft draft)
    {
        var text = Join(field, plain: false);
        if (GermanSubfields.TryRecognise(text, out var separator, out var start))
        {
            if (start > 0) draft.ProprietaryCode = decoder.DecodeShared(text[..3]);
            UnknownSubfields += GermanSubfields.Read(text[start..], separator, draft, decoder);
        }
        else if (SlashCodes.Recognises(text))
        {
            SlashCodes.Read(text, draft, decoder);
        }
        else if (Labels.Recognises(text))
        {
            Labels.Read(Join(field, plain: true), draft, decoder);
        }
        else if (SepaKeywords.Recognises(text))
        {
            SepaKeywords.Read(Join(field, plain: true), draft, decoder);
        }
        else
        {
            var plain = Join(field, plain: true).Trim((byte)' ');
            if (!plain.IsEmpty) draft.Remittance = Append(draft.Remittance, decoder.Decode(plain));
        }
    }

    public string Plain(ReadOnlySpan<byte> field) => decoder.Decode(Join(field, plain: true).Trim((byte)' '));

    public static string Append(string? before, string text) => string.IsNullOrEmpty(before) ? text : before + " " + text;

    /// <summary>
    /// Plain text keeps a blank between lines unless the line is as wide as the widest: then the bank cut it at its margin, perhaps inside a word.
    /// </summary>
    private ReadOnlySpan<byte> Join(ReadOnlySpan<byte> field, bool plain)
    {
        var first = field.IndexOfAny((byte)'\r', (byte)'\n');
        if (first < 0) return field.TrimEnd((byte)' ');
        if (joined.Length < field.Length) joined = new byte[Math.Max(field.Length, joined.Length * 2)];

        var width = plain ? Width(field) : 0;
        var length = 0;
        var rest = field;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            line.CopyTo(joined.AsSpan(length));
            length += line.Length;
            rest = end < 0 ? default : rest[(end + 1)..].TrimStart("\r\n"u8);
            // The line break left at least one byte free, so the blank always fits.
            if (plain && !rest.IsEmpty && line.Length < width && length > 0 && joined[length - 1] != ' ') joined[length++] = (byte)' ';
        }

        return joined.AsSpan(0, length).TrimEnd((byte)' ');
    }

    private static int Width(ReadOnlySpan<byte> field)
    {
        var widest = 0;
        while (!field.IsEmpty)
        {
            var end = field.IndexOfAny((byte)'\r', (byte)'\n');
            widest = Math.Max(widest, end < 0 ? field.Length : end);
            field = end < 0 ? default : field[(end + 1)..];
        }

        return Math.Max(widest, 60);
    }
}
