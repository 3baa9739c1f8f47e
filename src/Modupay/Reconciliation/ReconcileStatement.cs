using Modupay.Banking.Accounts;
using Modupay.Banking.Statements;
using Modupay.Ledger;

namespace Modupay.Reconciliation;

/// <summary>
/// Fourth state: every booked line is either the proof of something we sent, or unexplained money that the ledger shows as such. Either way the
/// ledger's bank account afterwards equals the bank's closing balance.
/// </summary>
internal sealed class ReconcileStatement(Database database)
{
    /// <summary>One transaction's worth: large enough to be fast, small enough that nobody waits long for a payout's row.</summary>
    private const int ChunkSize = 200;

    public async Task<StatementProgress> RunAsync(StatementProgress progress, CancellationToken ct)
    {
        var (matched, unmatched) = (0, 0);
        for (var after = Guid.Empty; ;)
        {
            var chunk = await database.TransactAsync<Chunk>(progress.TenantId, async unit =>
            {
                var lines = await unit.ListAsync(StatementSql.OpenLines, [progress.FileId.Value, after, ChunkSize], BankStatementLine.Read, ct);
                var settled = await MatchStatementLine.MatchAsync(unit, lines, ct);
                await PostUnexplainedAsync(unit, [.. lines.Where(line => !settled.Contains(line.Id))], ct);
                return new Chunk(lines.Count, settled.Count, lines.Count == 0 ? after : lines[^1].Id.Value);
            }, ct);
            matched += chunk.Value.Matched;
            unmatched += chunk.Value.Lines - chunk.Value.Matched;
            after = chunk.Value.Last;
            if (chunk.Value.Lines < ChunkSize) break;
        }
        await database.ExecuteAsync(progress.TenantId, StatementSql.MoveFile, [progress.FileId.Value, "reconciled", database.Time.GetUtcNow()], ct);
        return progress with { Matched = matched, Unmatched = unmatched };
    }

    /// <summary>The bank has booked it, so it is in the bank's balance: it waits in suspense until somebody says what it was.</summary>
    private static async Task PostUnexplainedAsync(UnitOfWork unit, IReadOnlyList<BankStatementLine> lines, CancellationToken ct)
    {
        var journals = new List<Journal>();
        foreach (var group in lines.Where(line => line.Amount.Minor != 0).GroupBy(line => line.TreasuryAccount!.Value))
        {
            var account = await BankAccounts.FindAsync(unit, group.Key, ct) ?? throw new InvalidOperationException($"{group.Key} is gone.");
            journals.AddRange(group.Select(line => new Journal($"line:{line.Id}", line.BookedOn ?? line.ValueOn ?? DateOnly.FromDateTime(unit.Now.UtcDateTime),
                "Booked by the bank, not yet explained", [new(account.AtBank, line.Amount), new(account.Suspense, -line.Amount)])));
        }
        if (journals.Count == 0) return;
        if ((await LedgerDoor.PostAllAsync(unit, journals, ct)).Problem is { } refused) throw new InvalidOperationException(refused.Detail);
    }

    private sealed record Chunk(int Lines, int Matched, Guid Last);
}
