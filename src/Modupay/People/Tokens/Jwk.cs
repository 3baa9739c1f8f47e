using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Modupay.People;

/// <summary>A public key as others read it (RFC 7517). The id is the key's own thumbprint (RFC 7638), so it cannot name another key by mistake.</summary>
/// <param name="Kty">Always <c>RSA</c>.</param>
/// <param name="Use">Always <c>sig</c>: it checks signatures.</param>
/// <param name="Alg">Always <c>RS256</c>.</param>
/// <param name="Kid">The id in the head of the tokens it signed.</param>
/// <param name="N">The modulus, base64url.</param>
/// <param name="E">The exponent, base64url.</param>
internal sealed record Jwk(string Kty, string Use, string Alg, string Kid, string N, string E)
{
    public static Jwk Of(RSAParameters key)
    {
        var (modulus, exponent) = (Base64Url.EncodeToString(key.Modulus), Base64Url.EncodeToString(key.Exponent));
        return new("RSA", "sig", "RS256", Thumbprint(modulus, exponent), modulus, exponent);
    }

    /// <summary>RFC 7638 §3: the required members, in this order, without any space.</summary>
    private static string Thumbprint(string modulus, string exponent) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"e":"{{exponent}}","kty":"RSA","n":"{{modulus}}"}""")));
}

/// <summary>The answer of <c>/.well-known/jwks.json</c>, which stands outside the envelope because others than our own clients read it.</summary>
/// <param name="Keys">The keys that sign, are about to, or did until lately.</param>
internal sealed record JwkSet(IReadOnlyList<Jwk> Keys);
