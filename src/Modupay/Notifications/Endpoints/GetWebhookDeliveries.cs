using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Notifications.Endpoints;

/// <summary>GET /v1/webhook-deliveries and one of them with its log: what was sent where, and what came back.</summary>
internal static class GetWebhookDeliveries
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/webhook-deliveries", ListAsync).Needs(Permission.EventsRead).AnswersList<WebhookDelivery>("List webhook deliveries, newest first").Refuses(400, 422)
            .Takes("webhookEndpoint", "Only deliveries to this endpoint (`we_…`).")
            .Takes("event", "Only deliveries of this event (`evt_…`).")
            .Takes("state", "Only deliveries in this state.", WebhookDelivery.States);
        routes.MapGet("/v1/webhook-deliveries/{id}", GetAsync).Needs(Permission.EventsRead).Answers<WebhookDelivery>(200, "Read one webhook delivery with every attempt").Refuses(404);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, Caller caller, Database database, CancellationToken ct, string? webhookEndpoint = null, string? @event = null, string? state = null)
    {
        var page = PageRequest.From(http);
        if (page.Problem is { } problem) return Reply.Refused(problem);
        if (!TryFilter<WebhookEndpointId>(webhookEndpoint, out var byEndpoint)) return NoSuch("webhookEndpoint");
        if (!TryFilter<EventId>(@event, out var byEvent)) return NoSuch("event");
        if (state is not null && !WebhookDelivery.States.Contains(state)) return NoSuch("state");

        var rows = await database.ListAsync(caller.Tenant, WebhookDeliverySql.Page, [page.Value.Before, byEndpoint, byEvent, state, page.Value.Fetch],
            row => (Id: row.GetGuid(0), Delivery: WebhookDelivery.Read(row)), ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id);
        return Reply.Ok([.. items.Select(item => item.Delivery)], NotificationsJson.Default.WebhookDeliveryArray, next);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<DeliveryId>(id, out var delivery)) return Reply.Refused(ResendWebhook.NotFound);
        var found = await database.ReadAsync(caller.Tenant, async session =>
        {
            var known = await session.FirstAsync(WebhookDeliverySql.Find, [delivery.Value], WebhookDelivery.Read, ct);
            return known is null ? null : known with { Log = await session.ListAsync(WebhookDeliverySql.Log, [delivery.Value], row => WebhookAttempt.Read(row), ct) };
        }, ct);
        return found is null ? Reply.Refused(ResendWebhook.NotFound) : Reply.Ok(found, NotificationsJson.Default.WebhookDelivery);
    }

    private static bool TryFilter<T>(string? text, out Guid? filter) where T : struct, IId<T>
    {
        filter = null;
        if (string.IsNullOrEmpty(text)) return true;
        if (!Id.TryParse<T>(text, out var id)) return false;
        filter = id.Value;
        return true;
    }

    private static Reply NoSuch(string field) => Reply.Refused(new(Errors.InvalidRequest, $"The {field} cannot be filtered by.", [new(field, "unknown", $"No such {field}.")]));
}
