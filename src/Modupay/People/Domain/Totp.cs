using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Modupay.People;

/// <summary>One-time codes from a shared seed and the clock, RFC 6238 as every authenticator app speaks it: SHA-1, six digits, thirty seconds.</summary>
internal static class Totp
{
    public const int Digits = 6;
    public const int StepSeconds = 30;

    /// <summary>RFC 4226 §4: the seed is as long as the digest.</summary>
    private const int SeedBytes = 20;

    /// <summary>RFC 6238 §5.2: a step back for the time it takes to type, a step forward for a clock that runs ahead.</summary>
    private const int Window = 1;

    public static byte[] NewSeed() => RandomNumberGenerator.GetBytes(SeedBytes);

    /// <summary>The step whose code this is, or null. Only steps after <paramref name="lastStep"/> count: a code that was seen once is spent.</summary>
    public static long? Match(ReadOnlySpan<byte> seed, string code, DateTimeOffset now, long lastStep)
    {
        if (code.Length != Digits || !code.All(char.IsAsciiDigit)) return null;
        var current = StepAt(now);
        long? matched = null;
        // Every step of the window is compared, so that the time taken does not tell which one was near.
        for (var step = current - Window; step <= current + Window; step++)
        {
            var equal = CryptographicOperations.FixedTimeEquals(System.Text.Encoding.ASCII.GetBytes(Code(seed, step, Digits)), System.Text.Encoding.ASCII.GetBytes(code));
            if (equal && step > lastStep) matched = step;
        }
        return matched;
    }

    public static long StepAt(DateTimeOffset now) => now.ToUnixTimeSeconds() / StepSeconds;

    public static string Code(ReadOnlySpan<byte> seed, long step, int digits)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> digest = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6238's default, and the only one that authenticator apps agree on; HMAC does not need collision resistance.
        HMACSHA1.HashData(seed, counter, digest);
#pragma warning restore CA5350
        // RFC 4226 §5.3: four bytes at the place the last nibble names, without the sign bit.
        var binary = BinaryPrimitives.ReadInt32BigEndian(digest[(digest[^1] & 0x0f)..]) & 0x7fffffff;
        var modulus = (int)Math.Pow(10, digits);
        return (binary % modulus).ToString().PadLeft(digits, '0');
    }

    /// <summary>What a QR code for an authenticator app holds.</summary>
    public static string Uri(ReadOnlySpan<byte> seed, string account) =>
        $"otpauth://totp/{System.Uri.EscapeDataString($"Modupay:{account}")}?secret={Base32(seed)}&issuer=Modupay&algorithm=SHA1&digits={Digits}&period={StepSeconds}";

    /// <summary>RFC 4648 §6 without padding. Crockford's alphabet of our ids is another one.</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var text = new System.Text.StringBuilder((bytes.Length * 8 + 4) / 5);
        var (buffer, bits) = (0, 0);
        foreach (var value in bytes)
        {
            (buffer, bits) = (((buffer << 8) | value) & 0xfff, bits + 8);
            for (; bits >= 5; bits -= 5) text.Append(alphabet[(buffer >> (bits - 5)) & 31]);
        }
        if (bits > 0) text.Append(alphabet[(buffer << (5 - bits)) & 31]);
        return text.ToString();
    }
}
