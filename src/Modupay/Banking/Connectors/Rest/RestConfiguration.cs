using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Banking.Connectors.Breaker;

namespace Modupay.Banking.Connectors.Rest;

/// <summary>The registry's JSON of a REST connector, read into what cannot be wrong.</summary>
/// <param name="Product">Berlin Group's payment product, the last part of the address.</param>
/// <param name="HmacSecret">A reference to the shared secret that requests are signed with.</param>
/// <param name="NotProcessedCodes">The codes by which this bank says that it refused to look at an order at all. Without one, a 429 or 503 leaves doubt.</param>
internal sealed record RestConfiguration(
    Uri BaseUrl, string Product, string KeyId, string HmacSecret, TimeSpan Timeout, IReadOnlyList<string> NotProcessedCodes, RetryPolicy Retry, BreakerPolicy Breaker)
{
    private static readonly RestConfigurationJson.RetryJson DefaultRetry = new();
    private static readonly RestConfigurationJson.BreakerJson DefaultBreaker = new();

    public static Result<RestConfiguration> Parse(string json)
    {
        RestConfigurationJson? written;
        try
        {
            written = JsonSerializer.Deserialize(json, ConnectorJson.Default.RestConfigurationJson);
        }
        catch (JsonException unreadable)
        {
            return Bad([new(unreadable.Path ?? "configuration", "unreadable", "Not what a REST connector is configured by.")]);
        }

        if (written is null) return Bad([new("configuration", "missing", "A REST connector needs a configuration.")]);
        var problems = Check(written).ToList();
        if (problems.Count > 0) return Bad(problems);

        var (retry, breaker) = (written.Retry ?? DefaultRetry, written.Breaker ?? DefaultBreaker);
        return new RestConfiguration(
            new Uri(written.BaseUrl), written.Product, written.KeyId, written.HmacSecret, TimeSpan.FromSeconds(written.TimeoutSeconds), written.NotProcessedCodes ?? ["NOT_PROCESSED", "ACCESS_EXCEEDED"],
            RetryPolicy.Exponential(retry.Attempts, TimeSpan.FromMilliseconds(retry.FirstDelayMs), TimeSpan.FromMilliseconds(retry.LongestDelayMs)),
            // A probe is given up only after its own call must have ended.
            new BreakerPolicy(breaker.Failures, TimeSpan.FromSeconds(breaker.WindowSeconds), TimeSpan.FromSeconds(breaker.OpenSeconds), TimeSpan.FromSeconds(2 * written.TimeoutSeconds + 5)));
    }

    private static IEnumerable<FieldProblem> Check(RestConfigurationJson written)
    {
        if (!Uri.TryCreate(written.BaseUrl, UriKind.Absolute, out var url) || !(url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
            yield return new("baseUrl", "invalid", "An https address.");
        else if (url.Query.Length > 0 || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
            yield return new("baseUrl", "invalid", "Without user, query or fragment.");
        if (written.KeyId is not { Length: > 0 and <= 100 } || written.KeyId.Any(character => character is < ' ' or > '~' or '"' or '\\')) yield return new("keyId", "invalid", "1 to 100 visible ASCII characters.");
        if (!SecretReferences.IsReference(written.HmacSecret)) yield return new("hmacSecret", "not_a_reference", "Write secret:NAME; secrets do not belong in a configuration.");
        if (written.Product.Length == 0 || !written.Product.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-')) yield return new("product", "invalid", "For example sepa-credit-transfers.");
        if (written.TimeoutSeconds is not (> 0 and <= 25)) yield return new("timeoutSeconds", "out_of_range", "More than 0, at most 25.");
        if (written.Retry is not (null or { Attempts: >= 1 and <= 5, FirstDelayMs: >= 1 and <= 5000, LongestDelayMs: >= 1 and <= 5000 })) yield return new("retry", "out_of_range", "1 to 5 attempts, delays of 1 to 5000 ms.");
        if (written.Breaker is not (null or { Failures: >= 1 and <= 1000, WindowSeconds: >= 1 and <= 3600, OpenSeconds: >= 1 and <= 3600 })) yield return new("breaker", "out_of_range", "1 to 1000 failures, windows of 1 to 3600 s.");
    }

    private static Problem Bad(IReadOnlyList<FieldProblem> problems) => new(Errors.InvalidRequest, "The connector's configuration cannot be used.", problems);
}

/// <summary>As it is written: <c>{"baseUrl":"https://…","keyId":"…","hmacSecret":"secret:bank/…/hmac"}</c>; everything else has a default.</summary>
internal sealed record RestConfigurationJson(
    string BaseUrl,
    string KeyId,
    string HmacSecret,
    string Product = "sepa-credit-transfers",
    double TimeoutSeconds = 10,
    IReadOnlyList<string>? NotProcessedCodes = null,
    RestConfigurationJson.RetryJson? Retry = null,
    RestConfigurationJson.BreakerJson? Breaker = null)
{
    internal sealed record RetryJson(int Attempts = 3, int FirstDelayMs = 200, int LongestDelayMs = 2000);

    internal sealed record BreakerJson(int Failures = 5, int WindowSeconds = 60, double OpenSeconds = 30);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(RestConfigurationJson))]
internal sealed partial class ConnectorJson : JsonSerializerContext;
