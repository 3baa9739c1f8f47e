using System.Security.Cryptography;
using System.Text;

namespace Modupay.Notifications.Delivery;

/// <summary>
/// Signatures as Standard Webhooks 1.0.0 defines them: HMAC-SHA256 over <c>id.timestamp.body</c>, one for each secret in force. v1a (Ed25519) is
/// left out: .NET 10 has no Ed25519 of its own, and a signature is not the place for a private copy of a curve.
/// </summary>
internal static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";
    public const string XSignatureHeader = "X-Signature";

    private const string Version = "v1,";

    /// <summary>A message that is older or newer than this may be a recording.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>The value of <c>webhook-signature</c>: the receiver accepts it if it knows any of the secrets.</summary>
    public static string Sign(string id, long timestamp, ReadOnlySpan<byte> body, IEnumerable<WebhookSecret> secrets)
    {
        var content = Content(id, timestamp, body);
        return string.Join(' ', secrets.Select(secret => Version + Convert.ToBase64String(HMACSHA256.HashData(secret.Key, content))));
    }

    /// <summary>
    /// The value of <c>X-Signature</c>: hex HMAC-SHA256 of the body's base64, keyed with the secret as it was shown. It does not cover the
    /// time, so whoever relies on it compares <c>webhook-timestamp</c> on trust.
    /// </summary>
    public static string XSign(ReadOnlySpan<byte> body, WebhookSecret secret) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret.Text), Encoding.ASCII.GetBytes(Convert.ToBase64String(body))));

    /// <summary>What a receiver does. Ours are the sandbox's receiver and the tests.</summary>
    public static SignatureCheck Verify(string? id, string? timestamp, string? signature, ReadOnlySpan<byte> body, WebhookSecret secret, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(id) || string.IsNullOrEmpty(timestamp) || string.IsNullOrEmpty(signature)) return SignatureCheck.HeaderMissing;
        if (!long.TryParse(timestamp, out var seconds)) return SignatureCheck.TimestampInvalid;
        // Compared as numbers: a timestamp far outside the calendar must be refused, not overflow.
        var tolerance = (long)Tolerance.TotalSeconds;
        if (seconds < now.ToUnixTimeSeconds() - tolerance) return SignatureCheck.TooOld;
        if (seconds > now.ToUnixTimeSeconds() + tolerance) return SignatureCheck.TooNew;

        var expected = Encoding.ASCII.GetBytes(Sign(id, seconds, body, [secret]));
        foreach (var candidate in signature.Split(' '))
            if (CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(candidate))) return SignatureCheck.Valid;
        return SignatureCheck.NoMatch;
    }

    private static byte[] Content(string id, long timestamp, ReadOnlySpan<byte> body) => [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
}

internal enum SignatureCheck { Valid, HeaderMissing, TimestampInvalid, TooOld, TooNew, NoMatch }
