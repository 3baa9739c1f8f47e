using Modupay.Banking.Accounts;
using Modupay.Ledger;

namespace Modupay.Banking.Statements;

/// <summary>Third state: the parsed statements become part of the books. The first statement of an account opens it with the bank's own balance.</summary>
internal sealed class StoreStatement(Database database)
{
    public async Task<StatementProgress> RunAsync(StatementProgress progress, CancellationToken ct)
    {
        var found = await database.FirstAsync(progress.TenantId, StatementSql.FindFile, [progress.FileId.Value], StatementFile.Read, ct) ?? throw new InvalidOperationException($"{progress.File} is gone.");
        var days = BankDialects.DaysOf(await BankDialects.FindAsync(database, progress.TenantId, found.BankProfile, ct));
        var stored = await database.TransactAsync<StatementFile>(progress.TenantId, async unit =>
        {
            var file = await unit.FirstAsync(StatementSql.LockFile, [progress.FileId.Value], StatementFile.Read, ct) ?? throw new InvalidOperationException($"{progress.File} is gone.");
            if (file.State is not "parsed") return file;

            await ExamineContinuity.RunAsync(unit, file, days, ct);
            await OpenAsync(unit, await unit.ListAsync(StatementSql.StatementsOf, [file.Id.Value], BankStatement.Read, ct), ct);
            await unit.ExecuteAsync(StatementSql.MoveFile, [file.Id.Value, "stored", unit.Now, "parsed"], ct);
            // A second reading is not a second arrival.
            if (!progress.Again) await StatementEvents.PublishAsync(unit, "statement.received.v1", file, ct);
            return file;
        }, ct);
        return progress with { Lines = stored.Value.Lines };
    }

    private static async Task OpenAsync(UnitOfWork unit, IReadOnlyList<BankStatement> statements, CancellationToken ct)
    {
        var openings = new List<Journal[]>();
        // A later statement's opening balance is what the earlier one closed with: each account is opened by its first, be it with nothing.
        foreach (var statement in statements.Where(statement => statement is { Standing: "complete" or "interim", Document: "statement", TreasuryAccount: not null, OpeningMinor: not null }).DistinctBy(statement => statement.TreasuryAccount))
        {
            if (statement.OpeningMinor is 0) continue;
            var account = await BankAccounts.FindAsync(unit, statement.TreasuryAccount!.Value, ct) ?? throw new InvalidOperationException($"{statement.TreasuryAccount} is gone.");
            // An account that began with nothing was opened by its first line; a later statement must not open it again with what came since.
            if (await LedgerDoor.BalanceAsync(unit, account.AtBank, ct) is { Version: > 0 }) continue;
            var balance = new Money(statement.OpeningMinor!.Value, account.Currency);
            openings.Add([new Journal($"opening:{account.Id}", statement.OpeningOn ?? DateOnly.FromDateTime(unit.Now.UtcDateTime),
                "Balance at the bank when its statements began", [new(account.AtBank, balance), new(account.Opening, -balance)])]);
        }
        if (openings.Count == 0) return;
        // In one call, so that nobody who posts to the same accounts waits for us in a circle. The source makes it happen once per account.
        var refused = (await LedgerDoor.PostChainsAsync(unit, openings, ct)).Select(opened => opened.Problem).FirstOrDefault(problem => problem is not null && problem.Error != Errors.JournalConflicting);
        if (refused is not null) throw new InvalidOperationException(refused.Detail);
    }
}
