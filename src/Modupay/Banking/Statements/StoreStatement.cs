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
            foreach (var statement in await unit.ListAsync(StatementSql.StatementsOf, [file.Id.Value], BankStatement.Read, ct)) await OpenAsync(unit, statement, ct);
            await unit.ExecuteAsync(StatementSql.MoveFile, [file.Id.Value, "stored", unit.Now], ct);
            // A second reading is not a second arrival.
            if (!progress.Again) await StatementEvents.PublishAsync(unit, "statement.received.v1", file, ct);
            return file;
        }, ct);
        return progress with { Lines = stored.Value.Lines };
    }

    private static async Task OpenAsync(UnitOfWork unit, BankStatement statement, CancellationToken ct)
    {
        if (statement is not { Standing: "complete" or "interim", Document: "statement", TreasuryAccount: { } id, OpeningMinor: { } opening } || opening == 0) return;
        var account = await BankAccounts.FindAsync(unit, id, ct) ?? throw new InvalidOperationException($"{id} is gone.");
        // An account that began with nothing was opened by its first line; a later statement must not open it again with what came since.
        if (await LedgerDoor.BalanceAsync(unit, account.AtBank, ct) is { Version: > 0 }) return;
        var balance = new Money(opening, account.Currency);
        // The source makes this happen once per account: a later statement's opening balance is what the earlier one closed with.
        var opened = await LedgerDoor.PostAsync(unit, new Journal($"opening:{account.Id}", statement.OpeningOn ?? DateOnly.FromDateTime(unit.Now.UtcDateTime),
            "Balance at the bank when its statements began", [new(account.AtBank, balance), new(account.Opening, -balance)]), ct);
        if (opened.Problem is { } refused && refused.Error != Errors.JournalConflicting) throw new InvalidOperationException(refused.Detail);
    }
}
