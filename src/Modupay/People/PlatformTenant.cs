using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>
/// The tenant that identities belong to. A transaction of an organization speaks for it while it reads or writes a person, and then for its own
/// tenant again, so that a login and the entry of it in the organization's audit log are one commit.
/// </summary>
internal static class PlatformTenant
{
    public static readonly TenantId Id = PlatformOrganization.Live;

    public static async Task<T> AsPlatformAsync<T>(this UnitOfWork unit, Func<Task<T>> work, CancellationToken ct)
    {
        if (unit.Tenant == Id) return await work();
        await unit.ExecuteAsync(OrganizationSql.SpeakFor, [Id.Value.ToString()], ct);
        var result = await work();
        await unit.ExecuteAsync(OrganizationSql.SpeakFor, [unit.Tenant.Value.ToString()], ct);
        return result;
    }
}
