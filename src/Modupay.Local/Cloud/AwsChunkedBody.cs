using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Modupay.Local.Cloud;

/// <summary>
/// The framing AWS's clients put around an upload whose signature or checksum follows the bytes:
/// <c>hex length;chunk-signature=… CRLF bytes CRLF</c>, a chunk of length zero, and trailing headers. Stored as it stands it would corrupt the object.
/// </summary>
internal sealed class AwsChunkedBody(PipeReader source)
{
    private const int LongestLine = 4096;

    /// <summary>The headers after the last chunk; complete once all chunks were taken.</summary>
    public Dictionary<string, string> Trailers { get; } = new(StringComparer.OrdinalIgnoreCase);

    public async Task TakeAllAsync(ObjectDraft into, CancellationToken ct)
    {
        while (await ReadLengthAsync(ct) is > 0 and var length)
        {
            if (await into.TakeAsync(source, length, ct) < length) throw Incomplete();
            if ((await ReadLineAsync(ct)).Length > 0) throw Malformed("a chunk is longer than it says");
        }

        while (await ReadLineAsync(ct) is { Length: > 0 } line)
        {
            if (line.Split(':', 2) is not [var name, var value]) throw Malformed("a trailing header has no colon");
            Trailers[name.Trim()] = value.Trim();
        }
    }

    private async Task<long> ReadLengthAsync(CancellationToken ct)
    {
        var line = await ReadLineAsync(ct);
        return long.TryParse(line.Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var length) && length >= 0
            ? length
            : throw Malformed("a chunk has no length");
    }

    private async Task<string> ReadLineAsync(CancellationToken ct)
    {
        while (true)
        {
            var read = await source.ReadAsync(ct);
            if (Line(read.Buffer) is var (line, end))
            {
                source.AdvanceTo(end);
                return line;
            }

            if (read.IsCompleted) throw Incomplete();
            if (read.Buffer.Length > LongestLine) throw Malformed("a line is too long");
            source.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static (string Text, SequencePosition End)? Line(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        return reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8) ? (Encoding.ASCII.GetString(line), reader.Position) : null;
    }

    private static AwsException Incomplete() => new("IncompleteBody", "The request body ended before its last chunk.");

    private static AwsException Malformed(string reason) => new("InvalidRequest", $"The aws-chunked body is malformed: {reason}.");
}
