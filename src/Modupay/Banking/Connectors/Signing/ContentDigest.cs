using System.Security.Cryptography;

namespace Modupay.Banking.Connectors.Signing;

/// <summary><c>Content-Digest</c> (RFC 9530). We write SHA-256 and read SHA-512 too; other algorithms are ignored, as the RFC asks.</summary>
internal static class ContentDigest
{
    public static string Of(ReadOnlySpan<byte> body) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body))}:";

    /// <summary>At least one digest we know must be there, and every one we know must match.</summary>
    public static bool Matches(string? header, ReadOnlySpan<byte> body)
    {
        var known = 0;
        foreach (var digest in (header ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            string expected;
            if (digest.StartsWith("sha-256=", StringComparison.Ordinal)) expected = Of(body);
            else if (digest.StartsWith("sha-512=", StringComparison.Ordinal)) expected = $"sha-512=:{Convert.ToBase64String(SHA512.HashData(body))}:";
            else continue;
            if (digest != expected) return false;
            known++;
        }

        return known > 0;
    }
}
