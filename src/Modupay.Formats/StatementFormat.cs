namespace Modupay.Formats;

public enum FormatKind { Unknown, Mt, Camt, Pain002, Csv, Zip, OtherXml }

/// <summary>Which format a file is in, told from its first bytes; names and extensions lie too often.</summary>
public sealed record StatementFormat(FormatKind Kind, string Name)
{
    private static readonly StatementFormat Unknown = new(FormatKind.Unknown, "unknown");

    public static StatementFormat Detect(ReadOnlyMemory<byte> head) => Detect(head.Span);

    public static StatementFormat Detect(ReadOnlySpan<byte> head)
    {
        if (head.Length >= 2 && (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || head[0] == 0 || head[1] == 0))
        {
            head = Narrow(head);
        }

        if (head.StartsWith("PK\x03\x04"u8)) return new(FormatKind.Zip, "zip");
        var xml = LooksLikeXml(head);
        if (xml is { Kind: not FormatKind.OtherXml }) return xml;
        // Some transports put an MT message into an element of their own.
        var mt = LooksLikeMt(head, out var hasBalance);
        if (xml is not null) return hasBalance ? mt! : xml;
        return mt ?? (LooksLikeCsv(head) ? new(FormatKind.Csv, "csv") : Unknown);
    }

    // UTF-16 reduced to its ASCII characters is enough to recognise anything.
    private static ReadOnlySpan<byte> Narrow(ReadOnlySpan<byte> head)
    {
        var narrow = new byte[head.Length];
        var length = 0;
        foreach (var value in head)
        {
            if (value is > 0 and < 0xFE) narrow[length++] = value;
        }

        return narrow.AsSpan(0, length);
    }

    private static StatementFormat? LooksLikeXml(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) head = head[3..];
        head = head.TrimStart(" \t\r\n\0"u8);
        if (head.IsEmpty || head[0] != '<') return null;
        if (head.IndexOf("CstmrPmtStsRpt"u8) >= 0) return new(FormatKind.Pain002, "pain.002");
        if (head.IndexOf("BkToCstmr"u8) >= 0) return new(FormatKind.Camt, "camt");
        // The body may begin beyond the part that was looked at; its namespace is enough.
        if (head.IndexOf("camt.05"u8) >= 0) return new(FormatKind.Camt, "camt");
        return head.IndexOf("pain.002"u8) >= 0 ? new(FormatKind.Pain002, "pain.002") : new(FormatKind.OtherXml, "xml");
    }

    // Text with a delimiter in one of its first lines. Whether the table means anything its reader will say.
    private static bool LooksLikeCsv(ReadOnlySpan<byte> head)
    {
        var controls = 0;
        foreach (var value in head)
        {
            if (value < 0x20 && value is not ((byte)'\t' or (byte)'\r' or (byte)'\n')) controls++;
        }

        return controls * 50 <= head.Length && head[..Math.Min(head.Length, 8192)].IndexOfAny(";,\t|"u8) >= 0;
    }

    private static StatementFormat? LooksLikeMt(ReadOnlySpan<byte> head, out bool hasBalance)
    {
        hasBalance = true;
        var found = Mt.MtTag.None;
        var interim = head.IndexOf("{2:O942"u8) >= 0 || head.IndexOf("{2:I942"u8) >= 0 || head.StartsWith(":942:"u8);
        for (var at = 0; at < head.Length;)
        {
            var colon = head[at..].IndexOf((byte)':');
            if (colon < 0) break;
            at += colon;
            var atLineStart = at == 0 || head[at - 1] is (byte)'\r' or (byte)'\n' or (byte)'@' or (byte)' ' or (byte)'\t' or 1 or 0xBF or (byte)'{' || head[..at].EndsWith("{4:"u8);
            var tag = atLineStart ? Mt.MtTag.Read(head[at..], out _) : Mt.MtTag.None;
            if (tag is Mt.MtTag.OpeningFinal or Mt.MtTag.OpeningPage or Mt.MtTag.OpeningBare or Mt.MtTag.ClosingFinal or Mt.MtTag.ClosingPage or Mt.MtTag.ClosingBare) return new(FormatKind.Mt, "mt940");
            if (tag is Mt.MtTag.Floor or Mt.MtTag.CreatedWithZone or Mt.MtTag.DebitCount or Mt.MtTag.CreditCount) interim = true;
            if (tag is Mt.MtTag.Reference or Mt.MtTag.Account or Mt.MtTag.Line or Mt.MtTag.Information or Mt.MtTag.Number or Mt.MtTag.NumberC or Mt.MtTag.Floor) found = tag;
            at++;
        }

        hasBalance = false;
        return found == Mt.MtTag.None ? null : new(FormatKind.Mt, interim ? "mt942" : "mt940");
    }
}
