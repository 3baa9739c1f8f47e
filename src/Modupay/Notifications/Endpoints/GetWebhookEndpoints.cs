using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Notifications.Endpoints;

/// <summary>GET /v1/webhook-endpoints and one of them.</summary>
internal static class GetWebhookEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/webhook-endpoints", ListAsync).Needs(Permission.EventsRead).AnswersList<WebhookEndpoint>("List webhook endpoints, newest first").Refuses(400, 422);
        routes.MapGet("/v1/webhook-endpoints/{id}", GetAsync).Needs(Permission.EventsRead).Answers<WebhookEndpoint>(200, "Read one webhook endpoint").Refuses(404);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var page = PageRequest.From(http);
        if (page.Problem is { } problem) return Reply.Refused(problem);
        var rows = await database.ListAsync(caller.Tenant, WebhookEndpointSql.Page, [page.Value.Before, page.Value.Fetch], row => (Id: row.GetGuid(0), Endpoint: WebhookEndpoint.Read(row)), ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id);
        return Reply.Ok([.. items.Select(item => item.Endpoint)], NotificationsJson.Default.WebhookEndpointArray, next);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<WebhookEndpointId>(id, out var endpoint)) return Reply.Refused(WebhookEndpointRules.NotFound(id));
        var found = await database.FirstAsync(caller.Tenant, WebhookEndpointSql.Find, [endpoint.Value], WebhookEndpoint.Read, ct);
        return found is null ? Reply.Refused(WebhookEndpointRules.NotFound(id)) : Reply.Ok(found, NotificationsJson.Default.WebhookEndpoint);
    }
}
