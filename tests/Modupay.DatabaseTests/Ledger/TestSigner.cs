using System.Security.Cryptography;
using Modupay.Ledger.Proof;

namespace Modupay.DatabaseTests.Ledger;

/// <summary>A key that is not in the database, as KMS's is not.</summary>
internal sealed class TestSigner : IHeadSigner
{
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static HeadKey PublicKey { get; } = new("test", Key.ExportSubjectPublicKeyInfo());

    public Task<HeadKey> PublicKeyAsync(CancellationToken ct) => Task.FromResult(PublicKey);

    public Task<(string KeyId, byte[] Signature)> SignAsync(byte[] message, CancellationToken ct) =>
        Task.FromResult((PublicKey.Id, Key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
}
