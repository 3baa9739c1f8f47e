using Modupay.Formats;

namespace Modupay.Tests.Formats;

internal sealed class ListSink : IStatementSink
{
    public List<StatementLine> Lines { get; } = [];
    public List<ParseProblem> Problems { get; } = [];
    public List<StatementEnd> Ends { get; } = [];

    public void BeginStatement(StatementHeader header)
    {
        // The end repeats it.
    }

    public void Line(StatementLine line) => Lines.Add(line);

    public void EndStatement(StatementEnd end) => Ends.Add(end);

    public void Problem(ParseProblem problem) => Problems.Add(problem);
}

/// <summary>The worst network there is.</summary>
internal sealed class OneByteStream(byte[] bytes) : MemoryStream(bytes)
{
    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(1, buffer.Length)]);

    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(1, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
}

/// <summary>A beginning, then the same letter for as long as anyone reads.</summary>
internal sealed class EndlessStream(byte[] start, long length) : Stream
{
    private long given;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var count = (int)Math.Min(buffer.Length, length - given);
        for (var at = 0; at < count; at++) buffer[at] = given + at < start.Length ? start[given + at] : (byte)'A';
        given += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
