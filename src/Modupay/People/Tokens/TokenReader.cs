using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Modupay.People;

/// <summary>
/// Reads access tokens: the one kind we sign, and nothing else of what RFC 7515 and RFC 7519 allow. There is one algorithm and it is ours to name, keys
/// come from our own set and never from the token, and a header may say nothing that we did not write. A refusal's text is for tests and never for the bearer.
/// </summary>
internal sealed class TokenReader(string issuer)
{
    /// <summary>Ours have some 900 characters.</summary>
    private const int MaxLength = 4096;

    /// <summary>For clocks of our own machines, which are kept together within milliseconds.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 3 };

    /// <summary>Whether a bearer's secret is worth reading as a token. API keys have no dots.</summary>
    public static bool LooksLikeToken(string secret) => secret.StartsWith("eyJ", StringComparison.Ordinal);

    /// <summary>The key a token names, before anything of it is believed.</summary>
    public static Result<string> KeyIdOf(string token)
    {
        if (token.Length > MaxLength) return Refuse("too long");
        if (token.Split('.') is not [var header, _, _]) return Refuse("not three parts");
        return Parse<string>(header, json => json.EnumerateObject().Count() == 3 && Text(json, "alg") == "RS256" && Text(json, "typ") == "JWT" && Text(json, "kid") is { } kid
            ? kid
            : Refuse("the header is not one of ours"));
    }

    /// <param name="key">The public key that <see cref="KeyIdOf"/> named.</param>
    public Result<AccessToken> Read(string token, RSAParameters key, DateTimeOffset now)
    {
        if (token.Split('.') is not [var header, var payload, var signature]) return Refuse("not three parts");
        if (Decode(signature) is not { } bytes || !Verify($"{header}.{payload}", bytes, key)) return Refuse("the signature is not ours");

        // Signed by us, and still read with care: another program of ours might use the key one day.
        return Parse(payload, json => ReadClaims(json, now));
    }

    public static bool Verify(string signingInput, byte[] signature, RSAParameters key)
    {
        using var rsa = RSA.Create(key);
        return rsa.VerifyData(Encoding.ASCII.GetBytes(signingInput), signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private Result<AccessToken> ReadClaims(JsonElement json, DateTimeOffset now)
    {
        if (Text(json, "iss") != issuer) return Refuse("another issuer");
        if (Text(json, "aud") != AccessToken.Audience) return Refuse("another audience");
        if (Instant(json, "iat") is not { } issued || Instant(json, "nbf") is not { } notBefore || Instant(json, "exp") is not { } expires) return Refuse("the times are missing");
        if (now >= expires + ClockSkew) return Refuse("expired");
        if (now < notBefore - ClockSkew || now < issued - ClockSkew) return Refuse("not yet valid");
        if (expires - issued > AccessToken.Lasts) return Refuse("lasts longer than ours do");
        return Id.TryParse<UserId>(Text(json, "sub"), out var user) && Id.TryParse<SessionId>(Text(json, "sid"), out var session) && Id.TryParse<OrganizationId>(Text(json, "org"), out var organization)
            && Text(json, "role") is { } role && Text(json, "jti") is { } id && json.TryGetProperty("amr", out var methods) && methods.ValueKind == JsonValueKind.Array
            && methods.EnumerateArray().All(method => method.ValueKind == JsonValueKind.String)
            ? new AccessToken(user, session, organization, role, [.. methods.EnumerateArray().Select(method => method.GetString()!)], id, issued, expires)
            : Refuse("a claim is missing");
    }

    private static Result<T> Parse<T>(string part, Func<JsonElement, Result<T>> read)
    {
        if (Decode(part) is not { } bytes) return Refuse("not base64url");
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : Refuse("not a JSON object");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is what a string that is no UTF-8 throws when it is read.
            return Refuse("not the JSON we write");
        }
    }

    /// <summary>One text has one encoding: a token with padding, or with bits set where none count, would be a second spelling of the first.</summary>
    private static byte[]? Decode(string part)
    {
        if (part.Length == 0 || !part.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_') || !Base64Url.IsValid(part)) return null;
        var bytes = Base64Url.DecodeFromChars(part);
        return Base64Url.EncodeToString(bytes) == part ? bytes : null;
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? Instant(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is > 0 and < 253402300800 // the year 10000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private static Problem Refuse(string reason) => new(Errors.Unauthenticated, reason);
}
