using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Modupay.Kernel;
using Modupay.People;

namespace Modupay.Tests.People;

/// <summary>A token of ours is read; anything that is not exactly one is refused.</summary>
public sealed class TokenReaderTests
{
    private const string Issuer = "https://api.example.com";
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RSA Key = RSA.Create(2048), Stranger = RSA.Create(2048);
    private static readonly string Kid = Jwk.Of(Key.ExportParameters(false)).Kid;
    private static readonly AccessToken Token = new(new(Guid.CreateVersion7(Now)), new(Guid.CreateVersion7(Now)), new(Guid.CreateVersion7(Now)), "admin", ["pwd", "otp", "mfa"], "id", Now, Now.AddHours(1));

    /// <summary>RFC 7515, appendix A.2: the key, the signing input and the signature.</summary>
    [Fact]
    public void The_rs256_vector_of_the_rfc_verifies()
    {
        const string modulus = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
        const string input = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        const string signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        var key = new RSAParameters { Modulus = Base64Url.DecodeFromChars(modulus), Exponent = Base64Url.DecodeFromChars("AQAB") };
        Assert.True(TokenReader.Verify(input, Base64Url.DecodeFromChars(signature), key));
        Assert.False(TokenReader.Verify(input + "x", Base64Url.DecodeFromChars(signature), key));
        // And it is no access token of ours, although its signature is good: its header names no key.
        Assert.NotNull(TokenReader.KeyIdOf($"{input}.{signature}").Problem);
    }

    /// <summary>RFC 7638, section 3.1.</summary>
    [Fact]
    public void The_thumbprint_vector_of_the_rfc_is_made()
    {
        const string modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        var key = new RSAParameters { Modulus = Base64Url.DecodeFromChars(modulus), Exponent = Base64Url.DecodeFromChars("AQAB") };
        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", Jwk.Of(key).Kid);
    }

    [Fact]
    public void What_was_signed_is_read_back()
    {
        var text = Signed();
        Assert.True(TokenReader.LooksLikeToken(text));
        Assert.Equal(Kid, TokenReader.KeyIdOf(text).Value);
        var read = Read(text).Value;
        Assert.Equal(Token with { Methods = read.Methods }, read);
        Assert.Equal(Token.Methods, read.Methods);
    }

    public static TheoryData<string, string> ForeignHeaders => new()
    {
        { "no algorithm", """{"alg":"none","typ":"JWT","kid":"$kid"}""" },
        { "no algorithm in another case", """{"alg":"nOnE","typ":"JWT","kid":"$kid"}""" },
        { "a symmetric algorithm", """{"alg":"HS256","typ":"JWT","kid":"$kid"}""" },
        { "another padding", """{"alg":"PS256","typ":"JWT","kid":"$kid"}""" },
        { "another curve", """{"alg":"ES256","typ":"JWT","kid":"$kid"}""" },
        { "another digest", """{"alg":"RS512","typ":"JWT","kid":"$kid"}""" },
        { "the algorithm in small letters", """{"alg":"rs256","typ":"JWT","kid":"$kid"}""" },
        { "no key", """{"alg":"RS256","typ":"JWT"}""" },
        { "a key that is a number", """{"alg":"RS256","typ":"JWT","kid":1}""" },
        { "another type", """{"alg":"RS256","typ":"dpop+jwt","kid":"$kid"}""" },
        { "a critical extension", """{"alg":"RS256","typ":"JWT","kid":"$kid","crit":["b64"],"b64":false}""" },
        { "a key of its own", """{"alg":"RS256","typ":"JWT","kid":"$kid","jwk":{"kty":"RSA"}}""" },
        { "an address of keys", """{"alg":"RS256","typ":"JWT","kid":"$kid","jku":"https://evil.example/jwks.json"}""" },
        { "a certificate", """{"alg":"RS256","typ":"JWT","kid":"$kid","x5c":["MII"]}""" },
        { "compression", """{"alg":"RS256","typ":"JWT","kid":"$kid","zip":"DEF"}""" },
        { "two algorithms", """{"alg":"none","alg":"RS256","typ":"JWT","kid":"$kid"}""" },
        { "two algorithms, one escaped", """{"\u0061lg":"none","alg":"RS256","typ":"JWT","kid":"$kid"}""" },
        { "a comment", """{"alg":"RS256",/**/"typ":"JWT","kid":"$kid"}""" },
        { "more than an object", """{"alg":"RS256","typ":"JWT","kid":"$kid"}{}""" },
        { "a list", """["RS256","JWT","$kid"]""" },
    };

    [Theory, MemberData(nameof(ForeignHeaders))]
    public void A_header_that_says_anything_else_is_refused_before_a_key_is_looked_for(string what, string header)
    {
        var text = Forge(header.Replace("$kid", Kid, StringComparison.Ordinal), Payload());
        Assert.True(TokenReader.KeyIdOf(text).Problem is not null, what);
    }

