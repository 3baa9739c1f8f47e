using Modupay.Ledger.Proof;

namespace Modupay.Ledger;

/// <summary>What the ledger needs done once a minute, tenant by tenant: holds that expired are given back, and new journals go into a block.</summary>
internal static class LedgerUpkeep
{
    private const int MostHolds = 500;

    /// <summary>Asked as the relay role, which sees whose turn it is and nothing else.</summary>
    public static async Task<IReadOnlySet<TenantId>> TenantsWithWorkAsync(Database relay, CancellationToken ct) => await relay.RelayAsync(async session =>
    {
        var tenants = await session.ListAsync(BlockSql.TenantsWithUnsealed, [], row => new TenantId(row.GetGuid(0)), ct);
        tenants.AddRange(await session.ListAsync(HoldSql.TenantsWithDue, [relay.Time.GetUtcNow()], row => new TenantId(row.GetGuid(0)), ct));
        return tenants.ToHashSet();
    }, ct);

    /// <summary>Two at once do no harm: a hold ends once, and blocks are made one after the other.</summary>
    public static async Task<UpkeepDone> RunAsync(Database database, TenantId tenant, CancellationToken ct)
    {
        var expired = (await database.TransactAsync<int>(tenant, async unit => await Holds.ExpireDueAsync(unit, MostHolds, ct), ct)).Value;
        var blocks = 0;
        while ((await database.TransactAsync<bool>(tenant, async unit => await Sealing.SealAsync(unit, ct) is not null, ct)).Value) blocks++;
        return new(expired, blocks);
    }
}

internal sealed record UpkeepDone(int HoldsExpired, int BlocksSealed);
