using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Modupay.Local.Cloud;

/// <summary>Answers GET and HEAD: conditions, one range, and the headers the object was stored with.</summary>
internal static class S3Download
{
    private static readonly string[] NotEmulated = [HeaderNames.IfModifiedSince, HeaderNames.IfUnmodifiedSince];

    public static async Task SendAsync(S3Request request, StoredObject stored, FileStream bytes, CancellationToken ct)
    {
        await using var file = bytes;
        var response = request.Context.Response;
        if (NotEmulated.FirstOrDefault(name => request.Header(name) is not null) is { } unknown) throw S3Request.NotEmulated($"The header {unknown}");
        response.Headers.ETag = $"\"{stored.ETag}\"";
        if (request.Header(HeaderNames.IfMatch) is { } match && match != "*" && match.Trim('"') != stored.ETag) throw PreconditionFailed();
        if (request.Header(HeaderNames.IfNoneMatch) is { } none && (none == "*" || none.Trim('"') == stored.ETag)) throw new AwsException("NotModified", "Not Modified", 304);

        var (first, length) = Range(request.Header(HeaderNames.Range), stored.Size);
        var whole = length == stored.Size;
        if (request.Header(HeaderNames.Range) is not null && first is not null)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {first}-{first + length - 1}/{stored.Size}";
        }

        Describe(request, stored, response, whole);
        response.ContentLength = length;
        if (!HttpMethods.IsHead(request.Method)) await CopyAsync(file, first ?? 0, length, response, ct);
    }

    public static AwsException PreconditionFailed() => new("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412);

    private static void Describe(S3Request request, StoredObject stored, HttpResponse response, bool whole)
    {
        response.Headers.AcceptRanges = "bytes";
        response.Headers.LastModified = stored.LastModified.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        response.ContentType = "binary/octet-stream";
        foreach (var (name, value) in stored.Headers) response.Headers[name] = value;
        foreach (var name in new[] { "Content-Type", "Content-Disposition", "Content-Language", "Content-Encoding", "Cache-Control", "Expires" })
        {
            if (request.Query($"response-{name.ToLowerInvariant()}") is { } chosen) response.Headers[name] = chosen;
        }

        // The checksum is of the whole object, and a client that asked for it compares.
        if (whole && request.Header("x-amz-checksum-mode") == "ENABLED" && stored.Checksum is var (algorithm, value2)) response.Headers[$"x-amz-checksum-{algorithm}"] = value2;
        if (stored.Retention is not { } retention) return;
        response.Headers["x-amz-object-lock-mode"] = retention.Mode;
        response.Headers["x-amz-object-lock-retain-until-date"] = S3Xml.Instant(retention.Until);
    }

    /// <summary>A first byte of null means the whole object: S3 ignores ranges it does not understand, and several at once.</summary>
    private static (long? First, long Length) Range(string? header, long size)
    {
        if (header is null || !header.StartsWith("bytes=", StringComparison.Ordinal) || header.Contains(',', StringComparison.Ordinal)) return (null, size);
        var ends = header[6..].Split('-');
        if (ends.Length != 2) return (null, size);
        var hasFirst = long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first);
        var hasLast = long.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last);
        if ((!hasFirst && ends[0].Length > 0) || (!hasLast && ends[1].Length > 0) || (!hasFirst && !hasLast) || (hasFirst && hasLast && last < first)) return (null, size);
        if (!hasFirst) (first, last) = (Math.Max(0, size - last), size - 1);
        else if (!hasLast || last >= size) last = size - 1;
        return first < size && last >= first ? (first, last - first + 1) : throw new AwsException("InvalidRange", "The requested range is not satisfiable", 416);
    }

    private static async Task CopyAsync(FileStream file, long first, long length, HttpResponse response, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
        try
        {
            file.Position = first;
            while (length > 0)
            {
                var count = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), ct);
                if (count == 0) throw new IOException($"{file.Name} is shorter than the object store remembers.");
                await response.Body.WriteAsync(buffer.AsMemory(0, count), ct);
                length -= count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
