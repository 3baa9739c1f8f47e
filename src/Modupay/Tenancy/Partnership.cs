using System.Collections.Concurrent;
using Modupay.Http;

namespace Modupay.Tenancy;

internal static class PartnershipSql
{
    internal const string TenantOf = """
        select t.tenant_id from tenancy.organizations o join tenancy.tenants t using (organization_id)
        where o.organization_id = $1 and o.partner_id = $2 and t.mode = $3
        """;
}

/// <summary>
/// Lets a partner act for one organization of its own, named by a header. An organization that does not exist and one that is somebody else's
/// are refused alike.
/// </summary>
internal sealed class Partnership(Database database)
{
    internal const string Header = "Modupay-Organization";
    private const int MaxRemembered = 10_000;
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(OrganizationId Partner, OrganizationId Organization, bool Live), (TenantId Tenant, DateTimeOffset Until)> _cache = new();

    public async Task<Result<Caller>> ActForAsync(Caller caller, string header, CancellationToken ct)
    {
        if (header.Length == 0) return caller;
        if (!Id.TryParse<OrganizationId>(header, out var organization)) return NotYours();
        if (organization == caller.Organization) return caller;
        if (caller.Confined) return NotYours();

        var asked = (caller.Home, organization, caller.Live);
        var now = database.Time.GetUtcNow();
        if (!_cache.TryGetValue(asked, out var known) || known.Until <= now)
        {
            var tenants = await database.ListByAsync(LookUp.Organization, organization.Value.ToString(), PartnershipSql.TenantOf,
                [organization.Value, caller.Home.Value, caller.Live ? "live" : "test"], row => new TenantId(row.GetGuid(0)), ct);
            if (tenants is not [var tenant]) return NotYours();
            if (_cache.Count >= MaxRemembered) _cache.Clear();
            known = _cache[asked] = (tenant, now + Remembered);
        }
        return caller with { Tenant = known.Tenant, Organization = organization };
    }

    private static Problem NotYours() => new(Errors.OrganizationNotYours, $"{Header} must name an organization of the partner that calls.");
}
