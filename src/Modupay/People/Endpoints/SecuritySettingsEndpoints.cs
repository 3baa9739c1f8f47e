using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People.Endpoints;

internal static class SecuritySettingsSql
{
    internal const string Find = "select totp_required from people.security_settings where organization_id = $1";

    internal const string Set = """
        insert into people.security_settings (organization_id, totp_required, updated_at) values ($1, $2, $3)
        on conflict (organization_id) do update set totp_required = excluded.totp_required, updated_at = excluded.updated_at
        """;
}

/// <summary>/v1/security-settings: what an organization asks of everybody who works for it.</summary>
internal static class SecuritySettingsEndpoints
{
    /// <summary>What an organization asks of its members.</summary>
    /// <param name="TotpRequired">Whoever logged in without a second factor may do nothing but enrol one.</param>
    internal sealed record SecuritySettings(bool TotpRequired);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/security-settings", GetAsync).Needs(Permission.MembersRead).Answers<SecuritySettings>(200, "What the organization asks of its members");
        routes.MapPut("/v1/security-settings", PutAsync).Needs(Permission.MembersWrite).OnlyPeople().Accepts<SecuritySettings>("application/json")
            .Answers<SecuritySettings>(200, "Ask every member for a second factor, or stop asking").Refuses(400);
    }

    private static async Task<IResult> GetAsync(Caller caller, Database database, CancellationToken ct)
    {
        var found = await database.ListAsync(caller.Tenant, SecuritySettingsSql.Find, [caller.Organization.Value], row => row.GetBoolean(0), ct);
        return Reply.Ok(new SecuritySettings(found is [true]), PeopleJson.Default.SecuritySettings);
    }

    private static async Task<IResult> PutAsync(Body<SecuritySettings> body, Caller caller, Database database, OrganizationTenants tenants, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var wanted = body.Content.Value;
        await database.TransactAsync<bool>(await tenants.LiveAsync(caller.Organization, ct), async unit =>
        {
            var before = await unit.ListAsync(SecuritySettingsSql.Find, [caller.Organization.Value], row => row.GetBoolean(0), ct);
            await unit.ExecuteAsync(SecuritySettingsSql.Set, [caller.Organization.Value, wanted.TotpRequired, unit.Now], ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.SecuritySettingsChanged, caller.Organization.ToString(), new Change("totpRequired", before is [true] ? "true" : "false", wanted.TotpRequired ? "true" : "false"));
            return true;
        }, ct);
        return Reply.Ok(wanted, PeopleJson.Default.SecuritySettings);
    }
}
