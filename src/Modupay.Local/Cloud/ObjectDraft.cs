using System.Buffers;
using System.IO.Pipelines;
using System.Numerics;
using System.Security.Cryptography;

namespace Modupay.Local.Cloud;

/// <summary>Bytes on their way to becoming an object: written to a file of their own and digested as they pass, so that memory stays flat for any size.</summary>
internal sealed class ObjectDraft : IAsyncDisposable
{
    private readonly FileStream _file;
    private readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly IncrementalHash? _sha1;
    private readonly IncrementalHash? _sha256;
    private readonly bool _withCrc32;
    private readonly bool _withCrc32C;
    private Crc32 _crc32 = new();
    private uint _crc32C = 0xFFFF_FFFF;

    /// <param name="algorithms">Which checksums will be asked for: <c>crc32</c>, <c>crc32c</c>, <c>sha1</c>, <c>sha256</c>.</param>
    public ObjectDraft(string path, IReadOnlySet<string> algorithms)
    {
        Path = path;
        _file = new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        _sha1 = algorithms.Contains("sha1") ? IncrementalHash.CreateHash(HashAlgorithmName.SHA1) : null;
        _sha256 = algorithms.Contains("sha256") ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        (_withCrc32, _withCrc32C) = (algorithms.Contains("crc32"), algorithms.Contains("crc32c"));
    }

    public string Path { get; }

    public long Length { get; private set; }

    public byte[] Md5 { get; private set; } = [];

    public IReadOnlyDictionary<string, byte[]> Checksums { get; private set; } = new Dictionary<string, byte[]>(StringComparer.Ordinal);

    /// <summary>Takes up to <paramref name="most"/> bytes from the pipe and returns how many there were.</summary>
    public async Task<long> TakeAsync(PipeReader source, long most, CancellationToken ct)
    {
        var taken = 0L;
        while (taken < most)
        {
            var read = await source.ReadAsync(ct);
            var part = read.Buffer.Length > most - taken ? read.Buffer.Slice(0, most - taken) : read.Buffer;
            foreach (var segment in part) await WriteAsync(segment, ct);
            taken += part.Length;
            source.AdvanceTo(part.End);
            if (read.IsCompleted && part.Length == read.Buffer.Length) break;
        }

        return taken;
    }

    public async Task TakeAsync(Stream source, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            int count;
            while ((count = await source.ReadAsync(buffer, ct)) > 0) await WriteAsync(buffer.AsMemory(0, count), ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async Task FinishAsync(bool flush)
    {
        Md5 = _md5.GetHashAndReset();
        var checksums = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        if (_withCrc32) checksums["crc32"] = _crc32.Value;
        if (_withCrc32C) checksums["crc32c"] = [.. BitConverter.GetBytes(~_crc32C).Reverse()];
        if (_sha1 is not null) checksums["sha1"] = _sha1.GetHashAndReset();
        if (_sha256 is not null) checksums["sha256"] = _sha256.GetHashAndReset();
        Checksums = checksums;
        _file.Flush(flush);
        await _file.DisposeAsync();
    }

    /// <summary>Lets go of the file; it stays unless <see cref="Discard"/> is called.</summary>
    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        _md5.Dispose();
        _sha1?.Dispose();
        _sha256?.Dispose();
    }

    public void Discard() => File.Delete(Path);

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        Digest(bytes.Span);
        await _file.WriteAsync(bytes, ct);
        Length += bytes.Length;
    }

    private void Digest(ReadOnlySpan<byte> bytes)
    {
        _md5.AppendData(bytes);
        _sha1?.AppendData(bytes);
        _sha256?.AppendData(bytes);
        if (_withCrc32) _crc32.Append(bytes);
        if (!_withCrc32C) return;
        for (; bytes.Length >= 8; bytes = bytes[8..]) _crc32C = BitOperations.Crc32C(_crc32C, BitConverter.ToUInt64(bytes));
        foreach (var value in bytes) _crc32C = BitOperations.Crc32C(_crc32C, value);
    }
}
