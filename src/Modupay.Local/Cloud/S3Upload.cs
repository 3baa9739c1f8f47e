using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Modupay.Local.Cloud;

/// <summary>Takes the body of a PUT into a draft and believes nothing the sender said about it without looking.</summary>
internal static class S3Upload
{
    private static readonly string[] Algorithms = ["crc32", "crc32c", "sha1", "sha256"];
    private static readonly string[] Kept = ["Content-Type", "Content-Encoding", "Content-Disposition", "Content-Language", "Cache-Control", "Expires"];

    /// <summary>The finished draft and, when the sender gave one, the checksum that was found to be right.</summary>
    public static async Task<(ObjectDraft Draft, (string Algorithm, string Value)? Checksum)> TakeAsync(S3Request request, ObjectStore store, bool flush, CancellationToken ct)
    {
        var body = request.Header("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD";
        var chunked = body.StartsWith("STREAMING-", StringComparison.Ordinal);
        var trailer = request.Header("x-amz-trailer");
        var declared = Algorithms.Where(name => request.Header($"x-amz-checksum-{name}") is not null || string.Equals(trailer, $"x-amz-checksum-{name}", StringComparison.OrdinalIgnoreCase)).ToHashSet(StringComparer.Ordinal);
        if (trailer is not null && declared.Count == 0) throw S3Request.NotEmulated($"The checksum {trailer}");
        if (request.Context.Request.ContentLength is null) throw new AwsException("MissingContentLength", "You must provide the Content-Length HTTP header.", 411);

        var hashed = chunked || body == "UNSIGNED-PAYLOAD" ? null : body;
        var draft = store.Begin(request.Bucket, hashed is null ? declared : [.. declared, "sha256"]);
        try
        {
            var trailers = await TakeAsync(request, draft, chunked, ct);
            await draft.FinishAsync(flush);
            if (chunked && request.Header("x-amz-decoded-content-length") is { } length && length != draft.Length.ToString(CultureInfo.InvariantCulture))
                throw new AwsException("IncompleteBody", "You did not provide the number of bytes specified by the x-amz-decoded-content-length header.");
            if (hashed is not null && !hashed.Equals(Convert.ToHexStringLower(draft.Checksums["sha256"]), StringComparison.OrdinalIgnoreCase))
                throw new AwsException("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
            if (request.Header("Content-MD5") is { } md5 && md5 != Convert.ToBase64String(draft.Md5))
                throw new AwsException("BadDigest", "The Content-MD5 you specified did not match what we received.");
            return (draft, Verified(request, declared, trailers, draft));
        }
        catch
        {
            await draft.DisposeAsync();
            draft.Discard();
            throw;
        }
    }

    /// <summary>The headers that come back with the object, the sender's own metadata among them.</summary>
    public static Dictionary<string, string> Headers(S3Request request)
    {
        var headers = request.Context.Request.Headers
            .Where(header => Kept.Contains(header.Key, StringComparer.OrdinalIgnoreCase) || header.Key.StartsWith("x-amz-meta-", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(header => header.Key.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase) ? header.Key.ToLowerInvariant() : header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        if (headers.TryGetValue("Content-Encoding", out var encoding))
        {
            // aws-chunked says how the bytes travelled, not what they are.
            var rest = string.Join(',', encoding.Split(',', StringSplitOptions.TrimEntries).Where(part => part != "aws-chunked"));
            if (rest.Length == 0) headers.Remove("Content-Encoding");
            else headers["Content-Encoding"] = rest;
        }

        return headers;
    }

    /// <summary>The retention the sender asks for, else the bucket's own. As in S3, a retained object must come with a digest.</summary>
    public static Retention? RetentionOf(S3Request request, ObjectStore store, DateTimeOffset now)
    {
        var (mode, until) = (request.Header("x-amz-object-lock-mode"), request.Header("x-amz-object-lock-retain-until-date"));
        if (mode is null && until is null) return store.DefaultRetention(request.Bucket);
        if (!store.HasObjectLock(request.Bucket)) throw new AwsException("InvalidRequest", "Bucket is missing Object Lock Configuration");
        if (mode is not ("COMPLIANCE" or "GOVERNANCE")) throw new AwsException("InvalidArgument", "Unknown wormMode directive.");
        return DateTimeOffset.TryParse(until, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at > now
            ? new(mode, at)
            : throw new AwsException("InvalidArgument", "The retain until date must be in the future!");
    }

    public static void RequireDigest(S3Request request)
    {
        if (request.Header("Content-MD5") is null && request.Header("x-amz-sdk-checksum-algorithm") is null && request.Header("x-amz-trailer") is null
            && !Algorithms.Any(name => request.Header($"x-amz-checksum-{name}") is not null))
            throw new AwsException("InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters");
    }

    private static async Task<Dictionary<string, string>> TakeAsync(S3Request request, ObjectDraft draft, bool chunked, CancellationToken ct)
    {
        var source = request.Context.Request.BodyReader;
        if (chunked)
        {
            var body = new AwsChunkedBody(source);
            await body.TakeAllAsync(draft, ct);
            return body.Trailers;
        }

        await draft.TakeAsync(source, long.MaxValue, ct);
        return [];
    }

    private static (string, string)? Verified(S3Request request, IEnumerable<string> declared, Dictionary<string, string> trailers, ObjectDraft draft)
    {
        (string, string)? verified = null;
        foreach (var algorithm in declared)
        {
            var name = $"x-amz-checksum-{algorithm}";
            var claimed = request.Header(name) ?? trailers.GetValueOrDefault(name);
            var computed = Convert.ToBase64String(draft.Checksums[algorithm]);
            if (claimed != computed) throw new AwsException("BadDigest", $"The {algorithm.ToUpperInvariant()} you specified did not match the calculated checksum.");
            verified = (algorithm, computed);
        }

        return verified;
    }
}
