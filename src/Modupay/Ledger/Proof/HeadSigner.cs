using System.Security.Cryptography;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;

namespace Modupay.Ledger.Proof;

/// <summary>The public half of the key that signs heads, as SubjectPublicKeyInfo.</summary>
internal sealed record HeadKey(string Id, byte[] PublicKey)
{
    public const string Algorithm = "ECDSA_SHA_256";

    /// <summary>For a key that was kept as a file: whoever trusts it does not ask for its name.</summary>
    public const string AnyId = "";

    public string Pem => PemEncoding.WriteString("PUBLIC KEY", PublicKey);

    public static HeadKey FromPem(string id, string pem)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return new(id, key.ExportSubjectPublicKeyInfo());
    }

    public bool Signed(TenantId tenant, Head head)
    {
        if (Id != AnyId && head.KeyId != Id) return false;
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(PublicKey, out _);
        return key.VerifyData(Head.Message(tenant, head.Blocks, head.Root), head.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}

internal interface IHeadKey
{
    Task<HeadKey> PublicKeyAsync(CancellationToken ct);
}

/// <summary>Signs with a key that the database's superuser does not have.</summary>
internal interface IHeadSigner : IHeadKey
{
    /// <summary>ECDSA over SHA-256 of the message, in DER.</summary>
    Task<(string KeyId, byte[] Signature)> SignAsync(byte[] message, CancellationToken ct);
}

/// <summary>The key <c>ledger-head</c> of KMS. Only the function that makes heads is allowed to sign; the API may ask for the public half.</summary>
internal sealed class KmsHeadSigner(IAmazonKeyManagementService kms, string key) : IHeadSigner
{
    private HeadKey? _known;

    public async Task<(string KeyId, byte[] Signature)> SignAsync(byte[] message, CancellationToken ct)
    {
        using var stream = new MemoryStream(message);
        var signed = await kms.SignAsync(new SignRequest { KeyId = key, Message = stream, MessageType = MessageType.RAW, SigningAlgorithm = SigningAlgorithmSpec.ECDSA_SHA_256 }, ct);
        return (signed.KeyId, signed.Signature.ToArray());
    }

    /// <summary>Asked once per process: a key never changes, a new one has another id.</summary>
    public async Task<HeadKey> PublicKeyAsync(CancellationToken ct)
    {
        if (_known is { } known) return known;
        var answer = await kms.GetPublicKeyAsync(new GetPublicKeyRequest { KeyId = key }, ct);
        return _known = new(answer.KeyId, answer.PublicKey.ToArray());
    }
}
