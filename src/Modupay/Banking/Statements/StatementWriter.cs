using Modupay.Banking.Accounts;
using Modupay.Formats;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements;

/// <summary>
/// Writes what the reader finds, a chunk of lines in a transaction of its own together with the place it has reached. A run that dies or runs out of
/// time is gone on with by the next: it reads the file from its start, which costs seconds, and stores from that place on. Memory holds one chunk.
/// </summary>
internal sealed class StatementWriter(Database database, TenantId tenant, FieldCipher cipher, StatementFile file, IReadOnlyDictionary<int, StatementId> known, SliceLimits limits) : IStatementSink
{
    private const int MaxProblems = 1000;
    internal const string CounterpartyField = "statement_line.counterparty";

    private readonly List<Func<UnitOfWork, CancellationToken, Task>> _operations = [];
    private readonly List<(StatementId Statement, StatementLine Line)> _lines = [];
    private readonly List<ParseProblem> _problems = [];
    private readonly StatementDigest _digest = new();
    private readonly Dictionary<string, (byte[] Key, TreasuryAccount? Account)> _accounts = new(StringComparer.Ordinal);
    private readonly long _startedAt = database.Time.GetTimestamp();
    private StatementId _current;
    private long _seen;
    private long _stored = file.LinesStored;

    public int Statements { get; private set; }
    public int Lines { get; private set; }
    public IReadOnlyList<ParseProblem> Problems => _problems;

    /// <summary>The slice of work is used up: everything before the checkpoint is committed and the rest is for the next one.</summary>
    public bool OutOfTime { get; private set; }

    private bool AtCheckpoint => _seen >= file.LinesStored;

    public void BeginStatement(StatementHeader header)
    {
        FlushLines();
        _digest.Begin();
        // What began before the checkpoint is there already, or was rejected and is gone.
        if (known.TryGetValue(header.Index, out _current) || !AtCheckpoint) return;
        var id = _current = Id.New<StatementId>(database.Time);
        _operations.Add((unit, ct) => InsertStatementAsync(unit, id, header, ct));
    }

    public void Line(StatementLine line)
    {
        _digest.Add(line);
        if (++_seen > file.LinesStored) _lines.Add((_current, line));
    }

    public void EndStatement(StatementEnd end)
    {
        FlushLines();
        var id = _current;
        var content = _digest.End(end);
        var (first, last) = (_digest.FirstBookedOn, _digest.LastBookedOn);
        if (end.Standing is not Standing.Rejected)
        {
            Statements++;
            Lines += end.Lines;
        }
        // Committed together with a line that came after it.
        if (!AtCheckpoint) return;
        if (end.Standing is Standing.Rejected)
        {
            _operations.Add((unit, ct) => unit.ExecuteAsync(StatementSql.DeleteStatement, [id.Value], ct));
            return;
        }
        _operations.Add((unit, ct) => unit.ExecuteAsync(StatementSql.FinishStatement,
        [
            id.Value, end.Standing is Standing.Complete ? "complete" : "held", end.Header.Opening?.AmountMinor, end.Header.Opening?.Date, end.Closing?.AmountMinor, end.Closing?.Date,
            end.Balanced, end.Header.Reference, end.Header.Number, end.Header.Sequence, end.Header.Page, end.Entries, content, first, last, Document(end),
        ], ct));
    }

    /// <summary>What an intraday report or a notification says, the statement of the day says again, so only one of them may book (decision 0056).</summary>
    private static string Document(StatementEnd end) => end.Header.Format switch
    {
        var format when format.StartsWith("camt.052", StringComparison.Ordinal) => "report",
        var format when format.StartsWith("camt.054", StringComparison.Ordinal) || format.StartsWith("mt942", StringComparison.Ordinal) => "notification",
        _ => "statement",
    };

    public void Problem(ParseProblem problem)
    {
        if (_problems.Count < MaxProblems) _problems.Add(problem);
    }

    public async ValueTask FlushAsync(CancellationToken ct)
    {
        if (_seen - _stored < limits.ChunkLines) return;
        await CommitAsync(ct);
        OutOfTime = database.Time.GetElapsedTime(_startedAt) > limits.Time;
        if (OutOfTime) throw new SliceEndedException();
    }

    /// <summary>Also what is left at the end of the file.</summary>
    public async Task CommitAsync(CancellationToken ct)
    {
        FlushLines();
        if (_operations.Count == 0) return;
        await database.TransactAsync<int>(tenant, async unit =>
        {
            var reached = Math.Max(_seen, _stored);
            if (await unit.ExecuteAsync(StatementSql.MoveCheckpoint, [file.Id.Value, file.Reading, _stored, reached, unit.Now], ct) == 0)
                throw new InvalidOperationException($"{file.Id} is being read by another run.");
            foreach (var operation in _operations) await operation(unit, ct);
            return 0;
        }, ct);
        _operations.Clear();
        _stored = Math.Max(_seen, _stored);
    }

