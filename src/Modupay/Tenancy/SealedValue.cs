using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Modupay.Tenancy;

/// <summary>
/// The layout of what is sealed: whose key, nonce, tag, ciphertext. AES-256-GCM; the tenant and the field's name are authenticated with it, so a
/// sealed value cannot be moved to another tenant or another column.
/// </summary>
internal static class SealedValue
{
    private const byte OfTenant = 1;
    private const byte OfSubject = 2;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int TenantHeader = 1 + sizeof(int);
    private const int SubjectHeader = 1 + 16;

    /// <summary>The first bytes of everything that is sealed with a version of the organization's key: how those that are not are found.</summary>
    public static byte[] Header(int version)
    {
        var header = new byte[TenantHeader];
        header[0] = OfTenant;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(1), version);
        return header;
    }

    public static byte[] Header(SubjectId subject)
    {
        var header = new byte[SubjectHeader];
        header[0] = OfSubject;
        subject.Value.TryWriteBytes(header.AsSpan(1), bigEndian: true, out _);
        return header;
    }

    /// <summary>Whose key opens it: a version of the organization's, or a person's.</summary>
    public static (int Version, SubjectId? Subject) KeyOf(string field, ReadOnlySpan<byte> value) => value switch
    {
        [OfTenant, ..] when value.Length >= TenantHeader + NonceLength + TagLength => (BinaryPrimitives.ReadInt32BigEndian(value[1..]), null),
        [OfSubject, ..] when value.Length >= SubjectHeader + NonceLength + TagLength => (0, new SubjectId(new Guid(value[1..SubjectHeader], bigEndian: true))),
        _ => throw new CryptographicException($"The sealed {field} has an unknown format."),
    };

    public static byte[] Seal(byte[] key, byte[] header, TenantId tenant, string field, ReadOnlySpan<byte> plaintext)
    {
        var value = new byte[header.Length + NonceLength + TagLength + plaintext.Length];
        header.CopyTo(value, 0);
        var (nonce, tag, text) = Parts(value, header.Length);
        RandomNumberGenerator.Fill(nonce);
        using var gcm = new AesGcm(key, TagLength);
        gcm.Encrypt(nonce, plaintext, text, tag, Bound(tenant, field));
        return value;
    }

    public static byte[] Open(byte[] key, TenantId tenant, string field, byte[] value)
    {
        var (nonce, tag, text) = Parts(value, value[0] == OfTenant ? TenantHeader : SubjectHeader);
        var plaintext = new byte[text.Length];
        using var gcm = new AesGcm(key, TagLength);
        gcm.Decrypt(nonce, text, tag, plaintext, Bound(tenant, field));
        return plaintext;
    }

    private static SealedParts Parts(Span<byte> value, int header) => new(value.Slice(header, NonceLength), value.Slice(header + NonceLength, TagLength), value[(header + NonceLength + TagLength)..]);

    private static byte[] Bound(TenantId tenant, string field) => Encoding.UTF8.GetBytes($"{tenant}/{field}");

    private readonly ref struct SealedParts(Span<byte> nonce, Span<byte> tag, Span<byte> text)
    {
        private readonly Span<byte> _nonce = nonce, _tag = tag, _text = text;

        public void Deconstruct(out Span<byte> nonce, out Span<byte> tag, out Span<byte> text)
        {
            nonce = _nonce;
            tag = _tag;
            text = _text;
        }
    }
}
