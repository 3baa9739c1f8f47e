using System.Runtime.CompilerServices;

namespace Modupay.Tenancy;

/// <summary>The organization that operates the platform. The first migration makes it, because somebody has to be there first.</summary>
internal static class PlatformOrganization
{
    public static readonly OrganizationId Id = new(new Guid("00000000-0000-7000-8000-000000000001"));
    public static readonly TenantId Live = new(new Guid("00000000-0000-7000-8000-000000000002"));
    public static readonly TenantId Test = new(new Guid("00000000-0000-7000-8000-000000000003"));
}

internal enum OrganizationKind { Organization, Partner, Platform }

internal static class Kind
{
    public static string Name(OrganizationKind kind) => kind switch
    {
        OrganizationKind.Organization => "organization",
        OrganizationKind.Partner => "partner",
        _ => "platform",
    };
}

/// <summary>An organization with both of its tenants.</summary>
internal sealed record NewOrganization(OrganizationId Id, TenantId Live, TenantId Test)
{
    public static NewOrganization Create(TimeProvider time) => new(Kernel.Id.New<OrganizationId>(time), Kernel.Id.New<TenantId>(time), Kernel.Id.New<TenantId>(time));

    public TenantId Tenant(bool live) => live ? Live : Test;
}

/// <summary>The door to organizations for the rest of the product.</summary>
internal static class Organizations
{
    /// <summary>Makes an organization with its two tenants, inside the transaction of whoever makes it.</summary>
    public static Task InsertAsync(UnitOfWork unit, NewOrganization made, OrganizationKind kind, OrganizationId? partner, string name, CancellationToken ct) => unit.ExecuteAllAsync(
    [
        (OrganizationSql.NameOrganization, [made.Id.Value.ToString()]),
        (OrganizationSql.Insert, [made.Id.Value, Kind.Name(kind), (object?)partner?.Value, name, unit.Now]),
        // A tenant may only be written by itself, so the transaction speaks for each of them in turn and then for its own again.
        (OrganizationSql.SpeakFor, [made.Live.Value.ToString()]),
        (OrganizationSql.InsertTenant, [made.Live.Value, made.Id.Value, "live"]),
        (OrganizationSql.SpeakFor, [made.Test.Value.ToString()]),
        (OrganizationSql.InsertTenant, [made.Test.Value, made.Id.Value, "test"]),
        (OrganizationSql.SpeakFor, [unit.Tenant.Value.ToString()]),
    ], ct);

    /// <summary>An organization that can be used at once, for the demonstration, benches and tests.</summary>
    public static async Task<OrganizationWithKey> CreateAsync(Database database, string name, bool live, CancellationToken ct,
        OrganizationKind kind = OrganizationKind.Organization, OrganizationId? partner = null, Permissions? permissions = null)
    {
        var made = NewOrganization.Create(database.Time);
        var key = NewApiKey.Create(live, database.Time);
        await database.TransactAsync<bool>(made.Tenant(live), async unit =>
        {
            await InsertAsync(unit, made, kind, partner, name, ct);
            await unit.ExecuteAsync(ApiKeySql.Insert, [key.Id.Value, unit.Tenant.Value, "First key", key.Hash, key.Secret[^4..],
                (permissions ?? Roles.ForKeys).Names.ToArray(), Array.Empty<string>(), unit.Now, "system:first_key", null], ct);
            return true;
        }, ct);
        return new(made.Id, made.Tenant(live), key);
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

/// <summary>An organization that has a first key in one of its modes.</summary>
internal sealed record OrganizationWithKey(OrganizationId Id, TenantId Tenant, NewApiKey Key);

/// <summary>The door to departments for modules whose things belong to one.</summary>
internal static class Departments
{
    public static async Task<bool> AreActiveAsync(Session session, IReadOnlyCollection<DepartmentId> departments, CancellationToken ct) =>
        await session.ScalarAsync<long>(DepartmentSql.Active, [departments.Select(department => department.Value).ToArray()], ct) == departments.Count;
}
