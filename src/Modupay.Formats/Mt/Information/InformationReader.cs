using System.Buffers;
using Modupay.Formats.Text;

namespace Modupay.Formats.Mt.Information;

/// <summary>
/// Field 86 in its national forms. Banks cut lines inside words, so structured forms are joined without a separator before they are
/// split; plain text is joined by line width. What fits no form is remittance as a whole: nothing is thrown away.
/// </summary>
internal sealed class InformationReader(TextDecoder decoder, InformationGrammar grammar)
{
    public void Read(ReadOnlySpan<byte> field, ref TextDraft draft)
    {
        var broken = field.IndexOfAny((byte)'\r', (byte)'\n') >= 0;
        var text = broken ? Join(field, draft.Take(field.Length), plain: false) : field.TrimEnd((byte)' ');
        if (text.Length > 0 && text[0] == ' ') text = text.TrimStart((byte)' ');
        if (Allows(InformationGrammar.German) && GermanSubfields.TryRecognise(text, out var separator, out var start))
        {
            if (start > 0) draft.ProprietaryCode = draft.Shared(text[..3]);
            GermanSubfields.Read(text[start..], separator, ref draft);
            return;
        }

        if (Allows(InformationGrammar.Slash) && SlashCodes.Recognises(text))
        {
            SlashCodes.Read(text, ref draft);
            return;
        }

        var plain = broken ? Join(field, draft.Take(field.Length), plain: true) : text;
        if (Allows(InformationGrammar.Labels) && Labels.Recognises(text)) Labels.Read(plain, ref draft);
        else if (Allows(InformationGrammar.German) && SepaKeywords.Recognises(text)) SepaKeywords.Read(plain, ref draft);
        else if (plain.Trim((byte)' ') is { IsEmpty: false } words) Free(words, ref draft);
    }

    // What no structure says stands in the sentence, at Swiss and Belgian banks with a reference that proves itself.
    private static void Free(ReadOnlySpan<byte> words, ref TextDraft draft)
    {
        var text = draft.Text(words);
        draft.Remittance = Append(draft.Remittance, text);
        if (draft.StructuredReference is null && NationalReference.TryFind(text, out var reference)) draft.StructuredReference = reference;
    }

    /// <summary>The field as one text, for what belongs to the statement and to no line.</summary>
    public string Plain(ReadOnlySpan<byte> field)
    {
        var rented = ArrayPool<byte>.Shared.Rent(field.Length + 1);
        var text = decoder.Decode(Join(field, rented, plain: true).Trim((byte)' '));
        ArrayPool<byte>.Shared.Return(rented);
        return text;
    }

    // A profile that names its grammar keeps a free text from being taken for another.
    private bool Allows(InformationGrammar form) => grammar is InformationGrammar.FromText || grammar == form;

    public static string Append(string? before, string text) => string.IsNullOrEmpty(before) ? text : before + " " + text;

    /// <summary>
    /// Plain text keeps a blank between lines unless the line is as wide as the widest: then the bank cut it at its margin, perhaps inside a word.
    /// </summary>
    private static ReadOnlySpan<byte> Join(ReadOnlySpan<byte> field, Span<byte> joined, bool plain)
    {
        var width = plain ? Width(field) : 0;
        var length = 0;
        var rest = field;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            line.CopyTo(joined[length..]);
            length += line.Length;
            rest = end < 0 ? default : rest[(end + 1)..].TrimStart("\r\n"u8);
            // The line break left at least one byte free, so the blank always fits.
            if (plain && !rest.IsEmpty && line.Length < width && length > 0 && joined[length - 1] != ' ') joined[length++] = (byte)' ';
        }

        return joined[..length].TrimEnd((byte)' ');
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
