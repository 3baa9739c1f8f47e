using Modupay.Tenancy;
using System.Buffers.Binary;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Notifications.Delivery;

namespace Modupay.Notifications.Endpoints;

/// <summary>POST /v1/webhook-endpoints/{id}/replay. Sends what happened in a window to an endpoint that missed it, oldest first, some hundred at a time.</summary>
internal static class ReplayWebhooks
{
    /// <summary>One commit and one answer must hold them.</summary>
    private const int MaxEvents = 500;
    internal static readonly string[] Includes = ["undelivered", "all"];

    private static readonly TimeSpan Reach = TimeSpan.FromDays(7);

    /// <summary>Which events to send again.</summary>
    /// <param name="From">The first instant of the window (UTC), at most seven days ago.</param>
    /// <param name="To">The instant before which the window ends (UTC); now, when absent.</param>
    /// <param name="Include"><c>undelivered</c>, which is meant when absent, or <c>all</c> to send again what was accepted too.</param>
    /// <param name="After"><c>continueAfter</c> of the answer before; from the beginning of the window when absent.</param>
    internal sealed record Request(DateTimeOffset From, DateTimeOffset? To = null, string? Include = null, string? After = null);

    /// <summary>What was put on its way.</summary>
    /// <param name="Replayed">How many events are being sent, oldest first; at most 500 for one request.</param>
    /// <param name="ContinueAfter">Present when the window may hold more: ask again with it as <c>after</c>.</param>
    internal sealed record Response(int Replayed, string? ContinueAfter = null);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/webhook-endpoints/{id}/replay", HandleAsync).Needs(Permission.WebhooksWrite)
        .Accepts<Request>("application/json").Answers<Response>(202, "Send the events of a window again").Refuses(400, 404, 409, 422);

    private static async Task<IResult> HandleAsync(string id, HttpRequest http, Body<Request> body, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<WebhookEndpointId>(id, out var endpoint)) return Reply.Refused(WebhookEndpointRules.NotFound(id));
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(request => Window.Parse(request, database.Time.GetUtcNow())));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, window) = asked.Value;
        return await database.OnceAsync(caller.Tenant, key, body.Fingerprint, 202, NotificationsJson.Default.ReplayWebhooksResponse,
            unit => ReplayAsync(unit, endpoint, window, ct), ct);
    }

    private static async Task<Result<Response>> ReplayAsync(UnitOfWork unit, WebhookEndpointId endpoint, Window window, CancellationToken ct)
    {
        switch (await unit.FirstAsync(WebhookDeliverySql.EndpointState, [endpoint.Value], row => row.GetString(0), ct))
        {
            case null: return WebhookEndpointRules.NotFound(endpoint.ToString());
            case "disabled": return ResendWebhook.Disabled;
        }
        var sent = await unit.ListAsync(WebhookDeliverySql.Replay,
            [endpoint.Value, window.From, window.To, window.After, window.All, MaxEvents, unit.Now, unit.Tenant.Value],
            row => (Delivery: new DeliveryId(row.GetGuid(0)), Attempts: row.GetInt32(1), Event: new EventId(row.GetGuid(2))), ct);
        foreach (var (delivery, attempts, _) in sent) unit.Send(new DeliveryMessage(unit.Tenant, delivery, attempts + 1).After(TimeSpan.Zero));
        return new Response(sent.Count, sent.Count == MaxEvents ? sent[^1].Event.ToString() : null);
    }

    /// <summary>Event ids begin with the millisecond of the event, so a window of time is a range of ids.</summary>
    private sealed record Window(Guid From, Guid To, Guid After, bool All)
    {
        public static Result<Window> Parse(Request request, DateTimeOffset now)
        {
            var to = request.To ?? now.AddMilliseconds(1);
            if (request.From < now - Reach || request.From >= to) return Invalid("from", "out_of_range", $"Before 'to', and at most {Reach.Days} days ago.");
            if (request.Include is not null && !Includes.Contains(request.Include)) return Invalid("include", "unknown", "One of undelivered and all.");
            var after = default(EventId);
            if (request.After is not null && !Id.TryParse(request.After, out after)) return Invalid("after", "unknown", "Send continueAfter of the answer before.");
            return new Window(FirstIdOf(request.From), FirstIdOf(to), after.Value, request.Include == "all");
        }

        private static Guid FirstIdOf(DateTimeOffset instant)
        {
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteInt64BigEndian(bytes, instant.ToUnixTimeMilliseconds() << 16);
            return new Guid(bytes, bigEndian: true);
        }

        private static Problem Invalid(string field, string code, string message) => new(Errors.InvalidRequest, message, [new(field, code, message)]);
    }
}
