using System.Collections.Concurrent;
using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>Which tenant an organization is in which mode. It never changes, so it is asked once.</summary>
internal sealed class OrganizationTenants(Database database)
{
    private readonly ConcurrentDictionary<(OrganizationId Organization, bool Live), TenantId> _known = new();

    /// <summary>Where what belongs to the whole organization is written, and where its audit log is.</summary>
    public Task<TenantId> LiveAsync(OrganizationId organization, CancellationToken ct) => OfAsync(organization, live: true, ct);

    public async Task<TenantId> OfAsync(OrganizationId organization, bool live, CancellationToken ct) =>
        _known.TryGetValue((organization, live), out var tenant) ? tenant : _known[(organization, live)] = await Organizations.TenantOfAsync(database, organization, live, ct);
}
