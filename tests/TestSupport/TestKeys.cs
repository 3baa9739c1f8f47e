using Modupay.Data;
using Modupay.Kernel;
using Modupay.Tenancy;

namespace Modupay.TestSupport;

internal static class TestKeys
{
    /// <summary>A key as the platform would write it, with just these permissions.</summary>
    public static async Task<string> InsertAsync(Database database, TenantId tenant, bool live, Permissions permissions, params string[] ranges)
    {
        var key = NewApiKey.Create(live, database.Time);
        // A key always has a scope; one that no longer means anything gives nothing.
        var scopes = permissions == Permissions.None ? ["nothing"] : permissions.Names.ToArray();
        await database.ExecuteAsync(tenant, ApiKeySql.Insert, [key.Id.Value, tenant.Value, "test", key.Hash, key.Secret[^4..], scopes, ranges, database.Time.GetUtcNow(), "system:test", null], default);
        return key.Secret;
    }
}
