using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Modupay.Local.Cloud;

/// <summary>A request to the object store, addressed by path: <c>/bucket/key</c>.</summary>
internal sealed class S3Request
{
    // Headers that mean something here or mean nothing anywhere; any other x-amz- header would be a wish we do not fulfil.
    private static readonly ImmutableHashSet<string> Understood = ImmutableHashSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent", "x-amz-api-version", "x-amz-te", "x-amz-trailer", "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm", "x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type", "x-amz-checksum-crc32", "x-amz-checksum-crc32c",
        "x-amz-checksum-sha1", "x-amz-checksum-sha256", "x-amz-copy-source", "x-amz-metadata-directive", "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date");

    private readonly Dictionary<string, string> _query = new(StringComparer.Ordinal);

    private S3Request(HttpContext context, string bucket, string key) => (Context, Bucket, Key) = (context, bucket, key);

    public HttpContext Context { get; }

    /// <summary>Empty for the list of buckets.</summary>
    public string Bucket { get; }

    /// <summary>Empty for the bucket itself.</summary>
    public string Key { get; }

    public string Method => Context.Request.Method;

    /// <summary>Reads the target as it was sent: the framework's path has lost "//" and "..", which keys may contain.</summary>
    public static S3Request Read(HttpContext context, DateTimeOffset now)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? target : target[..question];
        var slash = path.IndexOf('/', 1);
        var request = new S3Request(context, Uri.UnescapeDataString(slash < 0 ? path[1..] : path[1..slash]), slash < 0 ? "" : Uri.UnescapeDataString(path[(slash + 1)..]));
        var query = HttpUtility.ParseQueryString(question < 0 ? "" : target[question..]);
        foreach (string? name in query)
        {
            // A parameter without a value ("?uploads") is parsed as a value without a name.
            if (name is null) foreach (var bare in query.GetValues(null) ?? []) request._query[bare] = "";
            else request._query[name] = query[name] ?? "";
        }

        request.Authenticate(now);
        if (context.Request.Headers.Keys.FirstOrDefault(name => name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase)
            && !name.StartsWith("x-amz-meta-", StringComparison.OrdinalIgnoreCase) && !Understood.Contains(name)) is { } unknown)
            throw NotEmulated($"The header {unknown}");
        if (Encoding.UTF8.GetByteCount(request.Key) > 1024) throw new AwsException("KeyTooLongError", "Your key is too long.");
        return request;
    }

    public bool Has(string parameter) => _query.ContainsKey(parameter);

    public string? Query(string parameter) => _query.GetValueOrDefault(parameter);

    public string? Header(string name) => Context.Request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;

    public int Number(string parameter, int otherwise, int most)
    {
        if (Query(parameter) is not { } text) return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= most
            ? value
            : throw new AwsException("InvalidArgument", $"{parameter} must be an integer between 0 and {most}.");
    }

    /// <summary>Refuses every query parameter but these and those of a presigned URL.</summary>
    public void Allow(params ReadOnlySpan<string> parameters)
    {
        foreach (var name in _query.Keys)
        {
            if (name != "x-id" && !name.StartsWith("X-Amz-", StringComparison.Ordinal) && !parameters.Contains(name)) throw NotEmulated($"The parameter {name} of {Method}");
        }
    }

    public static AwsException NotEmulated(string what) => new("NotImplemented", $"{what} is not emulated by the local object store.", 501);

    /// <summary>Somebody must have signed, and a presigned URL ends in time. Whether the signature is right is not verified.</summary>
    private void Authenticate(DateTimeOffset now)
    {
        if (Query("X-Amz-Signature") is null)
        {
            if (Header("Authorization") is null) throw new AwsException("AccessDenied", "Access Denied", 403);
            return;
        }

        if (!DateTimeOffset.TryParseExact(Query("X-Amz-Date"), "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var signedAt)
            || !int.TryParse(Query("X-Amz-Expires"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 1 or > 604_800)
            throw new AwsException("AuthorizationQueryParametersError", "X-Amz-Date and X-Amz-Expires (1 to 604800 seconds) are required.");
        if (signedAt.AddSeconds(seconds) < now) throw new AwsException("AccessDenied", "Request has expired", 403);
    }
}
