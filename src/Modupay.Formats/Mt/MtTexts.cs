using Modupay.Formats.Mt.Information;
using Modupay.Formats.Text;

namespace Modupay.Formats.Mt;

/// <summary>
/// Reads the words of a movement from its raw fields: <c>:61:</c> from the type on, then every <c>:86:</c>. Keeps no state between lines,
/// because whoever asks may ask from another thread and long after the file was closed.
/// </summary>
internal sealed class MtTexts(TextDecoder decoder, InformationReader information) : ILineTextSource
{
    private const int UsualSpace = 16 * 1024;

    // One per thread: a line is read from start to end before the next one begins.
    [ThreadStatic]
    private static byte[]? usual;

    public InformationReader Information => information;

    public LineTexts Read(StatementLine line)
    {
        var raw = line.Raw.Bytes.Span;
        var wanted = raw.Length * 3;
        var draft = new TextDraft(decoder, line.Plain, wanted > UsualSpace ? new byte[wanted] : usual ??= new byte[UsualSpace]);
        var entry = line.InformationAt < 0 ? raw : raw[..(line.InformationAt - 1)];
        var end = entry.IndexOfAny((byte)'\r', (byte)'\n');
        var oddity = EntryOddity.None;
        MtEntry.References((end < 0 ? entry : entry[..end])[line.ReferencesAt..], ref oddity, out var type, out var client, out var bank);
        if (!type.IsEmpty) draft.TransactionCode = draft.Shared(type);
        if (!client.IsEmpty && !client.SequenceEqual("NONREF"u8)) draft.ClientReference = draft.Text(client);
        if (!bank.IsEmpty) draft.BankReference = draft.Text(bank);
        if (end >= 0) Supplement.Read(entry[end..], ref draft);

        for (var rest = line.InformationAt < 0 ? default : raw[line.InformationAt..]; !rest.IsEmpty;)
        {
            // Only a field of its own can begin with this; a continuation line that did would have been one.
            var next = line.SeveralInformations ? rest.IndexOf("\n:86:"u8) : -1;
            information.Read((next < 0 ? rest : rest[..next])[4..], ref draft);
            rest = next < 0 ? default : rest[(next + 1)..];
        }

        return draft.ToTexts();
    }
}
