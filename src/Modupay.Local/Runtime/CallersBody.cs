using Microsoft.AspNetCore.Http;

namespace Modupay.Local.Runtime;

/// <summary>
/// A caller's body on its way to the function, which remembers when it stopped being HTTP. When a function hangs up at the same moment, that is all
/// the client tells; whose fault it was is known only here.
/// </summary>
internal sealed class CallersBody(Stream body) : Stream
{
    /// <summary>The status it deserves, once it has turned out to be broken.</summary>
    public int? Fault { get; private set; }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException broken)
        {
            // Kestrel tells of a chunk size that is no number by the one, of one that is too large a number by the other.
            Fault = (broken as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
            throw;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush() { }
}
