namespace Modupay.Formats.Mt;

/// <summary>
/// Cuts MT bytes into fields. A field begins with a tag at the start of a line and ends where the next tag, envelope or end mark begins;
/// line ends may be CRLF, LF, CR or CR CR LF, mixed. Bytes come block by block: what is not yet a whole field is asked for again.
/// </summary>
internal sealed class MtScanner(MtStatements statements)
{
    private enum Region { Framing, Field }

    // Enough to recognise any line start; what follows it may still be missing.
    private const int LookAhead = 64;

    private static ReadOnlySpan<byte> FieldEnd => "\r\n\t\0\x03\x1A "u8;

    private Region region = Region.Framing;
    private int tag;
    private int tagLength;
    private int fieldLine = 1;
    private int line = 1;
    private int scanned;
    private int dash = -1;
    private int dashLine;
    private bool first = true;
    private bool skipping;
    private long consumed;

    /// <summary>Returns how many bytes are done with. With <paramref name="final"/> set that is all of them.</summary>
    public int Consume(ReadOnlySpan<byte> data, bool final)
    {
        var start = 0;
        var at = scanned;
        while (true)
        {
            var next = first ? 0 : NextLine(data, at, final);
            if (next < 0 || (!final && data.Length - next < LookAhead))
            {
                if (!final) break;
                next = data.Length;
            }
            else if (!first)
            {
                line++;
            }

            first = false;
            if (next >= data.Length)
            {
                if (dash >= 0) EndAtDash(data, start, next);
                else Emit(data, start, next);
                statements.Finish(EndedInsideLine(data), PartialTag(data));
                scanned = 0;
                consumed += data.Length;
                return data.Length;
            }

            switch (Classify(data[next..], out var skip, out var found, out var length))
            {
                case LineKind.Text:
                    at = next;
                    // A line feed for every byte must not make the scanner look at the same place again.
                    continue;

                case LineKind.Tag:
                    if (dash >= 0 && MtStatements.ContinuesAfterDash(found))
                    {
                        statements.DashWasText(dashLine);
                        dash = -1;
                    }

                    if (dash >= 0) EndAtDash(data, start, next);
                    else Emit(data, start, next);
                    start = next + skip;
                    (region, tag, tagLength, fieldLine, skipping) = (Region.Field, found, length, line, false);
                    break;

                case LineKind.Dash when region is Region.Field && tag is MtTag.Information or MtTag.Line:
                    // The end of the message, or text that happens to be a dash: the next tag will tell.
                    if (dash < 0) (dash, dashLine) = (next - start, line);
                    break;

                default:
                    if (dash >= 0) EndAtDash(data, start, next);
                    else Emit(data, start, next);
                    statements.EndMark();
                    start = next;
                    Frame(data[next..]);
                    if (length > 0)
                    {
                        // {4: with the first tag on the same line.
                        start = next + skip;
                        (region, tag, tagLength, skipping) = (Region.Field, found, length, false);
                    }

                    break;
            }

            at = next;
        }

        scanned = at - start;
        consumed += start;
        return start;
    }

    /// <summary>The field has outgrown what a reader should hold. Everything up to the next tag is dropped, and the statement with it.</summary>
    public void GiveUp(int length)
    {
        if (!skipping) statements.FieldTooLong(region is Region.Field ? tag : MtTag.None, new FilePosition(fieldLine, 1, consumed), length);
        skipping = true;
        scanned = 0;
        dash = -1;
        consumed += length;
    }

    private enum LineKind { Text, Tag, Dash, Frame }

    private static LineKind Classify(ReadOnlySpan<byte> data, out int skip, out int tag, out int length)
    {
        skip = 0;
        tag = MtTag.None;
        length = 0;
        while (skip < data.Length && data[skip] is (byte)' ' or (byte)'\t' or 0 or 1 or 2 or 3 or 0x0C or 0x1A or 0xEF or 0xBB or 0xBF) skip++;
        if (skip == data.Length) return LineKind.Text;
        var rest = data[skip..];
        switch (rest[0])
        {
            case (byte)':':
                tag = MtTag.Read(rest, out length);
                if (tag != MtTag.None) return LineKind.Tag;
                return rest.StartsWith(":940:"u8) || rest.StartsWith(":942:"u8) ? LineKind.Frame : LineKind.Text;
            case (byte)'-':
                if (rest.Length > 1 && rest[1] == '}') return Envelope(rest, ref skip, out tag, out length);
                return IsLoneDash(rest) ? LineKind.Dash : LineKind.Text;
            case (byte)'{':
                return rest.Length > 2 && rest[2] == ':' && rest[1] is >= (byte)'1' and <= (byte)'5' ? Envelope(rest, ref skip, out tag, out length) : LineKind.Text;
            default:
                return LineKind.Text;
        }
    }

