using System.IO.Compression;

namespace Modupay.Formats.Archive;

/// <summary>
/// Statements come zipped from EBICS. Nothing is unpacked to a disk; an archive that expands beyond reason or names paths outside
/// itself is refused as a whole, because its sender is not a bank.
/// </summary>
internal static class ZipFile
{
    private const long MaxArchive = 256L * 1024 * 1024;
    private const long MaxExpanded = 2L * 1024 * 1024 * 1024;
    private const int MaxEntries = 1000;

    // Statements compress thirty to fifty times; four hundred is a bomb.
    private const int MaxRatio = 400;
    private const long RatioFrom = 1024 * 1024;

    public static async Task<FilePart> ReadAsync(Stream file, Reading reading, IStatementSink sink, ReadOptions options, CancellationToken ct)
    {
        double covered = 0;
        long bytes = 0;
        try
        {
            // The directory of an archive is at its end, so the archive must be held; it is the small side of the two.
            using var held = new MemoryStream();
            await new BoundedStream(file, MaxArchive).CopyToAsync(held, ct);
            held.Position = 0;
            using var archive = new ZipArchive(held, ZipArchiveMode.Read);
            Check(archive);
            foreach (var entry in archive.Entries.Where(entry => entry.Length > 0))
            {
                await using var content = new BoundedStream(await entry.OpenAsync(ct), entry.Length);
                var part = await StatementFile.ReadPartAsync(content, reading, sink, options, inArchive: true, ct);
                covered += part.Coverage * part.Bytes;
                bytes += part.Bytes;
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or ArchiveRefusal)
        {
            reading.Report((exception as ArchiveRefusal)?.Code ?? "zip_damaged", Severity.Error, exception.Message, new FilePosition(1));
        }

        return new FilePart("zip", "binary", bytes == 0 ? 0 : covered / bytes, bytes);
    }

    private static void Check(ZipArchive archive)
    {
        if (archive.Entries.Count > MaxEntries) throw new ArchiveRefusal("zip_too_many", $"The archive has {archive.Entries.Count} entries.");
        long expanded = 0;
        foreach (var entry in archive.Entries)
        {
            var name = entry.FullName;
            if (name.Contains("..", StringComparison.Ordinal) || name.Contains('\\', StringComparison.Ordinal) || name.Contains(':', StringComparison.Ordinal) || name.StartsWith('/'))
                throw new ArchiveRefusal("zip_path", $"The archive names a path outside itself: {name}");
            expanded += entry.Length;
            if (expanded > MaxExpanded || (entry.Length > RatioFrom && entry.Length / Math.Max(1, entry.CompressedLength) > MaxRatio))
                throw new ArchiveRefusal("zip_bomb", $"The entry {name} expands from {entry.CompressedLength} to {entry.Length} bytes.");
        }
    }
}

internal sealed class ArchiveRefusal(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>Gives no more bytes than were announced: the sizes in an archive's directory are claims.</summary>
internal sealed class BoundedStream(Stream inner, long limit) : Stream
{
    private long given;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer) => Count(inner.Read(buffer));

    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Count(await inner.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is ever written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private int Count(int read)
    {
        given += read;
        return given <= limit ? read : throw new ArchiveRefusal("zip_bomb", $"More than the announced {limit} bytes came out of the archive.");
    }
}