    /// <summary>The attack that made the algorithm a matter of the verifier: the public key used as the secret of an HMAC.</summary>
    [Fact]
    public void A_mac_made_with_the_public_key_is_no_signature()
    {
        var input = $"{Encode($$"""{"alg":"RS256","typ":"JWT","kid":"{{Kid}}"}""")}.{Encode(Payload())}";
        foreach (var secret in new[] { Key.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(Key.ExportSubjectPublicKeyInfoPem()), Key.ExportRSAPublicKey() })
            Assert.Equal("the signature is not ours", Read(AccessToken.Join(input, HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input)))).Problem!.Detail);
    }

    [Fact]
    public void A_signature_of_another_key_or_padding_or_curve_is_refused()
    {
        var input = Token.SigningInput(Kid, Issuer);
        var bytes = Encoding.ASCII.GetBytes(input);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[][] signatures =
        [
            Stranger.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), Key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            Key.SignData(bytes, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1), curve.SignData(bytes, HashAlgorithmName.SHA256), [0], new byte[256],
        ];
        Assert.All(signatures, signature => Assert.Equal("the signature is not ours", Read(AccessToken.Join(input, signature)).Problem!.Detail));
    }

    public static TheoryData<string, string> ForeignClaims => new()
    {
        { """{"iss":"https://evil.example","aud":"modupay-api",$rest}""", "another issuer" },
        { """{"iss":["$iss"],"aud":"modupay-api",$rest}""", "another issuer" },
        { """{"aud":"modupay-api",$rest}""", "another issuer" },
        { """{"iss":"$iss","aud":"another-api",$rest}""", "another audience" },
        { """{"iss":"$iss","aud":["modupay-api","another-api"],$rest}""", "another audience" },
        { """{"iss":"$iss","iss":"$iss","aud":"modupay-api",$rest}""", "not the JSON we write" },
        { """{"iss":"$iss","aud":"modupay-api","\u0073ub":"usr_00000000000000000000000000",$rest}""", "not the JSON we write" },
        { """{"iss":"$iss","aud":"modupay-api",$rest,}""", "not the JSON we write" },
        { """{"iss":"$iss","aud":"modupay-api"}""", "the times are missing" },
        { """{"iss":"$iss","aud":"modupay-api","iat":1,"nbf":1,"exp":"9999999999"}""", "the times are missing" },
        { """{"iss":"$iss","aud":"modupay-api","iat":1,"nbf":1,"exp":1e300}""", "the times are missing" },
        { """{"iss":"$iss","aud":"modupay-api","iat":1,"nbf":1,"exp":-1}""", "the times are missing" },
        { """{"iss":"$iss","aud":"modupay-api","iat":1,"nbf":1,"exp":99999999999}""", "lasts longer than ours do" },
        { """[1]""", "not a JSON object" },
        { """null""", "not a JSON object" },
    };

    /// <summary>Signed with our own key: what remains when everything else has failed.</summary>
    [Theory, MemberData(nameof(ForeignClaims))]
    public void Claims_that_are_not_ours_are_refused_though_the_signature_is_good(string payload, string reason)
    {
        var rest = Payload()[1..^1].Split("\"aud\":\"modupay-api\",")[1];
        var text = Forge(Header(), payload.Replace("$iss", Issuer, StringComparison.Ordinal).Replace("$rest", rest, StringComparison.Ordinal));
        Assert.Equal(reason, Read(text).Problem!.Detail);
    }

    [Theory]
    [InlineData(-6, "not yet valid")]
    [InlineData(-5, null)]
    [InlineData(0, null)]
    [InlineData(3604, null)]
    [InlineData(3605, "expired")]
    public void A_token_lives_for_its_hour_and_five_seconds_of_clocks_that_differ(int seconds, string? reason) => Assert.Equal(reason, Read(Signed(), Now.AddSeconds(seconds)).Problem?.Detail);

    [Fact]
    public void Every_changed_character_breaks_it()
    {
        var text = Signed();
        for (var i = 0; i < text.Length; i += 7)
        {
            var changed = text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..];
            Assert.True(TokenReader.KeyIdOf(changed) is { Problem: null } named && named.Value == Kid ? Read(changed).Problem is not null : true, $"changed at {i}");
        }
        for (var length = 0; length < text.Length; length += 11) Assert.True(TokenReader.KeyIdOf(text[..length]).Problem is not null || Read(text[..length]).Problem is not null);
    }

    [Fact]
    public void One_token_has_one_spelling()
    {
        var text = Signed();
        // 256 bytes of signature leave four bits of the last character without a meaning.
        var last = text[^1];
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        foreach (var other in alphabet.Where(other => other != last)) Assert.NotNull(Read(text[..^1] + other).Problem);
        Assert.All([text + "=", text + "==", text + "\n", text + " ", text.Replace('_', '/'), text + ".", "." + text, text + ".x"], spelling => Assert.True(spelling == text || TokenReader.KeyIdOf(spelling).Problem is not null || Read(spelling).Problem is not null));
    }

    [Fact]
    public void Huge_and_hostile_texts_are_refused_and_never_throw()
    {
        string[] texts = ["", ".", "..", "...", new string('A', 5000), new string('.', 5000), $"{Header()}.{new string('A', 100_000)}.A", "eyJ", "\0.\0.\0", "é.é.é", Encode(new string('[', 500)) + ".e30.AA", Encode("{\"alg\":\"\\ud800\",\"typ\":\"JWT\",\"kid\":\"x\"}") + ".e30.AA"];
        Assert.All(texts, text => Assert.NotNull(TokenReader.KeyIdOf(text).Problem));
        var deep = Forge(Header(), string.Concat(Enumerable.Repeat("{\"a\":", 400)) + "1" + new string('}', 400));
        Assert.Equal("not the JSON we write", Read(deep).Problem!.Detail);
    }

    private static Result<AccessToken> Read(string text, DateTimeOffset? now = null) => new TokenReader(Issuer).Read(text, Key.ExportParameters(false), now ?? Now);

    private static string Signed() => Sign(Token.SigningInput(Kid, Issuer));

    private static string Forge(string header, string payload) => Sign($"{Encode(header)}.{Encode(payload)}");

    private static string Sign(string input) => AccessToken.Join(input, Key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    private static string Header() => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(Signed().Split('.')[0]));

    private static string Payload() => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(Token.SigningInput(Kid, Issuer).Split('.')[1]));

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
