using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Modupay.People;

/// <summary>
/// What an access token says of its bearer. The role is what he had when it was signed, for whoever reads the token; what he may do is asked anew
/// (<see cref="Sessions"/>), so that a demotion does not wait for the token to end.
/// </summary>
internal sealed record AccessToken(UserId User, SessionId Session, OrganizationId Organization, string Role, IReadOnlyList<string> Methods, string Id, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt)
{
    public const string Audience = "modupay-api";

    public static readonly TimeSpan Lasts = TimeSpan.FromHours(1);

    /// <summary>The first two parts of the token (RFC 7515 §7.1); the signature over these bytes is the third.</summary>
    public string SigningInput(string keyId, string issuer)
    {
        var header = Write(json =>
        {
            json.WriteString("alg"u8, "RS256"u8);
            json.WriteString("typ"u8, "JWT"u8);
            json.WriteString("kid"u8, keyId);
        });
        var payload = Write(json =>
        {
            json.WriteString("iss"u8, issuer);
            json.WriteString("aud"u8, Audience);
            json.WriteString("sub"u8, User.ToString());
            json.WriteString("sid"u8, Session.ToString());
            json.WriteString("org"u8, Organization.ToString());
            json.WriteString("role"u8, Role);
            json.WriteString("jti"u8, Id);
            json.WriteNumber("iat"u8, IssuedAt.ToUnixTimeSeconds());
            json.WriteNumber("nbf"u8, IssuedAt.ToUnixTimeSeconds());
            json.WriteNumber("exp"u8, ExpiresAt.ToUnixTimeSeconds());
            json.WriteStartArray("amr"u8);
            foreach (var method in Methods) json.WriteStringValue(method);
            json.WriteEndArray();
        });
        return $"{header}.{payload}";
    }

    public static string Join(string signingInput, ReadOnlySpan<byte> signature) => $"{signingInput}.{Base64Url.EncodeToString(signature)}";

    private static string Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return Base64Url.EncodeToString(buffer.WrittenSpan);
    }

    /// <summary>How somebody proved who he is, in the words of RFC 8176.</summary>
    public static class Method
    {
        public const string Password = "pwd";
        public const string OneTimeCode = "otp";
        public const string RecoveryCode = "kba";
        public const string Several = "mfa";
    }
}
