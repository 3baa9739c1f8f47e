using System.Security.Cryptography;

namespace Modupay.Notifications.Delivery;

/// <summary>What an endpoint and we share to recognise each other: <c>whsec_</c> and the base64 of 24 to 64 random bytes (Standard Webhooks 1.0.0).</summary>
internal sealed record WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int Bytes = 32;

    private WebhookSecret(string text, byte[] key) => (Text, Key) = (text, key);

    public string Text { get; }

    public byte[] Key { get; }

    public static WebhookSecret Create() => Parse(Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes)));

    /// <exception cref="FormatException">The text is no secret; it may be given without its prefix.</exception>
    public static WebhookSecret Parse(string text)
    {
        var key = Convert.FromBase64String(text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text);
        return key.Length is >= 24 and <= 64 ? new(text, key) : throw new FormatException($"A webhook secret has 24 to 64 bytes, this one {key.Length}.");
    }

    /// <summary>A record would print its secret.</summary>
    public override string ToString() => Prefix + "…";
}
