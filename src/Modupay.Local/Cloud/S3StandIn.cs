using System.Globalization;
using System.Net;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Modupay.Local.Cloud;

/// <summary>
/// Amazon S3 on loopback, objects as files: put, get, ranges, conditions, copies, listings, uploads in parts, presigned URLs, write-once buckets.
/// What it does not do (versions, tags, policies, ACLs, lifecycle …) it refuses with 501 rather than pretend.
/// </summary>
internal sealed class S3StandIn : IAsyncDisposable
{
    private readonly ObjectStore _store;
    private readonly ObjectStoreOptions _options;
    private readonly ObjectAnnouncer _announcer;
    private readonly S3Multipart _multipart;
    private LoopbackServer _server = null!;

    private S3StandIn(ObjectStore store, ObjectStoreOptions options)
    {
        (_store, _options) = (store, options);
        _announcer = new(store, options);
        _multipart = new(store);
    }

    public string Url => _server.Url;

    private bool Flush => _options.Durability == Durability.Durable;

    public static async Task<S3StandIn> StartAsync(ObjectStoreOptions options, int port, CancellationToken ct)
    {
        var s3 = new S3StandIn(ObjectStore.Open(options), options);
        try
        {
            s3._server = await LoopbackServer.StartAsync(port, "S3", s3.AnswerAsync, ct);
            return s3;
        }
        catch
        {
            await s3.CloseAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await CloseAsync();
    }

    private async Task CloseAsync()
    {
        await _announcer.DisposeAsync();
        _multipart.Dispose();
        _store.Dispose();
    }

    private async Task AnswerAsync(HttpContext context, CancellationToken ct)
    {
        var requestId = Guid.CreateVersion7(_options.Clock.GetUtcNow()).ToString("n");
        context.Response.Headers["x-amz-request-id"] = requestId;
        try
        {
            await HandleAsync(S3Request.Read(context, _options.Clock.GetUtcNow()), ct);
        }
        catch (AwsException refusal) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = refusal.Status;
            if (refusal.Status == StatusCodes.Status304NotModified || HttpMethods.IsHead(context.Request.Method)) return;
            await S3Xml.WriteAsync(context.Response, new XElement("Error",
                new XElement("Code", refusal.Code), new XElement("Message", refusal.Message), new XElement("Resource", context.Request.Path.Value), new XElement("RequestId", requestId)), ct);
        }
    }

    private Task HandleAsync(S3Request request, CancellationToken ct)
    {
        if (request.Bucket.Length == 0) return request.Method == "GET" ? ListBucketsAsync(request, ct) : throw S3Request.NotEmulated($"{request.Method} /");
        var objects = _store.Objects(request.Bucket) ?? throw new AwsException("NoSuchBucket", "The specified bucket does not exist", 404);
        return (request.Method, Keyed: request.Key.Length > 0) switch
        {
            ("HEAD", false) => HeadBucket(request),
            ("GET", false) => S3Xml.WriteAsync(request.Context.Response, S3Listing.Page(request, objects.Values), ct),
            ("POST", false) when request.Has("delete") => DeleteManyAsync(request, ct),
            ("GET" or "HEAD", true) => GetAsync(request, ct),
            ("PUT", true) when request.Has("uploadId") => PutPartAsync(request, ct),
            ("PUT", true) when request.Header("x-amz-copy-source") is not null => CopyAsync(request, ct),
            ("PUT", true) => PutAsync(request, ct),
            ("DELETE", true) when request.Has("uploadId") => AbortAsync(request),
            ("DELETE", true) => DeleteAsync(request, ct),
            ("POST", true) when request.Has("uploads") => BeginUploadAsync(request, ct),
            ("POST", true) when request.Has("uploadId") => CompleteUploadAsync(request, ct),
            _ => throw S3Request.NotEmulated($"{request.Method} {(request.Key.Length > 0 ? "of an object" : "of a bucket")}"),
        };
    }

    private Task ListBucketsAsync(S3Request request, CancellationToken ct)
    {
        request.Allow();
        return S3Xml.WriteAsync(request.Context.Response, S3Xml.Element("ListAllMyBucketsResult",
            S3Xml.Element("Owner", S3Xml.Element("ID", "local")),
            S3Xml.Element("Buckets", [.. _store.Buckets.Select(name => S3Xml.Element("Bucket", S3Xml.Element("Name", name), S3Xml.Element("CreationDate", S3Xml.Instant(DateTimeOffset.UnixEpoch))))])), ct);
    }

