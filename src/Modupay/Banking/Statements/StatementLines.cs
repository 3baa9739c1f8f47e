using Modupay.Tenancy;
using Npgsql;

namespace Modupay.Banking.Statements;

internal static class StatementLineSql
{
    internal const string Find = StatementSql.LineColumns + "where l.line_id = any($1) order by l.line_id";

    internal const string Lock = "select state from banking.bank_statement_lines where line_id = $1 for update";

    internal const string ExplainedAmong = "select line_id from banking.bank_statement_lines where line_id = any($1) and state <> 'unmatched'";

    internal const string Counterparties = "select line_id, counterparty_sealed from banking.bank_statement_lines where line_id = any($1) and counterparty_sealed is not null";

    /// <summary>Of two that move a line, one finds it where he saw it.</summary>
    internal const string Move = "update banking.bank_statement_lines set state = $3 where line_id = any($1) and state = $2";

    internal const string List = StatementSql.LineColumns + """
        where l.tenant_id = $1 and l.line_id < $2 and ($4::text[] is null or l.state = any($4)) and l.status = 'booked' and l.booked_as is null and s.standing = 'complete' and s.treasury_account_id is not null
            and ($5::uuid is null or s.treasury_account_id = $5) and ($6::bigint is null or abs(l.amount_minor) >= $6) and ($7::bigint is null or abs(l.amount_minor) <= $7)
            and ($8::date is null or coalesce(l.booked_on, l.value_on) >= $8) and ($9::date is null or coalesce(l.booked_on, l.value_on) <= $9)
        order by l.line_id desc
        limit $3
        """;

    internal const string CountStates = """
        select count(*) filter (where state = 'matched')::integer, count(*) filter (where state = 'unmatched')::integer
        from banking.bank_statement_lines l
        join banking.bank_statements s on s.statement_id = l.statement_id
        where l.statement_file_id = $1 and l.status = 'booked' and l.booked_as is null and s.standing = 'complete' and s.treasury_account_id is not null
        """;

    /// <summary>Booked lines that stand in the books, by the day they were booked: all of them, and those that a person chose to leave unexplained.</summary>
    internal const string SumsAt = """
        select count(*) filter (where coalesce(l.booked_on, l.value_on) > $3)::integer,
            coalesce(sum(l.amount_minor) filter (where coalesce(l.booked_on, l.value_on) > $3), 0)::bigint,
            count(*) filter (where l.state = 'ignored')::integer,
            coalesce(sum(l.amount_minor) filter (where l.state = 'ignored'), 0)::bigint
        from banking.bank_statement_lines l
        join banking.bank_statements s on s.statement_id = l.statement_id
        where s.treasury_account_id = $1 and s.standing = 'complete' and l.status = 'booked' and l.booked_as is null and coalesce(l.booked_on, l.value_on) <= $2
        """;

    /// <summary>Of an account that notifications book, a statement is good for comparing.</summary>
    internal const string ClosingAt = """
        select closing_minor, closing_on, statement_id from banking.bank_statements
        where treasury_account_id = $1 and (standing = 'complete' or (standing = 'interim' and document = 'statement')) and closing_minor is not null and closing_on <= $2
        order by closing_on desc, statement_id desc
        limit 1
        """;

    internal const string InPeriod = StatementSql.LineColumns + """
        where l.tenant_id = $1 and l.line_id > $2 and l.status = 'booked' and l.booked_as is null and s.standing = 'complete' and s.treasury_account_id is not null and l.amount_minor <> 0
            and coalesce(l.booked_on, l.value_on) between $4 and $5 and ($6::text[] is null or l.state = any($6)) and ($7::uuid[] is null or s.treasury_account_id = any($7))
        order by l.line_id
        limit $3
        """;
}

/// <summary>Statement lines for reconciliation, which decides what they are. Banking keeps them, and which state they are in.</summary>
internal static class StatementLines
{
    /// <summary>Booked lines of a file that nobody has explained, in file order.</summary>
    public static Task<List<BankStatementLine>> UnmatchedOfFileAsync(Session session, StatementFileId file, Guid after, int limit, CancellationToken ct) =>
        session.ListAsync(StatementSql.OpenLines, [file.Value, after, limit], BankStatementLine.Read, ct);

    public static Task<BankStatementLine?> FindAsync(Session session, StatementLineId id, CancellationToken ct) =>
        session.FirstAsync(StatementLineSql.Find, [new[] { id.Value }], BankStatementLine.Read, ct);

