namespace Modupay.Formats.Xml;

/// <summary>
/// Passes over the NUL and Ctrl-Z characters with which mainframes fill the last block of a file: behind the document they mean nothing, and to an XML
/// reader they are an error. Within the document they stay one.
/// </summary>
internal sealed class PaddingStream(Stream inner) : Stream
{
    public bool SawPadding { get; private set; }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            if (Given(inner.Read(buffer), buffer) is { } given) return given;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            if (Given(read, buffer.Span) is { } given) return given;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is ever written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // How much of a block is content; null when all of it is padding and the next block has to tell what that means.
    private int? Given(int read, Span<byte> buffer)
    {
        if (read == 0) return 0;
        var content = buffer[..read].LastIndexOfAnyExcept((byte)0, (byte)0x1A) + 1;
        if (content > 0 && SawPadding) throw new System.Xml.XmlException("There are NUL or Ctrl-Z characters within the document.");
        SawPadding |= content < read;
        return content == 0 ? null : content;
    }
}