    private static Task HeadBucket(S3Request request)
    {
        request.Allow();
        return Task.CompletedTask;
    }

    private Task GetAsync(S3Request request, CancellationToken ct)
    {
        request.Allow("response-content-type", "response-content-disposition", "response-content-language", "response-content-encoding", "response-cache-control", "response-expires");
        while (true)
        {
            var stored = _store.Find(request.Bucket, request.Key) ?? throw new AwsException("NoSuchKey", "The specified key does not exist.", 404);
            try
            {
                return S3Download.SendAsync(request, stored, _store.Open(request.Bucket, stored), ct);
            }
            catch (FileNotFoundException)
            {
                // Replaced between the look and the opening: look again.
            }
        }
    }

    private async Task PutAsync(S3Request request, CancellationToken ct)
    {
        request.Allow();
        var retention = S3Upload.RetentionOf(request, _store, _options.Clock.GetUtcNow());
        if (retention is not null) S3Upload.RequireDigest(request);
        var condition = Condition(request);
        // Asked before the bytes travel, and again when they have arrived.
        condition(_store.Find(request.Bucket, request.Key));
        var (draft, checksum) = await S3Upload.TakeAsync(request, _store, Flush, ct);
        var traits = new ObjectTraits(S3Upload.Headers(request), "PutObject") { Checksum = checksum, Retention = retention };
        var stored = await StoreAsync(request.Bucket, request.Key, draft, Convert.ToHexStringLower(draft.Md5), traits, condition, ct);
        request.Context.Response.Headers.ETag = $"\"{stored.ETag}\"";
        if (checksum is var (algorithm, value)) request.Context.Response.Headers[$"x-amz-checksum-{algorithm}"] = value;
    }

    private async Task CopyAsync(S3Request request, CancellationToken ct)
    {
        request.Allow();
        var source = Uri.UnescapeDataString(request.Header("x-amz-copy-source")!).TrimStart('/').Split('/', 2);
        if (source is not [var bucket, var key] || key.Contains("?versionId=", StringComparison.Ordinal)) throw S3Request.NotEmulated("A copy source with a version, or without a key");
        var from = _store.Find(bucket, key) ?? throw new AwsException("NoSuchKey", "The specified key does not exist.", 404);
        var replace = string.Equals(request.Header("x-amz-metadata-directive"), "REPLACE", StringComparison.Ordinal);
        if (!replace && (bucket, key) == (request.Bucket, request.Key))
            throw new AwsException("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata.");

        var draft = _store.Begin(request.Bucket, new HashSet<string>(StringComparer.Ordinal));
        await using (var bytes = _store.Open(bucket, from)) await draft.TakeAsync(bytes, ct);
        await draft.FinishAsync(Flush);
        var traits = new ObjectTraits(replace ? S3Upload.Headers(request) : from.Headers, "CopyObject")
        {
            Checksum = from.Checksum,
            Retention = S3Upload.RetentionOf(request, _store, _options.Clock.GetUtcNow()),
        };
        var stored = await StoreAsync(request.Bucket, request.Key, draft, Convert.ToHexStringLower(draft.Md5), traits, Condition(request), ct);
        await S3Xml.WriteAsync(request.Context.Response, S3Xml.Element("CopyObjectResult", S3Xml.Element("ETag", $"\"{stored.ETag}\""), S3Xml.Element("LastModified", S3Xml.Instant(stored.LastModified))), ct);
    }

