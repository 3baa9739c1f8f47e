using System.Runtime.CompilerServices;
using Modupay.Ledger.Proof;

namespace Modupay.Ledger;

/// <summary>What the ledger needs done once a minute, tenant by tenant: holds that expired are given back, new journals go into a block, and busy accounts are rolled up by day.</summary>
internal static class LedgerUpkeep
{
    private const int MostHolds = 500;
    /// <summary>So many postings are added up in a millisecond; only an account with more needs its days.</summary>
    private const long RollUpFrom = 1000;

    /// <summary>Asked as the relay role, which sees whose turn it is and nothing else.</summary>
    public static async IAsyncEnumerable<TenantId> TenantsWithWorkAsync(Database relay, [EnumeratorCancellation] CancellationToken ct)
    {
        var due = await relay.RelayAsync(async session => (await session.ListAsync(BlockSql.TenantsWithUnsealed, [], row => row.GetGuid(0), ct))
            .Union(await session.ListAsync(HoldSql.TenantsWithDue, [relay.Time.GetUtcNow()], row => row.GetGuid(0), ct)).ToList(), ct);
        foreach (var tenant in due) yield return new TenantId(tenant);
    }

    /// <summary>Two at once do no harm: a hold ends once, and blocks are made one after the other.</summary>
    public static async Task<UpkeepDone> RunAsync(Database database, TenantId tenant, CancellationToken ct)
    {
        var (expired, blocks) = (0, 0);
        for (int some; (some = (await database.TransactAsync<int>(tenant, async unit => await Holds.ExpireDueAsync(unit, MostHolds, ct), ct)).Value) > 0;) expired += some;
        while ((await database.TransactAsync<bool>(tenant, async unit => await Sealing.SealAsync(unit, ct) is not null, ct)).Value) blocks++;
        await database.TransactAsync<int>(tenant, async unit => await unit.ScalarAsync<int>(AccountSql.RollUp, [RollUpFrom], ct), ct);
        return new(expired, blocks);
    }
}

internal sealed record UpkeepDone(int HoldsExpired, int BlocksSealed);
