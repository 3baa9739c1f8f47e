namespace Modupay.Http;

internal static class PurgeIdempotencySql
{
    internal const string DeleteOld = """
        delete from platform.idempotency_keys where tenant_id = $1 and key in (
            select key from platform.idempotency_keys where tenant_id = $1 and created_at < $2 order by created_at limit $3)
        """;
}

/// <summary>The job <c>idempotency-purge</c>: a key is kept for a day, so that a client may repeat itself that long, and is then forgotten.</summary>
internal static class PurgeIdempotencyKeys
{
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);
    /// <summary>So many at once that no lock is held for long.</summary>
    private const int AtOnce = 1000;

    /// <returns>How many keys were forgotten.</returns>
    public static async Task<int> RunAsync(Database database, TenantId tenant, CancellationToken ct)
    {
        var oldest = database.Time.GetUtcNow() - Kept;
        for (var total = 0; ;)
        {
            var deleted = await database.ExecuteAsync(tenant, PurgeIdempotencySql.DeleteOld, [tenant.Value, oldest, AtOnce], ct);
            total += deleted;
            if (deleted < AtOnce) return total;
        }
    }
}