    private async Task DeleteAsync(S3Request request, CancellationToken ct)
    {
        request.Allow();
        await _store.DeleteAsync(request.Bucket, request.Key, ct);
        request.Context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task DeleteManyAsync(S3Request request, CancellationToken ct)
    {
        request.Allow("delete");
        var body = await S3Xml.ReadAsync(request.Context.Request, ct);
        var quiet = body.Elements().Any(element => element.Name.LocalName == "Quiet" && element.Value == "true");
        var result = S3Xml.Element("DeleteResult");
        foreach (var entry in body.Elements().Where(element => element.Name.LocalName == "Object"))
        {
            if (entry.Elements().Any(child => child.Name.LocalName != "Key")) throw S3Request.NotEmulated("Deleting a version or under a condition");
            var key = entry.Value;
            try
            {
                await _store.DeleteAsync(request.Bucket, key, ct);
                if (!quiet) result.Add(S3Xml.Element("Deleted", S3Xml.Element("Key", key)));
            }
            catch (AwsException refusal)
            {
                result.Add(S3Xml.Element("Error", S3Xml.Element("Key", key), S3Xml.Element("Code", refusal.Code), S3Xml.Element("Message", refusal.Message)));
            }
        }

        await S3Xml.WriteAsync(request.Context.Response, result, ct);
    }

    private Task BeginUploadAsync(S3Request request, CancellationToken ct)
    {
        request.Allow("uploads");
        var traits = new ObjectTraits(S3Upload.Headers(request), "CompleteMultipartUpload") { Retention = S3Upload.RetentionOf(request, _store, _options.Clock.GetUtcNow()) };
        var id = _multipart.Begin(request.Bucket, request.Key, traits);
        return S3Xml.WriteAsync(request.Context.Response, S3Xml.Element("InitiateMultipartUploadResult",
            S3Xml.Element("Bucket", request.Bucket), S3Xml.Element("Key", request.Key), S3Xml.Element("UploadId", id)), ct);
    }

    private async Task PutPartAsync(S3Request request, CancellationToken ct)
    {
        request.Allow("uploadId", "partNumber");
        if (request.Header("x-amz-copy-source") is not null) throw S3Request.NotEmulated("UploadPartCopy");
        var upload = _multipart.Find(request);
        var (part, checksum) = await S3Upload.TakeAsync(request, _store, flush: false, ct);
        S3Multipart.Add(upload, request.Number("partNumber", 0, 10_000), part);
        request.Context.Response.Headers.ETag = $"\"{Convert.ToHexStringLower(part.Md5)}\"";
        if (checksum is var (algorithm, value)) request.Context.Response.Headers[$"x-amz-checksum-{algorithm}"] = value;
        await part.DisposeAsync();
    }

    private async Task CompleteUploadAsync(S3Request request, CancellationToken ct)
    {
        request.Allow("uploadId");
        var upload = _multipart.Find(request);
        var (draft, etag) = await _multipart.JoinAsync(upload, await S3Xml.ReadAsync(request.Context.Request, ct), Flush, ct);
        var stored = await StoreAsync(upload.Bucket, upload.Key, draft, etag, upload.Traits, Condition(request), ct);
        _multipart.Forget(request);
        await S3Xml.WriteAsync(request.Context.Response, S3Xml.Element("CompleteMultipartUploadResult",
            S3Xml.Element("Location", $"{Url}/{upload.Bucket}/{Uri.EscapeDataString(upload.Key)}"), S3Xml.Element("Bucket", upload.Bucket), S3Xml.Element("Key", upload.Key), S3Xml.Element("ETag", $"\"{stored.ETag}\"")), ct);
    }

    private Task AbortAsync(S3Request request)
    {
        request.Allow("uploadId");
        _multipart.Find(request);
        _multipart.Forget(request);
        request.Context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task<StoredObject> StoreAsync(string bucket, string key, ObjectDraft draft, string etag, ObjectTraits traits, Action<StoredObject?> allow, CancellationToken ct)
    {
        await using (draft)
        {
            try
            {
                var stored = await _store.PutAsync(bucket, key, draft, etag, traits, allow, ct);
                _announcer.Announce(_store.NewsOf(bucket, stored, traits.Reason));
                return stored;
            }
            catch (AwsException)
            {
                draft.Discard();
                throw;
            }
        }
    }

    /// <summary>If-None-Match: * writes only where nothing is; If-Match only over what the sender has seen.</summary>
    private static Action<StoredObject?> Condition(S3Request request)
    {
        var (none, match) = (request.Header(HeaderNames.IfNoneMatch), request.Header(HeaderNames.IfMatch));
        if (none is not (null or "*")) throw S3Request.NotEmulated("If-None-Match with an entity tag on a write");
        return before =>
        {
            if (none is not null && before is not null) throw S3Download.PreconditionFailed();
            if (match is null) return;
            if (before is null) throw new AwsException("NoSuchKey", "The specified key does not exist.", 404);
            if (match.Trim('"') != before.ETag) throw S3Download.PreconditionFailed();
        };
    }
}
