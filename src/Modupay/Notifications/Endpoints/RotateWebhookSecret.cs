using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Notifications.Endpoints;

internal static class RotateWebhookSecretSql
{
    /// <summary>Also locks the endpoint, so that two rotations follow one another.</summary>
    internal const string Lock = "select webhook_endpoint_id from notify.webhook_endpoints where webhook_endpoint_id = $1 and state <> 'deleted' for update";

    /// <summary>At most two secrets sign: what was being replaced already ends now.</summary>
    internal const string DeleteReplaced = "delete from notify.webhook_secrets where webhook_endpoint_id = $1 and expires_at is not null";

    internal const string Expire = "update notify.webhook_secrets set expires_at = $2 where webhook_endpoint_id = $1";
}

/// <summary>POST /v1/webhook-endpoints/{id}/rotate-secret. For a while both secrets sign, so the receiver can change over without losing a message.</summary>
internal static class RotateWebhookSecret
{
    private const int DefaultOverlapSeconds = 24 * 3600;
    private const int MaxOverlapSeconds = 7 * 24 * 3600;

    /// <summary>How a secret is replaced.</summary>
    /// <param name="OverlapSeconds">How many seconds the old secret goes on signing: 0 to 604800, a day (86400) when absent. Use 0 for a secret that leaked.</param>
    internal sealed record Request(int? OverlapSeconds = null);

    /// <summary>The new secret.</summary>
    /// <param name="Secret">Keep it; it is not shown again.</param>
    /// <param name="PreviousExpiresAt">Until when the old secret signs as well (UTC).</param>
    internal sealed record Response(string WebhookEndpoint, string? Secret, DateTimeOffset PreviousExpiresAt);

    internal sealed record Stored(string WebhookEndpoint, Guid SecretId, DateTimeOffset PreviousExpiresAt);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/webhook-endpoints/{id}/rotate-secret", HandleAsync).Needs(Permission.WebhooksWrite)
        .Accepts<Request>("application/json").Answers<Response>(201, "Replace the secret of a webhook endpoint").Refuses(400, 404, 409, 422);

    private static async Task<IResult> HandleAsync(string id, HttpRequest http, Body<Request> body, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        if (!Id.TryParse<WebhookEndpointId>(id, out var endpoint)) return Reply.Refused(WebhookEndpointRules.NotFound(id));
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(OverlapOf));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, overlap) = asked.Value;

        var secret = await SealedSecret.CreateAsync(cipher, caller.Tenant, database.Time, ct);
        var stored = await database.OnceStoredAsync(caller.Tenant, key, body.Fingerprint, 201, NotificationsJson.Default.RotateWebhookSecretStored,
            unit => RotateAsync(unit, caller.Actor, endpoint, secret, overlap, ct), ct);
        return await SealedSecret.AnswerAsync(stored, NotificationsJson.Default.RotateWebhookSecretStored, answer => answer.SecretId,
            (answer, shown) => Reply.Bytes(new Response(answer.WebhookEndpoint, shown, answer.PreviousExpiresAt), NotificationsJson.Default.RotateWebhookSecretResponse),
            database, cipher, caller.Tenant, ct);
    }

    private static Result<TimeSpan> OverlapOf(Request request) => (request.OverlapSeconds ?? DefaultOverlapSeconds) is >= 0 and <= MaxOverlapSeconds and var seconds
        ? TimeSpan.FromSeconds(seconds)
        : Problem.Invalid("overlapSeconds", "out_of_range", $"From 0 to {MaxOverlapSeconds}.");

    private static async Task<Result<Stored>> RotateAsync(UnitOfWork unit, Actor actor, WebhookEndpointId endpoint, SealedSecret secret, TimeSpan overlap, CancellationToken ct)
    {
        if ((await unit.ListAsync(RotateWebhookSecretSql.Lock, [endpoint.Value], row => row.GetGuid(0), ct)).Count == 0) return WebhookEndpointRules.NotFound(endpoint.ToString());
        var expires = unit.Now + overlap;
        await unit.ExecuteAllAsync(
        [
            (RotateWebhookSecretSql.DeleteReplaced, [endpoint.Value]),
            (RotateWebhookSecretSql.Expire, [endpoint.Value, expires]),
            (WebhookEndpointSql.InsertSecret, [secret.Id, unit.Tenant.Value, endpoint.Value, secret.Value, unit.Now]),
        ], ct);
        AuditLog.Record(unit, actor, AuditActions.WebhookSecretRotated, endpoint.ToString(), Change.Set("previousExpiresAt", expires.ToString("u")));
        return new Stored(endpoint.ToString(), secret.Id, expires);
    }
}
