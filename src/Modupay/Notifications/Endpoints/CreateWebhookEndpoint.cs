using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Notifications.Delivery;
using Modupay.Tenancy;

namespace Modupay.Notifications.Endpoints;

/// <summary>POST /v1/webhook-endpoints. Its secret is in this answer, and nowhere else again.</summary>
internal static class CreateWebhookEndpoint
{
    /// <summary>An address that wants to hear of events.</summary>
    /// <param name="Url">Where to POST: an https address on the public internet, at most 2000 characters.</param>
    /// <param name="EventTypes">Which events; all of them (<c>*</c>) when absent.</param>
    /// <param name="Description">For people, at most 200 characters.</param>
    /// <param name="XSignature">Whether requests also carry the header <c>X-Signature</c>, for receivers that cannot check Standard Webhooks; absent means <c>false</c>.</param>
    internal sealed record Request(string Url, IReadOnlyList<string>? EventTypes = null, string? Description = null, bool XSignature = false);

    /// <summary>The endpoint, with its secret.</summary>
    /// <param name="Endpoint">The endpoint that was made.</param>
    /// <param name="Secret">Verifies the signatures. Keep it; it is not shown again.</param>
    internal sealed record Response(WebhookEndpoint Endpoint, string? Secret);

    /// <summary>What is kept for a repeated request: all of the answer but the secret.</summary>
    internal sealed record Stored(WebhookEndpoint Endpoint, Guid SecretId);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/webhook-endpoints", HandleAsync).Needs(Permission.WebhooksWrite)
        .Accepts<Request>("application/json").Answers<Response>(201, "Register an address that hears of events").Refuses(400, 409, 422);

    private static async Task<IResult> HandleAsync(HttpRequest http, Body<Request> body, Caller caller, Database database, FieldCipher cipher, EgressPolicy egress, CancellationToken ct)
    {
        var asked = IdempotencyKey.Optional(http).And(body.Content);
        if (asked.Problem is { } unreadable) return Reply.Refused(unreadable);
        var (key, request) = asked.Value;
        if (WebhookEndpointRules.Check(egress, request.Url, request.EventTypes, request.Description) is { } refused) return Reply.Refused(refused);

        var secret = await SealedSecret.CreateAsync(cipher, caller.Tenant, database.Time, ct);
        var stored = await database.OnceStoredAsync(caller.Tenant, key, body.Fingerprint, 201, NotificationsJson.Default.CreateWebhookEndpointStored,
            unit => InsertAsync(unit, caller.Actor, request, secret, ct), ct);
        return await SealedSecret.AnswerAsync(stored, NotificationsJson.Default.CreateWebhookEndpointStored, answer => answer.SecretId,
            (answer, shown) => Reply.Bytes(new Response(answer.Endpoint, shown), NotificationsJson.Default.CreateWebhookEndpointResponse),
            database, cipher, caller.Tenant, ct);
    }

    private static async Task<Result<Stored>> InsertAsync(UnitOfWork unit, Actor actor, Request request, SealedSecret secret, CancellationToken ct)
    {
        await unit.ExecuteAsync(WebhookEndpointSql.LockCount, [unit.Tenant.Value.ToString()], ct);
        if (await unit.ScalarAsync<long>(WebhookEndpointSql.Count, [], ct) >= WebhookEndpointRules.MaxEndpoints)
            return new Problem(Errors.WebhookEndpointLimit, $"Delete one of the {WebhookEndpointRules.MaxEndpoints} first.");

        var id = Id.New<WebhookEndpointId>(unit.Time).Value;
        string[] types = [.. request.EventTypes ?? [EventTypes.Any]];
        var endpoint = await unit.FirstAsync(WebhookEndpointSql.Insert,
            [id, unit.Tenant.Value, request.Url, request.Description, types, request.XSignature, unit.Now], WebhookEndpoint.Read, ct);
        await unit.ExecuteAsync(WebhookEndpointSql.InsertSecret, [secret.Id, unit.Tenant.Value, id, secret.Value, unit.Now], ct);
        AuditLog.Record(unit, actor, AuditActions.WebhookEndpointCreated, endpoint!.Id, Change.Set("host", WebhookEndpointRules.HostOf(request.Url)), Change.Set("eventTypes", string.Join(' ', types)));
        return new Stored(endpoint, secret.Id);
    }
}
