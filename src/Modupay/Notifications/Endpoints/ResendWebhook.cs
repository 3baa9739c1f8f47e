using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Notifications.Delivery;
using Modupay.Tenancy;

namespace Modupay.Notifications.Endpoints;

/// <summary>POST /v1/webhook-deliveries/{id}/resend. Sends one event again now, with a fresh schedule of attempts; the receiver sees the same <c>webhook-id</c>.</summary>
internal static class ResendWebhook
{
    /// <summary>There is nothing to say beyond which delivery; the body is an empty object.</summary>
    internal sealed record Request;

    public static readonly Problem NotFound = new(Errors.NotFound, "There is no webhook delivery of that id.");

    public static readonly Problem Disabled = new(Errors.WebhookEndpointDisabled, "Enable the endpoint first: PATCH it with the state enabled.");

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/webhook-deliveries/{id}/resend", HandleAsync).Needs(Permission.WebhooksWrite)
        .Accepts<Request>("application/json").Answers<WebhookDelivery>(202, "Send a webhook again").Refuses(400, 404, 409);

    private static async Task<IResult> HandleAsync(string id, HttpRequest http, Body<Request> body, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<DeliveryId>(id, out var delivery)) return Reply.Refused(NotFound);
        var asked = IdempotencyKey.Optional(http).And(body.Content);
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, _) = asked.Value;
        return await database.OnceAsync(caller.Tenant, key, body.Fingerprint, 202, NotificationsJson.Default.WebhookDelivery, unit => ResendAsync(unit, delivery, ct), ct);
    }

    private static async Task<Result<WebhookDelivery>> ResendAsync(UnitOfWork unit, DeliveryId delivery, CancellationToken ct)
    {
        switch (await unit.FirstAsync(WebhookDeliverySql.EndpointOf, [delivery.Value], row => row.GetString(0), ct))
        {
            case null or "deleted": return NotFound;
            case "disabled": return Disabled;
        }
        var attempts = await unit.ScalarAsync<int>(WebhookDeliverySql.Resend, [delivery.Value, unit.Now], ct);
        unit.Send(new DeliveryMessage(unit.Tenant, delivery, attempts + 1).After(TimeSpan.Zero));
        return (await unit.FirstAsync(WebhookDeliverySql.Find, [delivery.Value], WebhookDelivery.Read, ct))!;
    }
}
