using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Notifications.Delivery;
using Modupay.Tenancy;

namespace Modupay.Notifications.Endpoints;

/// <summary>PATCH and DELETE /v1/webhook-endpoints/{id}. A disabled endpoint hears nothing; what it missed can be replayed to it.</summary>
internal static class ChangeWebhookEndpoint
{
    /// <summary>What is absent stays as it is.</summary>
    /// <param name="Url">Where to POST: an https address on the public internet, at most 2000 characters.</param>
    /// <param name="EventTypes">Which events, or <c>*</c> for all of them; at least one.</param>
    /// <param name="Description">For people, at most 200 characters.</param>
    /// <param name="XSignature">Whether requests also carry the header <c>X-Signature</c>.</param>
    /// <param name="State"><c>enabled</c> also forgives the failures until now; <c>disabled</c> sends nothing more.</param>
    internal sealed record Request(string? Url = null, IReadOnlyList<string>? EventTypes = null, string? Description = null, bool? XSignature = null, string? State = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPatch("/v1/webhook-endpoints/{id}", ChangeAsync).Needs(Permission.WebhooksWrite).Accepts<Request>("application/json")
            .Answers<WebhookEndpoint>(200, "Change, enable or disable a webhook endpoint").Refuses(400, 404, 422);
        routes.MapDelete("/v1/webhook-endpoints/{id}", DeleteAsync).Needs(Permission.WebhooksWrite).Answers<WebhookEndpoint>(200, "Delete a webhook endpoint and its secrets").Refuses(404);
    }

    private static async Task<IResult> ChangeAsync(string id, Body<Request> body, Caller caller, Database database, EgressPolicy egress, CancellationToken ct)
    {
        if (!Id.TryParse<WebhookEndpointId>(id, out var endpoint)) return Reply.Refused(WebhookEndpointRules.NotFound(id));
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var request = body.Content.Value;
        if (WebhookEndpointRules.Check(egress, request.Url, request.EventTypes, request.Description) is { } refused) return Reply.Refused(refused);
        if (request.State is not null && !WebhookEndpoint.States.Contains(request.State))
            return Reply.Refused(new(Errors.InvalidRequest, "The state is none.", [new("state", "unknown", "One of enabled and disabled.")]));

        var changed = await database.TransactAsync<WebhookEndpoint>(caller.Tenant, async unit =>
        {
            var before = await unit.FirstAsync(WebhookEndpointSql.Find, [endpoint.Value], WebhookEndpoint.Read, ct);
            if (await unit.FirstAsync(WebhookEndpointSql.Change, [endpoint.Value, request.Url, request.Description, request.EventTypes?.ToArray(), request.XSignature, request.State, unit.Now],
                WebhookEndpoint.Read, ct) is not { } found) return WebhookEndpointRules.NotFound(id);
            AuditLog.Record(unit, caller.Actor, AuditActions.WebhookEndpointUpdated, id,
                new Change("host", WebhookEndpointRules.HostOf(before!.Url), WebhookEndpointRules.HostOf(found.Url)), new Change("state", before.State, found.State),
                new Change("eventTypes", string.Join(' ', before.EventTypes), string.Join(' ', found.EventTypes)));
            return found;
        }, ct);
        return Reply.Of(changed, NotificationsJson.Default.WebhookEndpoint);
    }

    private static async Task<IResult> DeleteAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<WebhookEndpointId>(id, out var endpoint)) return Reply.Refused(WebhookEndpointRules.NotFound(id));
        var deleted = await database.TransactAsync<WebhookEndpoint>(caller.Tenant, async unit =>
        {
            if (await unit.FirstAsync(WebhookEndpointSql.Delete, [endpoint.Value, unit.Now], WebhookEndpoint.Read, ct) is not { } found) return WebhookEndpointRules.NotFound(id);
            await unit.ExecuteAsync(WebhookEndpointSql.DeleteSecrets, [endpoint.Value], ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.WebhookEndpointDeleted, id);
            return found;
        }, ct);
        return Reply.Of(deleted, NotificationsJson.Default.WebhookEndpoint);
    }
}