    private void FlushLines()
    {
        if (_lines.Count == 0) return;
        var lines = _lines.ToArray();
        _lines.Clear();
        var first = _seen - lines.Length;
        _operations.Add((unit, ct) => InsertLinesAsync(unit, lines, first, ct));
    }

    private async Task InsertStatementAsync(UnitOfWork unit, StatementId id, StatementHeader header, CancellationToken ct)
    {
        var (key, account) = await AccountAsync(unit, header, ct);
        await unit.ExecuteAsync(StatementSql.InsertStatement,
        [
            id.Value, unit.Tenant.Value, file.Id.Value, file.Reading, header.Index, account?.Id.Value, BankAccounts.Mask(header.Iban ?? header.Account ?? ""), key,
            header.Currency ?? account?.Currency.Code ?? "XXX", header.Reference, header.Number, header.Opening?.AmountMinor, header.Opening?.Date,
        ], ct);
    }

    /// <summary>A file of ten thousand statements is mostly about a handful of accounts.</summary>
    private async Task<(byte[] Key, TreasuryAccount? Account)> AccountAsync(UnitOfWork unit, StatementHeader header, CancellationToken ct)
    {
        var name = $"{header.Iban ?? header.Account ?? $"{file.BankProfile}"} {header.Currency}";
        if (_accounts.TryGetValue(name, out var seen)) return seen;
        var found = await FindAsync(unit, header, ct);
        if (_accounts.Count < 1000) _accounts.Add(name, found);
        return found;
    }

    private async Task<(byte[] Key, TreasuryAccount? Account)> FindAsync(UnitOfWork unit, StatementHeader header, CancellationToken ct)
    {
        foreach (var iban in (string?[])[header.Iban, header.DerivedIban])
        {
            if (iban is null) continue;
            var key = await cipher.LookUpHashAsync(unit.Tenant, iban, ct);
            var account = await BankAccounts.FindByIbanHashAsync(unit, key, ct);
            // A statement of another currency than the account's is not that account's statement.
            if (account is not null && header.Currency is { } currency && currency != account.Currency.Code) account = null;
            if (account is not null || header.Iban is not null) return (key, account);
        }
        return (await cipher.LookUpHashAsync(unit.Tenant, header.Account ?? file.BankProfile.ToString(), ct), null);
    }

    private async Task InsertLinesAsync(UnitOfWork unit, (StatementId Statement, StatementLine Line)[] lines, long first, CancellationToken ct)
    {
        var counterparties = new byte[]?[lines.Length];
        for (var i = 0; i < lines.Length; i++)
            if (lines[i].Line.Counterparty is { } party && party != Counterparty.Unknown)
                counterparties[i] = await cipher.SealAsync(unit.Tenant, CounterpartyField, $"{party.Name}\n{party.Account}\n{party.Bic}", ct);

        await unit.ExecuteAsync(StatementSql.InsertLines,
        [
            unit.Tenant.Value, file.Id.Value,
            lines.Select((_, at) => Id.InOrder<StatementLineId>(file.ReceivedAt, checked((uint)(first + at))).Value).ToArray(),
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
            lines.Select(item => item.Line.StructuredReference).ToArray(),
            lines.Select(item => Charges(item.Line)).ToArray(),
            lines.Select(item => item.Line.Original?.AmountMinor).ToArray(),
            lines.Select(item => item.Line.Original?.Currency).ToArray(),
            lines.Select(item => item.Line.Original?.Rate).ToArray(),
            lines.Select(item => item.Line.ReturnReason).ToArray(),
            lines.Select(item => item.Line.Position.Line).ToArray(),
            lines.Select(item => item.Line.IsReturn).ToArray(),
            lines.Select(item => item.Line.OriginalReference).ToArray(),
        ], ct);
    }

    /// <summary>Charges in the line's own currency; others are in the raw file.</summary>
    private static long? Charges(StatementLine line)
    {
        var own = line.Charges.Where(charge => charge.Currency == line.Currency).ToList();
        return own.Count == 0 ? null : own.Sum(charge => charge.AmountMinor);
    }
}

/// <summary>How much one invocation does before it hands over to the next, and how much one transaction holds.</summary>
internal sealed record SliceLimits(TimeSpan Time, int ChunkLines)
{
    /// <summary>A function has 300 seconds; a chunk is written in about one.</summary>
    public static readonly SliceLimits Default = new(TimeSpan.FromSeconds(200), 10_000);
}

/// <summary>Stops the reader from within its sink. Nothing has gone wrong: the place that was reached is committed.</summary>
internal sealed class SliceEndedException : Exception;
