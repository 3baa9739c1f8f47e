using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;

namespace Modupay.Tenancy.Endpoints;

/// <summary>PUT and GET /v1/organizations/{id}/logo: a small picture, kept here so that pages and receipts fetch nothing from elsewhere.</summary>
internal static class OrganizationLogo
{
    private const int MaxBytes = 128 * 1024;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/organizations/{id}/logo", SetAsync).Needs(Permission.OrganizationsWrite).Accepts<byte[]>("application/octet-stream")
            .Answers<OrganizationView>(200, "Set the logo: a PNG or JPEG of at most 128 KiB").Refuses(404, 413, 422);
        routes.MapGet("/v1/organizations/{id}/logo", GetAsync).Needs(Permission.OrganizationsRead).WithSummary("Read the logo").Produces(200, contentType: "image/png").Refuses(401, 404);
    }

    private static async Task<IResult> SetAsync(string id, HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<OrganizationId>(id, out var organization)) return Reply.Refused(OrganizationEndpoints.Unknown());
        if (OrganizationEndpoints.InTest(caller) is { } onlyLive) return Reply.Refused(onlyLive);
        if (await RequestBytes.ReadAsync(http, MaxBytes, ct) is not { } picture) return Reply.Refused(new(Errors.BodyTooLarge, $"At most {MaxBytes} bytes."));
        // What it is decides its first bytes, not its sender. SVG is left out: it is a program that would run on our pages.
        var mediaType = picture switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            _ => null,
        };
        if (mediaType is null) return Reply.Refused(new(Errors.InvalidRequest, "The file is neither PNG nor JPEG."));

        var changed = await database.TransactAsync<OrganizationView>(caller.Tenant, async unit =>
        {
            if (await unit.ExecuteAsync(OrganizationSql.SetLogo, [organization.Value, picture, mediaType, unit.Now], ct) == 0) return OrganizationEndpoints.Unknown();
            AuditLog.Record(unit, caller.Actor, AuditActions.OrganizationUpdated, id, Change.Set("logo", mediaType));
            return (await unit.FirstAsync(OrganizationSql.Find, [organization.Value], OrganizationView.Read, ct))!;
        }, ct);
        return Reply.Of(changed, TenancyJson.Default.OrganizationView);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        var logo = Id.TryParse<OrganizationId>(id, out var organization)
            ? (await database.ListAsync(caller.Tenant, OrganizationSql.Logo, [organization.Value], row => (Bytes: row.GetFieldValue<byte[]>(0), Type: row.GetString(1)), ct)).FirstOrDefault()
            : default;
        return logo.Bytes is null ? Reply.Refused(new(Errors.NotFound, "There is no such logo.")) : Results.Bytes(logo.Bytes, logo.Type);
    }
}