    public static Task<List<BankStatementLine>> FindAllAsync(Session session, Guid[] ids, CancellationToken ct) => session.ListAsync(StatementLineSql.Find, [ids], BankStatementLine.Read, ct);

    public static Task<List<BankStatementLine>> InPeriodAsync(Session session, Guid after, int limit, DateOnly from, DateOnly to, string[]? states, Guid[]? accounts, CancellationToken ct) =>
        session.ListAsync(StatementLineSql.InPeriod, [session.Tenant.Value, after, limit, from, to, states, accounts], BankStatementLine.Read, ct);

    public static Task<List<BankStatementLine>> ListAsync(Session session, Guid before, int limit, LineFilter filter, CancellationToken ct) => session.ListAsync(StatementLineSql.List,
        [session.Tenant.Value, before, limit, filter.States, filter.Account?.Value, filter.LeastMinor, filter.MostMinor, filter.From, filter.To], BankStatementLine.Read, ct);

    /// <summary>Takes the line for the rest of the transaction.</summary>
    /// <returns>Its state, or null when there is no such line.</returns>
    public static Task<string?> LockAsync(UnitOfWork unit, StatementLineId id, CancellationToken ct) => unit.FirstAsync(StatementLineSql.Lock, [id.Value], row => row.GetString(0), ct);

    public static async Task<HashSet<StatementLineId>> ExplainedAmongAsync(Session session, Guid[] lines, CancellationToken ct) => lines.Length == 0 ? [] :
        [.. await session.ListAsync(StatementLineSql.ExplainedAmong, [lines], row => new StatementLineId(row.GetGuid(0)), ct)];

    /// <returns>How many were still in the state they were thought to be in.</returns>
    public static Task<int> MoveAsync(UnitOfWork unit, Guid[] lines, string from, string to, CancellationToken ct) => unit.ExecuteAsync(StatementLineSql.Move, [lines, from, to], ct);

    /// <summary>Who was on the other side, for those lines that say it.</summary>
    public static async Task<Dictionary<StatementLineId, LineCounterparty>> CounterpartiesAsync(Session session, FieldCipher cipher, Guid[] lines, CancellationToken ct)
    {
        var known = new Dictionary<StatementLineId, LineCounterparty>();
        foreach (var (id, value) in await session.ListAsync(StatementLineSql.Counterparties, [lines], row => (new StatementLineId(row.GetGuid(0)), row.GetFieldValue<byte[]>(1)), ct))
            known.Add(id, LineCounterparty.Parse(await cipher.OpenTextAsync(session.Tenant, StatementWriter.CounterpartyField, value, ct)));
        return known;
    }

    public static async Task<(int Matched, int Unmatched)> CountAsync(Database database, TenantId tenant, StatementFileId file, CancellationToken ct) =>
        (await database.ListAsync(tenant, StatementLineSql.CountStates, [file.Value], row => (row.GetInt32(0), row.GetInt32(1)), ct))[0];

    /// <summary>The newest balance that a whole statement gives for the account, at or before a day.</summary>
    public static Task<ClosingBalance?> ClosingAtAsync(Session session, TreasuryAccountId account, DateOnly day, CancellationToken ct) =>
        session.FirstAsync(StatementLineSql.ClosingAt, [account.Value, day], ClosingBalance.Read, ct);

    public static async Task<LineSums> SumsAtAsync(Session session, TreasuryAccountId account, DateOnly day, DateOnly closing, CancellationToken ct) =>
        (await session.ListAsync(StatementLineSql.SumsAt, [account.Value, day, closing], row => new LineSums(row.GetInt32(0), row.GetInt64(1), row.GetInt32(2), row.GetInt64(3)), ct))[0];
}

/// <summary>Which lines to list. Amounts are without their sign.</summary>
internal sealed record LineFilter(string[]? States = null, TreasuryAccountId? Account = null, long? LeastMinor = null, long? MostMinor = null, DateOnly? From = null, DateOnly? To = null);

internal sealed record LineCounterparty(string? Name, string? Iban)
{
    public static LineCounterparty Parse(string text)
    {
        var parts = text.Split('\n');
        return new(parts[0].Length == 0 ? null : parts[0], parts.Length > 1 && Formats.Iban.TryParse(parts[1], out var iban) ? iban.Value : null);
    }
}

internal sealed record ClosingBalance(long Minor, DateOnly On, StatementId Statement)
{
    public static ClosingBalance Read(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetFieldValue<DateOnly>(1), new(row.GetGuid(2)));
}

/// <param name="LaterMinor">Of the lines booked after the closing day.</param>
internal sealed record LineSums(int Later, long LaterMinor, int Ignored, long IgnoredMinor);
