using Modupay.Formats.Mt.Information;
using Modupay.Formats.Text;

namespace Modupay.Formats.Mt;

/// <summary>
/// Reads the words of a movement from its raw fields: <c>:61:</c> from the type on, then every <c>:86:</c>. Keeps no state between lines,
/// because whoever asks may ask from another thread and long after the file was closed.
/// </summary>
internal sealed class MtTexts(TextDecoder decoder, InformationReader information) : ILineTextSource
{
    // One per thread, taken while it is in use.
    [ThreadStatic]
    private static TextDraft? spare;

    public InformationReader Information => information;

    public LineTexts Read(StatementLine line)
    {
        var draft = spare ?? new TextDraft();
        spare = null;
        draft.Clear();
        var raw = line.Raw.Bytes.Span;
        var entry = line.InformationAt < 0 ? raw : raw[..(line.InformationAt - 1)];
        var end = entry.IndexOfAny((byte)'\r', (byte)'\n');
        var oddity = EntryOddity.None;
        MtEntry.References((end < 0 ? entry : entry[..end])[line.ReferencesAt..], ref oddity, out var type, out var client, out var bank);
        if (!type.IsEmpty) draft.TransactionCode = decoder.DecodeShared(type);
        if (!client.IsEmpty && !client.SequenceEqual("NONREF"u8)) draft.ClientReference = decoder.Decode(client);
        if (!bank.IsEmpty) draft.BankReference = decoder.Decode(bank);
        if (end >= 0) Supplement.Read(entry[end..], draft, decoder);

        for (var rest = line.InformationAt < 0 ? default : raw[line.InformationAt..]; !rest.IsEmpty;)
        {
            // Only a field of its own can begin with this; a continuation line that did would have been one.
            var next = rest.IndexOf("\n:86:"u8);
            information.Read((next < 0 ? rest : rest[..next])[4..], draft);
            rest = next < 0 ? default : rest[(next + 1)..];
        }

        spare = draft;
        return draft.ToTexts();
    }
}
