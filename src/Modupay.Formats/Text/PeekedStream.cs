using System.Text;

namespace Modupay.Formats.Text;

/// <summary>A stream whose beginning was looked at and is read again. Counts the bytes it gives.</summary>
internal sealed class PeekedStream : Stream
{
    private const int HeadSize = 64 * 1024;

    private readonly Stream inner;
    private readonly byte[] head;
    private readonly int headLength;

    // A file opened for synchronous reading would send every block through the thread pool and back.
    private readonly bool answersAtOnce;
    private int position;

    private PeekedStream(Stream inner, byte[] head, int headLength) =>
        (this.inner, this.head, this.headLength, answersAtOnce) = (inner, head, headLength, inner is MemoryStream or FileStream { IsAsync: false });

    public ReadOnlyMemory<byte> Head => head.AsMemory(0, headLength);

    public long Total { get; private set; }

    public bool IsUtf16 => Utf16 is not null;

    public static async ValueTask<PeekedStream> OpenAsync(Stream inner, CancellationToken ct)
    {
        var beginning = new byte[HeadSize];
        var length = await inner.ReadAtLeastAsync(beginning, beginning.Length, throwOnEndOfStream: false, ct);
        return new PeekedStream(inner, beginning, length);
    }

    /// <summary>White space before an XML declaration is an error to every parser, and a habit of some exports.</summary>
    public int SkipLeadingBlanks()
    {
        if (IsUtf16) return 0;
        var start = head.AsSpan(0, headLength).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0;
        var first = head.AsSpan(start, headLength - start).IndexOfAnyExcept(" \t\r\n\0"u8);
        if (first <= 0) return 0;
        position = start + first;
        return first;
    }

    /// <summary>Passes over the XML declaration: version 1.1 is refused by .NET's reader, and no bank uses what it added.</summary>
    public void SkipDeclaration()
    {
        var end = head.AsSpan(position, headLength - position).IndexOf("?>"u8);
        if (end >= 0) position += end + 2;
    }

    /// <summary>UTF-16 is turned into UTF-8 on the way; every other encoding keeps its bytes.</summary>
    public Stream AsUtf8() => Utf16 is { } utf16 ? Encoding.CreateTranscodingStream(this, utf16, Encoding.UTF8, leaveOpen: true) : this;

    public override int Read(Span<byte> buffer)
    {
        var read = position < headLength ? TakeHead(buffer) : inner.Read(buffer);
        Total += read;
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = position < headLength ? TakeHead(buffer.Span) : answersAtOnce ? inner.Read(buffer.Span) : await inner.ReadAsync(buffer, cancellationToken);
        Total += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
        // Nothing is ever written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int TakeHead(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, headLength - position);
        head.AsSpan(position, count).CopyTo(buffer);
        position += count;
        return count;
    }

    private Encoding? Utf16
    {
        get
        {
            if (headLength < 4) return null;
            if (head[0] == 0xFF && head[1] == 0xFE) return Encoding.Unicode;
            if (head[0] == 0xFE && head[1] == 0xFF) return Encoding.BigEndianUnicode;
            // Without a mark: ASCII with every second byte zero.
            if (head[1] == 0 && head[3] == 0 && head[0] != 0 && head[2] != 0) return Encoding.Unicode;
            return head[0] == 0 && head[2] == 0 && head[1] != 0 && head[3] != 0 ? Encoding.BigEndianUnicode : null;
        }
    }
}
