using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Modupay.Tenancy;

/// <summary>
/// Seals what must not be readable in a table or a backup: IBANs, names, webhook secrets. AES-256-GCM; the tenant and the field's name are
/// authenticated with it, so a sealed value cannot be moved to another tenant or another column.
/// </summary>
internal sealed class FieldCipher(DataKeys keys)
{
    private const byte Format = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeaderLength = 1 + sizeof(int);

    /// <summary>Layout: format, key version, nonce, tag, ciphertext.</summary>
    public async Task<byte[]> SealAsync(TenantId tenant, string field, ReadOnlyMemory<byte> plaintext, CancellationToken ct)
    {
        var key = await keys.NewestAsync(tenant, "seal", ct);
        var value = new byte[HeaderLength + NonceLength + TagLength + plaintext.Length];
        value[0] = Format;
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(1), key.Version);
        var nonce = value.AsSpan(HeaderLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var gcm = new AesGcm(key.Key, TagLength);
        gcm.Encrypt(nonce, plaintext.Span, value.AsSpan(HeaderLength + NonceLength + TagLength), value.AsSpan(HeaderLength + NonceLength, TagLength), Bound(tenant, field));
        return value;
    }

    public Task<byte[]> SealAsync(TenantId tenant, string field, string plaintext, CancellationToken ct) => SealAsync(tenant, field, Encoding.UTF8.GetBytes(plaintext), ct);

    public async Task<byte[]> OpenAsync(TenantId tenant, string field, byte[] value, CancellationToken ct)
    {
        if (value.Length < HeaderLength + NonceLength + TagLength || value[0] != Format) throw new CryptographicException($"The sealed {field} has an unknown format.");
        var key = await keys.ByVersionAsync(tenant, "seal", BinaryPrimitives.ReadInt32BigEndian(value.AsSpan(1)), ct);
        var plaintext = new byte[value.Length - HeaderLength - NonceLength - TagLength];
        using var gcm = new AesGcm(key.Key, TagLength);
        gcm.Decrypt(value.AsSpan(HeaderLength, NonceLength), value.AsSpan(HeaderLength + NonceLength + TagLength), value.AsSpan(HeaderLength + NonceLength, TagLength), plaintext, Bound(tenant, field));
        return plaintext;
    }

    public async Task<string> OpenTextAsync(TenantId tenant, string field, byte[] value, CancellationToken ct) => Encoding.UTF8.GetString(await OpenAsync(tenant, field, value, ct));

    /// <summary>A keyed hash to find an IBAN by, without being able to try all of them from a stolen table.</summary>
    public async Task<byte[]> LookUpHashAsync(TenantId tenant, string value, CancellationToken ct) =>
        HMACSHA256.HashData((await keys.NewestAsync(tenant, "look_up", ct)).Key, Encoding.UTF8.GetBytes(value));

    private static byte[] Bound(TenantId tenant, string field) => Encoding.UTF8.GetBytes($"{tenant}/{field}");
}