    private static LineKind Envelope(ReadOnlySpan<byte> line, ref int skip, out int tag, out int length)
    {
        tag = MtTag.None;
        length = 0;
        var end = line.IndexOfAny((byte)'\r', (byte)'\n');
        var text = line.LastIndexOf("{4:"u8);
        if (text < 0 || (end >= 0 && text > end)) return LineKind.Frame;
        skip += text + 3;
        tag = MtTag.Read(line[(text + 3)..], out length);
        return LineKind.Frame;
    }

    private static bool IsLoneDash(ReadOnlySpan<byte> line)
    {
        for (var at = 1; at < line.Length; at++)
        {
            if (line[at] is (byte)'\r' or (byte)'\n') return true;
            if (line[at] is not ((byte)' ' or 0 or 3 or 0x1A or (byte)'$')) return false;
        }

        return true;
    }

    /// <summary>Start of the next line, or -1 when the break is not in sight. CR CR LF is one break, damaged by a text-mode transfer.</summary>
    private static int NextLine(ReadOnlySpan<byte> data, int at, bool final)
    {
        if (at >= data.Length) return -1;
        var found = data[at..].IndexOfAny((byte)'\r', (byte)'\n');
        if (found < 0) return -1;
        at += found;
        if (data[at] == '\n') return at + 1;
        var after = at + 1;
        while (after < data.Length && data[after] == '\r') after++;
        if (after < data.Length) return data[after] == '\n' ? after + 1 : at + 1;
        return final ? at + 1 : -1;
    }

    private void EndAtDash(ReadOnlySpan<byte> data, int start, int end)
    {
        var cut = start + dash;
        dash = -1;
        Emit(data, start, cut);
        statements.EndMark();
        Frame(data[cut..end]);
    }

    private void Emit(ReadOnlySpan<byte> data, int start, int end)
    {
        if (region is Region.Field && !skipping)
        {
            var raw = data[start..end].TrimEnd("\r\n\0\x03\x1A"u8);
            // The block of an envelope may close behind the last word of the last field. Both are rare, and every field of every line comes by here.
            if (raw.EndsWith("-}"u8)) raw = raw[..^2].TrimEnd(FieldEnd);
            else if (raw.Length > 0 && raw[^1] is (byte)' ' or (byte)'\t') raw = raw.TrimEnd(FieldEnd);
            if (raw.Length >= tagLength) statements.Field(tag, raw, tagLength, new FilePosition(fieldLine, 1, consumed + start), data[end..]);
        }
        else if (!skipping)
        {
            statements.Framing(data[start..end], fieldLine);
        }

        region = Region.Framing;
        fieldLine = line;
    }

    private void Frame(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAny((byte)'\r', (byte)'\n');
        statements.Frame(end < 0 ? text : text[..end]);
        region = Region.Framing;
    }

    private static bool EndedInsideLine(ReadOnlySpan<byte> data)
    {
        var trimmed = data.TrimEnd("\0\x03\x1A \t"u8);
        return trimmed.Length > 0 && trimmed[^1] is not ((byte)'\r' or (byte)'\n' or (byte)'}') && !trimmed.EndsWith("\n-"u8) && !trimmed.EndsWith("\r-"u8);
    }

    // ":6" at the very end: the knife fell inside a tag.
    private static bool PartialTag(ReadOnlySpan<byte> data)
    {
        var start = data.LastIndexOfAny((byte)'\r', (byte)'\n') + 1;
        var last = data[start..];
        return last.Length is >= 1 and <= 4 && last[0] == ':' && last[1..].IndexOf((byte)':') < 0;
    }
}
