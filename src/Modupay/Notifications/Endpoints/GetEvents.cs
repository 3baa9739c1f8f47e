using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Notifications.Events;
using Modupay.Tenancy;

namespace Modupay.Notifications.Endpoints;

/// <summary>GET /v1/events and one of them: the same facts as the webhooks, for whoever prefers to ask.</summary>
internal static class GetEvents
{
    private static readonly string[] Orders = ["newest", "oldest"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/events", ListAsync).Needs(Permission.EventsRead).AnswersList<EventEnvelope>("List events, newest first, or follow them").Refuses(400, 422)
            .WithDescription("Newest first like every list, by `type` and `subject`. With `order=oldest` the list is a feed: it always has a `meta.nextCursor`, "
                + "and asking again with it answers what has happened since, each event once and each subject in the order of its sequence.")
            .Takes("type", "Only events of this type.", [.. EventTypes.All.Order(StringComparer.Ordinal)])
            .Takes("subject", "Only events about the object of this id, such as `po_…`.")
            .Takes("order", "`oldest` makes the list a feed; `newest` when absent.", Orders);
        routes.MapGet("/v1/events/{id}", GetAsync).Needs(Permission.EventsRead).Answers<EventEnvelope>(200, "Read one event").Refuses(404);
    }

    private static Task<IResult> ListAsync(HttpRequest http, Caller caller, Database database, CancellationToken ct, string? type = null, string? subject = null, string? order = null) => order switch
    {
        null or "" or "newest" => NewestAsync(http, caller, database, type, subject, ct),
        "oldest" => FeedAsync(http, caller, database, type, subject, ct),
        _ => Task.FromResult<IResult>(Reply.Refused(new(Errors.InvalidRequest, "The order is none.", [new("order", "unknown", "One of newest and oldest.")]))),
    };

    private static async Task<IResult> NewestAsync(HttpRequest http, Caller caller, Database database, string? type, string? subject, CancellationToken ct)
    {
        var page = PageRequest.From(http);
        if (page.Problem is { } problem) return Reply.Refused(problem);
        var rows = await database.ListAsync(caller.Tenant, EventSql.Newest, [page.Value.Before, type, subject, page.Value.Fetch],
            row => (Id: row.GetGuid(0), Event: EventEnvelope.Read(caller.Tenant, row)), ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id);
        return Reply.Ok([.. items.Select(item => item.Event)], NotificationsJson.Default.EventEnvelopeArray, next);
    }

    private static async Task<IResult> FeedAsync(HttpRequest http, Caller caller, Database database, string? type, string? subject, CancellationToken ct)
    {
        var (limit, cursor) = (PageRequest.LimitOf(http), FeedCursor.From(http));
        if ((limit.Problem ?? cursor.Problem) is { } problem) return Reply.Refused(problem);
        var rows = await database.ListAsync(caller.Tenant, EventSql.Feed, [cursor.Value.Horizon, cursor.Value.Position, type, subject, limit.Value],
            row => (Event: EventEnvelope.Read(caller.Tenant, row), Cursor: new FeedCursor(row.GetInt64(7), row.GetInt64(8))), ct);
        // The feed has no last page: whoever has read everything comes back to the same place.
        var next = rows.Count > 0 ? rows[^1].Cursor : cursor.Value;
        return Reply.Ok([.. rows.Select(row => row.Event)], NotificationsJson.Default.EventEnvelopeArray, next.ToString());
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        var found = Id.TryParse<EventId>(id, out var known)
            ? await database.FirstAsync(caller.Tenant, EventSql.Find, [known.Value], row => EventEnvelope.Read(caller.Tenant, row), ct)
            : null;
        return found is null ? Reply.Refused(new(Errors.NotFound, "There is no event of that id.")) : Reply.Ok(found, NotificationsJson.Default.EventEnvelope);
    }
}
