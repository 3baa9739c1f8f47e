using System.Security.Cryptography;
using System.Text;

namespace Modupay.Banking.Connectors.Signing;

/// <summary>
/// HTTP Message Signatures (RFC 9421) with <c>hmac-sha256</c>, both sides: what we put on an order and what a bank does with it. The body is
/// bound through <c>Content-Digest</c> (RFC 9530).
/// </summary>
internal static class HttpSignature
{
    public const string Algorithm = "hmac-sha256";
    private const string Label = "sig1";

    /// <summary>Signs the request as it stands: every header that is to be covered must already be on it.</summary>
    /// <param name="validFor">Short enough that a stolen request is worthless soon, long enough for the clocks of two companies.</param>
    public static void Sign(HttpRequestMessage request, ReadOnlySpan<byte> body, SignatureKey key, DateTimeOffset now, TimeSpan validFor)
    {
        if (request.Content is not null) request.Headers.TryAddWithoutValidation("Content-Digest", ContentDigest.Of(body));

        var message = SignedMessage.Of(request);
        string[] covered = ["@method", "@authority", "@path", "@query", .. HeadersToCover.Where(name => message.Header(name) is not null)];
        var created = now.ToUnixTimeSeconds();
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        var parameters = $"({string.Join(' ', covered.Select(name => $"\"{name}\""))});created={created};expires={created + (long)validFor.TotalSeconds}"
            + $";nonce=\"{nonce}\";keyid=\"{key.Id}\";alg=\"{Algorithm}\"";

        var mac = Mac(Base(message, covered, parameters), key.Secret);
        request.Headers.TryAddWithoutValidation("Signature-Input", $"{Label}={parameters}");
        request.Headers.TryAddWithoutValidation("Signature", $"{Label}=:{Convert.ToBase64String(mac)}:");
    }

    /// <summary>Checks one signature. Whether its nonce was seen before is for the caller to remember, until the signature expires.</summary>
    public static SignatureCheck Verify(SignedMessage message, ReadOnlySpan<byte> body, SignatureRules rules, Func<string, byte[]?> secretOf, DateTimeOffset now)
    {
        if (SignatureInput.Parse(message.Header("signature-input")) is not { } input) return SignatureCheck.Refused("Signature-Input is missing or malformed.");
        if (Value(message.Header("signature"), input.Label) is not { } sent) return SignatureCheck.Refused("Signature is missing or malformed.");
        if (rules.Refuses(input, hasBody: body.Length > 0, now) is { } refusal) return SignatureCheck.Refused(refusal);
        if (secretOf(input.KeyId!) is not { } secret) return SignatureCheck.Refused("The key is unknown.");
        if (input.Components.FirstOrDefault(name => message.Value(name) is null) is { } absent) return SignatureCheck.Refused($"{absent} is signed but not there.");

        if (!CryptographicOperations.FixedTimeEquals(Mac(Base(message, input.Components, input.Parameters), secret), sent)) return SignatureCheck.Refused("The signature is wrong.");
        if (body.Length > 0 && !ContentDigest.Matches(message.Header("content-digest"), body)) return SignatureCheck.Refused("The body is not the one that was signed.");
        return new SignatureCheck(null, input);
    }

    /// <summary>The text that is signed (RFC 9421 §2.5): a line for each covered component, then the parameters exactly as they are sent.</summary>
    internal static string Base(SignedMessage message, IReadOnlyList<string> components, string parameters)
    {
        var text = new StringBuilder();
        foreach (var name in components) text.Append('"').Append(name).Append("\": ").Append(message.Value(name)).Append('\n');
        return text.Append("\"@signature-params\": ").Append(parameters).ToString();
    }

    // A signature base is ASCII by the RFC's rules; the bytes of anything else would not verify anywhere, which is the right end for it.
    internal static byte[] Mac(string signatureBase, byte[] secret) => HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(signatureBase));

    private static readonly string[] HeadersToCover = ["content-type", "content-digest", "x-request-id", "idempotency-key"];

    private static byte[]? Value(string? header, string label)
    {
        var prefix = label + "=:";
        if (header is null || !header.StartsWith(prefix, StringComparison.Ordinal) || !header.EndsWith(':') || header.Length <= prefix.Length) return null;
        var bytes = new byte[header.Length];
        return Convert.TryFromBase64String(header[prefix.Length..^1], bytes, out var written) ? bytes[..written] : null;
    }
}

internal sealed record SignatureKey(string Id, byte[] Secret)
{
    private const string Base64 = "base64:";

    /// <summary>A shared secret as banks hand it over: the text itself is the key, unless it says that it is base64.</summary>
    public static SignatureKey Of(string id, string secret) =>
        new(id, secret.StartsWith(Base64, StringComparison.Ordinal) ? Convert.FromBase64String(secret[Base64.Length..].Trim()) : Encoding.UTF8.GetBytes(secret));

    public override string ToString() => Id;
}

/// <summary>The refusal, or the signature that holds.</summary>
internal sealed record SignatureCheck(string? Refusal, SignatureInput? Signature)
{
    public static SignatureCheck Refused(string why) => new(why, null);
}

/// <summary>What a verifier insists on beyond a matching signature: without these a valid signature over too little would be worth nothing.</summary>
/// <param name="Required">Components that must be covered; with a body, <c>content-digest</c> as well.</param>
/// <param name="ClockSkew">How far ahead of ours the signer's clock may be.</param>
/// <param name="MaxAge">How long a signature may be valid, which is also how long nonces must be remembered.</param>
internal sealed record SignatureRules(IReadOnlyList<string> Required, TimeSpan ClockSkew, TimeSpan MaxAge)
{
    public string? Refuses(SignatureInput input, bool hasBody, DateTimeOffset now)
    {
        if (input.Algorithm is not (null or HttpSignature.Algorithm)) return "The algorithm is not hmac-sha256.";
        if (input.KeyId is null) return "keyid is missing.";
        if (input.Nonce is not { Length: > 0 }) return "nonce is missing.";
        if (input.Created is not { } created || input.Expires is not { } expires) return "created or expires is missing.";
        if (created > now + ClockSkew) return "The signature was created in the future.";
        if (expires <= now) return "The signature has expired.";
        if (expires - created > MaxAge) return "The signature is valid for too long.";
        return Required.Concat(hasBody ? ["content-digest"] : []).FirstOrDefault(name => !input.Components.Contains(name, StringComparer.Ordinal)) is { } missing
            ? $"{missing} must be signed."
            : null;
    }
}
