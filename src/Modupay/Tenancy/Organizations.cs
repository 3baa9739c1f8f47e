using System.Runtime.CompilerServices;

namespace Modupay.Tenancy;

internal static class OrganizationSql
{
    internal const string NameOrganization = "select set_config('app.organization', $1, true)";

    internal const string InsertOrganization = "insert into tenancy.organizations (organization_id, name, created_at) values ($1, $2, $3) on conflict do nothing";

    internal const string InsertTenant = "insert into tenancy.tenants (tenant_id, organization_id, mode) values ($1, $2, $3) on conflict do nothing";

    internal const string OrganizationOf = "select organization_id from tenancy.tenants where tenant_id = $1";

    /// <summary>For the relay role, which may read this column and no other.</summary>
    internal const string EveryTenant = "select tenant_id from tenancy.tenants where tenant_id > $1 order by tenant_id limit $2";

    internal const string TenantsOf = "select tenant_id from tenancy.tenants where organization_id = $1";
}

/// <summary>An organization with one of its tenants and the first key of it.</summary>
internal sealed record NewOrganization(OrganizationId Id, TenantId Tenant, NewApiKey Key);

/// <summary>The door to organizations for the rest of the product.</summary>
internal static class Organizations
{
    public static async Task<NewOrganization> CreateAsync(Database database, string name, bool live, CancellationToken ct)
    {
        var time = database.Time;
        var made = new NewOrganization(Id.New<OrganizationId>(time), Id.New<TenantId>(time), NewApiKey.Create(live, time));
        var created = await database.TransactAsync<NewOrganization>(made.Tenant, async unit =>
        {
            await unit.ExecuteAllAsync(
            [
                (OrganizationSql.NameOrganization, [made.Id.Value.ToString()]),
                (OrganizationSql.InsertOrganization, [made.Id.Value, name, unit.Now]),
                (OrganizationSql.InsertTenant, [made.Tenant.Value, made.Id.Value, live ? "live" : "test"]),
                (ApiKeySql.Insert, [made.Key.Id.Value, made.Tenant.Value, "First key", made.Key.Hash, made.Key.Secret[^4..], unit.Now]),
            ], ct);
            return made;
        }, ct);
        return created.Value;
    }

    public static async Task<IReadOnlyList<TenantId>> TenantsOfAsync(Database database, OrganizationId organization, CancellationToken ct) =>
        await database.ListByAsync(LookUp.Organization, organization.Value.ToString(), OrganizationSql.TenantsOf, [organization.Value], row => new TenantId(row.GetGuid(0)), ct);

    /// <summary>Whom the platform works for, asked as the relay role.</summary>
    public static async IAsyncEnumerable<TenantId> EveryTenantAsync(Database relay, [EnumeratorCancellation] CancellationToken ct)
    {
        const int Page = 1000;
        for (var after = Guid.Empty; ;)
        {
            var page = await relay.RelayAsync(session => session.ListAsync(OrganizationSql.EveryTenant, [after, Page], row => row.GetGuid(0), ct), ct);
            foreach (var tenant in page) yield return new TenantId(tenant);
            if (page.Count < Page) yield break;
            after = page[^1];
        }
    }

    public static async Task<OrganizationId> OrganizationOfAsync(Database database, TenantId tenant, CancellationToken ct) =>
        (await database.ListAsync(tenant, OrganizationSql.OrganizationOf, [tenant.Value], row => new OrganizationId(row.GetGuid(0)), ct))[0];
}
