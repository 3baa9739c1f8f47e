using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Modupay.Local.Cloud;

/// <summary>
/// One key of the local KMS: real cryptography, and like its model it never hands its material out. A ciphertext is
/// <c>length | key ARN | nonce (12) | tag (16) | AES-256-GCM</c> with the encryption context as associated data.
/// </summary>
internal sealed record KmsKey(string Id, string Arn, string Spec, byte[] Material, DateTimeOffset CreatedAt, string Description = "", DateTimeOffset? DeletionAt = null)
{
    public const string Symmetric = "SYMMETRIC_DEFAULT";

    private const int NonceLength = 12;
    private const int TagLength = 16;

    private static readonly FrozenDictionary<string, HashAlgorithmName> Digests = new Dictionary<string, HashAlgorithmName>(StringComparer.Ordinal)
    {
        ["SHA_256"] = HashAlgorithmName.SHA256,
        ["SHA_384"] = HashAlgorithmName.SHA384,
        ["SHA_512"] = HashAlgorithmName.SHA512,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public string Usage => UsageOf(Spec);

    public static string UsageOf(string spec) => spec switch
    {
        Symmetric => "ENCRYPT_DECRYPT",
        "HMAC_256" or "HMAC_384" or "HMAC_512" => "GENERATE_VERIFY_MAC",
        _ => "SIGN_VERIFY",
    };

    /// <summary>The algorithms of its usage.</summary>
    public IReadOnlyList<string> Algorithms => Spec switch
    {
        Symmetric => [Symmetric],
        "HMAC_256" or "HMAC_384" or "HMAC_512" => [$"HMAC_SHA_{Spec[5..]}"],
        "ECC_NIST_P256" => ["ECDSA_SHA_256"],
        "ECC_NIST_P384" => ["ECDSA_SHA_384"],
        _ => [.. Digests.Keys.Order(StringComparer.Ordinal).SelectMany(digest => new[] { $"RSASSA_PKCS1_V1_5_{digest}", $"RSASSA_PSS_{digest}" })],
    };

    public static byte[]? NewMaterial(string spec)
    {
        switch (spec)
        {
            case Symmetric:
                return RandomNumberGenerator.GetBytes(32);
            case "HMAC_256" or "HMAC_384" or "HMAC_512":
                return RandomNumberGenerator.GetBytes(int.Parse(spec[5..]) / 8);
            case "RSA_2048" or "RSA_3072" or "RSA_4096":
                using (var rsa = RSA.Create(int.Parse(spec[4..]))) return rsa.ExportPkcs8PrivateKey();
            case "ECC_NIST_P256" or "ECC_NIST_P384":
                using (var ec = ECDsa.Create(spec == "ECC_NIST_P256" ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384)) return ec.ExportPkcs8PrivateKey();
            default:
                return null;
        }
    }

    public byte[] Seal(ReadOnlySpan<byte> plaintext, IReadOnlyDictionary<string, string> context)
    {
        var name = Encoding.ASCII.GetBytes(Arn);
        var blob = new byte[2 + name.Length + NonceLength + TagLength + plaintext.Length];
        BinaryPrimitives.WriteUInt16BigEndian(blob, (ushort)name.Length);
        name.CopyTo(blob, 2);
        var body = blob.AsSpan(2 + name.Length);
        RandomNumberGenerator.Fill(body[..NonceLength]);
        using var gcm = new AesGcm(Material, TagLength);
        gcm.Encrypt(body[..NonceLength], plaintext, body[(NonceLength + TagLength)..], body.Slice(NonceLength, TagLength), Associated(context));
        return blob;
    }

    /// <summary>Which key a ciphertext was made with; null when it is not one of ours.</summary>
    public static string? ArnOf(ReadOnlySpan<byte> blob)
    {
        if (blob.Length < 2) return null;
        var length = BinaryPrimitives.ReadUInt16BigEndian(blob);
        return blob.Length >= 2 + length + NonceLength + TagLength ? Encoding.ASCII.GetString(blob.Slice(2, length)) : null;
    }

    /// <summary>Null when the ciphertext was altered or the context is another one.</summary>
    public byte[]? Open(ReadOnlySpan<byte> blob, IReadOnlyDictionary<string, string> context)
    {
        var body = blob[(2 + BinaryPrimitives.ReadUInt16BigEndian(blob))..];
        var plaintext = new byte[body.Length - NonceLength - TagLength];
        using var gcm = new AesGcm(Material, TagLength);
        try
        {
            gcm.Decrypt(body[..NonceLength], body[(NonceLength + TagLength)..], body.Slice(NonceLength, TagLength), plaintext, Associated(context));
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    public byte[] Mac(byte[] message) => CryptographicOperations.HmacData(new HashAlgorithmName($"SHA{Spec[5..]}"), Material, message);

    public byte[] Sign(byte[] digest, string algorithm) => WithPair(
        rsa => rsa.SignHash(digest, DigestOf(algorithm), PaddingOf(algorithm)),
        ec => ec.SignHash(digest, DSASignatureFormat.Rfc3279DerSequence));

    public bool Verify(byte[] digest, byte[] signature, string algorithm) => WithPair(
        rsa => rsa.VerifyHash(digest, signature, DigestOf(algorithm), PaddingOf(algorithm)),
        ec => ec.VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence));

    public byte[] PublicKey() => WithPair(rsa => rsa.ExportSubjectPublicKeyInfo(), ec => ec.ExportSubjectPublicKeyInfo());

    public static HashAlgorithmName DigestOf(string algorithm) => Digests[algorithm[algorithm.IndexOf("SHA_", StringComparison.Ordinal)..]];

    private static RSASignaturePadding PaddingOf(string algorithm) =>
        algorithm.StartsWith("RSASSA_PSS", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

    private T WithPair<T>(Func<RSA, T> withRsa, Func<ECDsa, T> withEc)
    {
        if (Spec.StartsWith("RSA", StringComparison.Ordinal))
        {
            using var rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(Material, out _);
            return withRsa(rsa);
        }

        using var ec = ECDsa.Create();
        ec.ImportPkcs8PrivateKey(Material, out _);
        return withEc(ec);
    }

    // Lengths before the text, so that no two contexts look alike.
    private static byte[] Associated(IReadOnlyDictionary<string, string> context) => Encoding.UTF8.GetBytes(string.Concat(
        context.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key.Length}:{pair.Key}{pair.Value.Length}:{pair.Value}")));
}
