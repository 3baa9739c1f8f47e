using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Modupay.People;

/// <summary>A secret we make up and hand out once: 256 random bits behind a prefix that a scanner of leaked secrets knows. Only its hash is kept.</summary>
internal sealed record OpaqueToken(string Text)
{
    private const int Bytes = 32;
    private const int EncodedLength = 43;

    public const string Refresh = "mp_refresh_";
    public const string Invitation = "mp_invite_";
    public const string Reset = "mp_reset_";

    public static OpaqueToken Create(string prefix) => new(prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));

    /// <summary>SHA-256 is enough: there is nothing to guess in 256 random bits (decision 0006).</summary>
    public byte[] Hash => SHA256.HashData(Encoding.ASCII.GetBytes(Text));

    /// <summary>Null for what we cannot have made.</summary>
    public static OpaqueToken? Parse(string prefix, string? text) =>
        text is not null && text.Length == prefix.Length + EncodedLength && text.StartsWith(prefix, StringComparison.Ordinal) && Base64Url.IsValid(text.AsSpan(prefix.Length)) ? new(text) : null;
}

/// <summary>
/// One of ten codes for the day the telephone is lost. 80 bits, because they are written on paper; kept as a keyed hash, because 80 bits are fewer than 256.
/// </summary>
internal static class RecoveryCode
{
    public const int Count = 10;

    private const int Groups = 4;
    private const int GroupLength = 4;

    public static IReadOnlyList<string> CreateAll() => [.. Enumerable.Range(0, Count).Select(_ => Create())];

    /// <summary>People type them from paper: case, spaces and hyphens do not count.</summary>
    public static string? Normalise(string text)
    {
        var letters = string.Concat(text.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
        return letters.Length == Groups * GroupLength && text.Length <= 40 ? letters : null;
    }

    private static string Create()
    {
        var letters = Totp.Base32(RandomNumberGenerator.GetBytes(Groups * GroupLength * 5 / 8));
        return string.Join('-', letters.Chunk(GroupLength).Select(group => new string(group)));
    }
}
