using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Privacy;

/// <summary>/v1/encryption-keys: the versions of the organization's keys, and a new one. The keys themselves never leave.</summary>
internal static class EncryptionKeyEndpoints
{
    /// <summary>A version of one of the organization's keys; the key itself never leaves.</summary>
    /// <param name="Purpose">What it is for: sealing fields, or making the hashes by which they are found.</param>
    /// <param name="Version">Counted from 1.</param>
    /// <param name="DestroyedAt">When it was destroyed (UTC): once nothing was sealed with this version any more.</param>
    internal sealed record KeyView(string Purpose, int Version, DateTimeOffset CreatedAt, DateTimeOffset? DestroyedAt)
    {
        public static KeyView Of(KeyVersion key) => new(key.Purpose, key.Version, key.CreatedAt, key.DestroyedAt);
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/encryption-keys", ListAsync).Needs(Permission.EncryptionManage).AnswersWholeList<KeyView>("List the versions of the organization's encryption keys");
        routes.MapPost("/v1/encryption-keys/rotate", RotateAsync).Needs(Permission.EncryptionManage)
            .Answers<KeyView>(StatusCodes.Status201Created, "Make a new version of the key that seals; what was sealed before is sealed again within a day").Refuses(400, 409, 422);
    }

    private static async Task<IResult> ListAsync(Caller caller, Database database, CancellationToken ct)
    {
        var keys = await database.ReadAsync(caller.Tenant, session => KeyRotation.AllAsync(session, ct), ct);
        return Reply.Ok([.. keys.Select(KeyView.Of)], PrivacyJson.Default.IReadOnlyListKeyView);
    }

    private static async Task<IResult> RotateAsync(HttpRequest http, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        var key = IdempotencyKey.Optional(http);
        if (key.Problem is { } badKey) return Reply.Refused(badKey);
        var rotation = new KeyRotation(database, cipher, SealedFields.All);
        return await database.OnceAsync<KeyView>(caller.Tenant, key.Value, Fingerprint.Of(http, []), StatusCodes.Status201Created, PrivacyJson.Default.KeyView, async unit =>
        {
            var made = await rotation.RotateAsync(unit, caller.Actor, ct);
            if (made.Problem is { } refused) return refused;
            return KeyView.Of(made.Value);
        }, ct);
    }
}
