using Modupay.Banking.Statements;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>
/// Fourth state: every booked line is taken in, and the rules explain what they can of it and of whatever is still open. Either way the ledger's bank
/// account afterwards equals the bank's closing balance.
/// </summary>
internal sealed class ReconcileStatement(Database database, FieldCipher cipher, TimeSpan? slice = null)
{
    /// <summary>For taking in, and again for the rules: a function has 300 seconds, and what is left of them is for the last page.</summary>
    private static readonly TimeSpan UsualSlice = TimeSpan.FromSeconds(100);

    /// <summary>One transaction's worth: large enough to be fast, small enough to fit a function's memory.</summary>
    private const int ChunkSize = 2_000;

    public async Task<StatementProgress> RunAsync(StatementProgress progress, CancellationToken ct)
    {
        if (progress.Rules is null)
        {
            var (_, last) = await TakeInAsync(progress.TenantId, progress.FileId, progress.TakenInTo ?? Guid.Empty, slice ?? UsualSlice, ct);
            if (last is not null) return progress with { Unfinished = true, TakenInTo = last };
        }
        var (_, left) = await new ReconcileLines(database).RunAsync(progress.TenantId, LineScope.Everything, progress.Rules ?? RulesPlace.Start, slice ?? UsualSlice, ct);
        if (left is not null) return progress with { Unfinished = true, TakenInTo = null, Rules = left };
        await database.ExecuteAsync(progress.TenantId, StatementSql.MoveFile, [progress.FileId.Value, "reconciled", database.Time.GetUtcNow(), "stored"], ct);
        var (matched, unmatched) = await StatementLines.CountAsync(database, progress.TenantId, progress.FileId, ct);
        return progress with { Unfinished = false, TakenInTo = null, Rules = null, Matched = matched, Unmatched = unmatched };
    }

    /// <returns>How many lines were not open before.</returns>
    public async Task<int> TakeInAsync(TenantId tenant, StatementFileId file, CancellationToken ct) => (await TakeInAsync(tenant, file, Guid.Empty, TimeSpan.MaxValue, ct)).Taken;

    /// <returns>How many lines were not open before; and if the time was used up before the file was, the line to go on after.</returns>
    private async Task<(int Taken, Guid? Last)> TakeInAsync(TenantId tenant, StatementFileId file, Guid after, TimeSpan time, CancellationToken ct)
    {
        var started = database.Time.GetTimestamp();
        var keyring = new CounterpartyKeyring(cipher, tenant);
        for (var total = 0; ;)
        {
            var (lines, taken, last) = (await database.TransactAsync<(int, int, Guid)>(tenant, async unit =>
            {
                var lines = await StatementLines.UnmatchedOfFileAsync(unit, file, after, ChunkSize, ct);
                return (lines.Count, await TakeInLines.RunAsync(unit, cipher, keyring, lines, ct), lines.Count == 0 ? after : lines[^1].Id.Value);
            }, ct)).Value;
            total += taken;
            if (lines < ChunkSize) return (total, null);
            after = last;
            if (database.Time.GetElapsedTime(started) >= time) return (total, last);
        }
    }
}
