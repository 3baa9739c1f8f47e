using Modupay.Banking.Accounts;
using Modupay.Formats;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements;

/// <summary>
/// Writes what the reader finds, a block at a time. The reader calls without waiting, so operations are gathered in file order and carried out
/// in <see cref="FlushAsync"/>; memory holds one block of lines, however long the file.
/// </summary>
internal sealed class StatementWriter(UnitOfWork unit, FieldCipher cipher, StatementFile file) : IStatementSink
{
    private const int MaxProblems = 1000;
    internal const string CounterpartyField = "statement_line.counterparty";

    private readonly List<Func<CancellationToken, Task>> _operations = [];
    private readonly List<(StatementId Statement, StatementLine Line)> _lines = [];
    private StatementId _current;
    private uint _ordinal;
    private int _problems;

    public int Statements { get; private set; }
    public int Lines { get; private set; }
    public string? FirstProblem { get; private set; }

    public void BeginStatement(StatementHeader header)
    {
        FlushLines();
        var id = _current = Id.New<StatementId>(unit.Time);
        _operations.Add(ct => InsertStatementAsync(id, header, ct));
    }

    public void Line(StatementLine line) => _lines.Add((_current, line));

    public void EndStatement(StatementEnd end)
    {
        FlushLines();
        var id = _current;
        if (end.Standing is Standing.Rejected)
        {
            _operations.Add(ct => unit.ExecuteAsync(StatementSql.DeleteStatement, [id.Value], ct));
            return;
        }
        Statements++;
        Lines += end.Lines;
        _operations.Add(ct => unit.ExecuteAsync(StatementSql.FinishStatement,
        [
            id.Value, end.Standing is Standing.Complete ? "complete" : "held", end.Header.Opening?.AmountMinor, end.Header.Opening?.Date, end.Closing?.AmountMinor, end.Closing?.Date,
            end.Balanced, end.Header.Reference, end.Header.Number,
        ], ct));
    }

    public void Problem(ParseProblem problem)
    {
        if (problem.Severity is Severity.Error) FirstProblem ??= problem.ToString();
        if (_problems >= MaxProblems) return;
        var number = ++_problems;
        _operations.Add(ct => unit.ExecuteAsync(StatementSql.InsertProblem,
            [file.Id.Value, unit.Tenant.Value, number, problem.Code, problem.Position.Line, problem.Position.Column, problem.Message], ct));
    }

    public async ValueTask FlushAsync(CancellationToken ct)
    {
        FlushLines();
        foreach (var operation in _operations) await operation(ct);
        _operations.Clear();
    }

    private void FlushLines()
    {
        if (_lines.Count == 0) return;
        var lines = _lines.ToArray();
        _lines.Clear();
        _operations.Add(ct => InsertLinesAsync(lines, ct));
    }

    private async Task InsertStatementAsync(StatementId id, StatementHeader header, CancellationToken ct)
    {
        var account = header.Iban is { } iban ? await BankAccounts.FindByIbanHashAsync(unit, await cipher.LookUpHashAsync(unit.Tenant, iban, ct), ct) : null;
        // A statement of another currency than the account's is not that account's statement.
        if (account is not null && header.Currency is { } currency && currency != account.Currency.Code) account = null;
        await unit.ExecuteAsync(StatementSql.InsertStatement,
        [
            id.Value, unit.Tenant.Value, file.Id.Value, header.Index, account?.Id.Value, BankAccounts.Mask(header.Iban ?? header.Account ?? ""), header.Currency ?? account?.Currency.Code ?? "XXX",
            header.Reference, header.Number, header.Opening?.AmountMinor, header.Opening?.Date,
        ], ct);
    }

    private async Task InsertLinesAsync((StatementId Statement, StatementLine Line)[] lines, CancellationToken ct)
    {
        var counterparties = new byte[]?[lines.Length];
        for (var i = 0; i < lines.Length; i++)
            if (lines[i].Line.Counterparty is { } party && party != Counterparty.Unknown)
                counterparties[i] = await cipher.SealAsync(unit.Tenant, CounterpartyField, $"{party.Name}\n{party.Account}\n{party.Bic}", ct);

        await unit.ExecuteAsync(StatementSql.InsertLines,
        [
            unit.Tenant.Value, file.Id.Value,
            lines.Select(_ => Id.InOrder<StatementLineId>(unit.Now, _ordinal++).Value).ToArray(),
            lines.Select(item => item.Statement.Value).ToArray(),
            lines.Select(item => item.Line.Entry).ToArray(),
            lines.Select(item => item.Line.Part).ToArray(),
            lines.Select(item => item.Line.Status.ToString().ToLowerInvariant()).ToArray(),
            lines.Select(item => item.Line.BookingDate).ToArray(),
            lines.Select(item => item.Line.ValueDate).ToArray(),
            lines.Select(item => item.Line.AmountMinor).ToArray(),
            lines.Select(item => item.Line.Currency is { Length: 3 } currency ? currency : "XXX").ToArray(),
            lines.Select(item => item.Line.EndToEndId).ToArray(),
            lines.Select(item => item.Line.BankReference).ToArray(),
            lines.Select(item => item.Line.ClientReference).ToArray(),
            lines.Select(item => item.Line.Remittance).ToArray(),
            counterparties,
            lines.Select(item => item.Line.Counterparty.Account is { } account ? BankAccounts.Mask(account) : null).ToArray(),
            lines.Select(item => item.Line.TransactionCode ?? item.Line.ProprietaryCode).ToArray(),
            lines.Select(item => item.Line.Reversal).ToArray(),
        ], ct);
    }
}
