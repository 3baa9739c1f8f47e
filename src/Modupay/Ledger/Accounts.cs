using Npgsql;

namespace Modupay.Ledger;

internal static class AccountSql
{
    internal const string Change = "select ledger.change_account($1, $2, $3, $4::text::jsonb, $5, $6, $7)";

    internal const string RollUp = "select ledger.roll_up($1)";

    private const string Columns = """
        select account.account_id, account.code, account.name, account.currency, account.normal_side, account.state, account.opened_at,
            max(balance.debit_limit_minor), max(balance.credit_limit_minor), count(*)::integer,
            sum(balance.posted_debits)::bigint, sum(balance.posted_credits)::bigint, sum(balance.pending_debits)::bigint, sum(balance.pending_credits)::bigint,
            sum(balance.version)::bigint, account.chart_code, account.metadata::text
        from ledger.accounts as account
        join ledger.balances as balance using (tenant_id, account_id)
        """;

    internal const string ById = Columns + " where account.tenant_id = $1 and account.account_id = $2 group by account.tenant_id, account.account_id";

    internal const string ByCode = Columns + " where account.tenant_id = $1 and account.code = $2 group by account.tenant_id, account.account_id";

    internal const string Page = Columns + """
         where account.tenant_id = $1 and account.account_id < $2 and ($3::text is null or starts_with(account.code, $3))
        group by account.tenant_id, account.account_id order by account.account_id desc limit $4
        """;

    /// <summary>By effective date, so that what was recorded late counts where it belongs: the days that were rolled up, and what was posted since.</summary>
    private const string Until = """
        (
            select day.debits, day.credits from ledger.day_totals as day where day.tenant_id = $1 and day.account_id = account.account_id and day.effective_on <= $2
            union all
            select greatest(posting.amount_minor, 0), greatest(-posting.amount_minor, 0)
            from ledger.balances as balance
            left join ledger.day_marks as mark on mark.tenant_id = $1 and mark.account_id = balance.account_id and mark.shard = balance.shard
            join ledger.postings as posting on posting.tenant_id = $1 and posting.account_id = balance.account_id and posting.shard = balance.shard
                and posting.version > coalesce(mark.version, 0) and posting.layer = 'posted' and posting.effective_on <= $2
            where balance.tenant_id = $1 and balance.account_id = account.account_id
        )
        """;

    internal const string BalanceAt = $"""
        select coalesce(sum(moved.debits), 0)::bigint, coalesce(sum(moved.credits), 0)::bigint
        from ledger.accounts as account left join lateral {Until} as moved on true
        where account.tenant_id = $1 and account.account_id = $3
        """;

    internal const string TrialBalance = $"""
        select account.code, account.name, account.currency, account.normal_side, coalesce(sum(moved.debits), 0)::bigint, coalesce(sum(moved.credits), 0)::bigint
        from ledger.accounts as account left join lateral {Until} as moved on true
        where account.tenant_id = $1
        group by account.code, account.name, account.currency, account.normal_side order by account.currency, account.code
        """;

    /// <summary>What was posted since the oldest entry of a page, that page included.</summary>
    internal const string PostedSince = """
        select coalesce(sum(amount_minor), 0)::bigint from ledger.postings
        where tenant_id = $1 and account_id = $2 and journal_id >= $3 and layer = 'posted' and effective_on <= $4
        """;

    /// <summary>What moved an account and what caused it, newest first.</summary>
    /// <remarks>Pages are cut between journals, because one may move an account twice.</remarks>
    internal const string Entries = """
        select journal.journal_id, journal.source, journal.kind, journal.description, journal.effective_on, journal.recorded_at, posting.layer, posting.amount_minor, posting.after_minor,
            posting.version, posting.shard
        from (
            select distinct found.journal_id from ledger.postings as found
            where found.tenant_id = $1 and found.account_id = $2 and found.journal_id < $3
                and ($4::date is null or found.effective_on >= $4) and ($5::date is null or found.effective_on <= $5) and ($7::text is null or found.layer = $7)
            order by found.journal_id desc limit $6
        ) as page
        join ledger.journals as journal on journal.tenant_id = $1 and journal.journal_id = page.journal_id
        join ledger.postings as posting on posting.journal_id = page.journal_id and posting.tenant_id = $1 and posting.account_id = $2 and ($7::text is null or posting.layer = $7)
        order by page.journal_id desc, posting.line desc
        """;
}

/// <summary>An account with its limits and its balance now.</summary>
internal sealed record Account(LedgerAccountId Id, string Name, string State, DateTimeOffset OpenedAt, long? DebitLimit, long? CreditLimit, int Shards, AccountBalance Balance, string ChartCode, string Metadata)
{
    internal static Account Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetString(2), row.GetString(5), row.GetFieldValue<DateTimeOffset>(6),
        row.IsDBNull(7) ? null : row.GetInt64(7), row.IsDBNull(8) ? null : row.GetInt64(8), row.GetInt32(9),
        new AccountBalance(row.GetString(1), Currency.Known(row.GetString(3)), NormalSides.Parse(row.GetString(4)),
            row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13), row.GetInt64(14)), row.GetString(15), row.GetString(16));
}

/// <summary>One posting of an account's history. The running balance is absent where several shards share the account.</summary>
internal sealed record Entry(JournalId Journal, string Source, string Kind, string Description, DateOnly EffectiveOn, DateTimeOffset RecordedAt, string Layer, long Amount, long After, long Version)
{
    internal static Entry Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetString(1), row.GetString(2), row.GetString(3), row.GetFieldValue<DateOnly>(4),
        row.GetFieldValue<DateTimeOffset>(5), row.GetString(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9));
}

internal sealed record TrialBalanceRow(string Account, string Name, string Currency, NormalSide Side, long Debits, long Credits);

/// <summary>What is to change of an account; what is null stays.</summary>
internal sealed record AccountChange(string? Name = null, string? State = null, string? Metadata = null, AccountLimits? Limits = null);

/// <summary>Both limits at once: one that is null is none.</summary>
internal sealed record AccountLimits(long? Debit, long? Credit);

internal static class Accounts
{
    /// <summary>Opens the accounts that are not open yet: all of them, or none and the reason.</summary>
    public static async Task<Problem?> OpenAsync(UnitOfWork unit, IReadOnlyList<NewAccount> accounts, CancellationToken ct)
    {
        if (accounts.Count == 0) return null;
        var refused = await unit.ListAsync(LedgerSql.OpenAccounts,
        [
            unit.Now,
            accounts.Select(account => (account.Id ?? Id.New<LedgerAccountId>(unit.Time)).Value).ToArray(),
            accounts.Select(account => account.Code).ToArray(),
            accounts.Select(account => account.Name).ToArray(),
            accounts.Select(account => account.Currency.Code).ToArray(),
            accounts.Select(account => NormalSides.Text(account.Side)).ToArray(),
            accounts.Select(account => account.DebitLimit).ToArray(),
            accounts.Select(account => account.CreditLimit).ToArray(),
            accounts.Select(account => account.Shards).ToArray(),
            accounts.Select(account => account.Metadata).ToArray(),
        ], row => (Account: row.GetString(0), Reason: row.GetString(1)), ct);
        if (refused.Count == 0) return null;
        // The first account of an organization, or the first one of a node that came with a later version.
        if (refused.Exists(refusal => refusal.Reason == Errors.AccountOutsideChart.Code) && await Chart.AddTemplateAsync(unit, ct) > 0) return await OpenAsync(unit, accounts, ct);
        var (account, reason) = refused[0];
        return new Problem(Errors.All[reason], reason == Errors.AccountOutsideChart.Code
            ? $"'{account}' is below none of the nodes of GET /v1/ledger/chart. Choose another code, or add a node with POST /v1/ledger/chart."
            : $"'{account}' cannot be opened like this.");
    }

    /// <returns>Null when it is done.</returns>
    public static async Task<Problem?> ChangeAsync(UnitOfWork unit, LedgerAccountId id, AccountChange change, CancellationToken ct)
    {
        try
        {
            var outcome = await unit.ScalarAsync<string>(AccountSql.Change,
                [id.Value, change.Name, change.State, change.Metadata, change.Limits is not null, change.Limits?.Debit, change.Limits?.Credit], ct);
            return outcome == "changed" ? null : new Problem(Errors.All[outcome], $"{id} cannot be changed like this.");
        }
        catch (PostgresException refused) when (refused.ConstraintName == "within_limits")
        {
            return new Problem(Errors.LimitBelowBalance, $"{id} has already gone further than that.");
        }
    }

    public static Task<Account?> FindAsync(Session session, LedgerAccountId id, CancellationToken ct) =>
        session.FirstAsync(AccountSql.ById, [session.Tenant.Value, id.Value], Account.Read, ct);

    public static Task<Account?> FindByCodeAsync(Session session, string code, CancellationToken ct) =>
        session.FirstAsync(AccountSql.ByCode, [session.Tenant.Value, code], Account.Read, ct);

    /// <summary>What was moved until the end of a day, by effective date.</summary>
    public static async Task<(long Debits, long Credits)> BalanceAtAsync(Session session, LedgerAccountId id, DateOnly at, CancellationToken ct) =>
        (await session.ListAsync(AccountSql.BalanceAt, [session.Tenant.Value, at, id.Value], row => (row.GetInt64(0), row.GetInt64(1)), ct))[0];

    public static Task<long> PostedSinceAsync(Session session, LedgerAccountId id, JournalId oldest, DateOnly at, CancellationToken ct) =>
        session.ScalarAsync<long>(AccountSql.PostedSince, [session.Tenant.Value, id.Value, oldest.Value, at], ct);

    public static Task<List<Entry>> EntriesAsync(Session session, LedgerAccountId id, Guid before, DateOnly? from, DateOnly? to, int journals, string? layer, CancellationToken ct) =>
        session.ListAsync(AccountSql.Entries, [session.Tenant.Value, id.Value, before, from, to, journals, layer], Entry.Read, ct);

    public static Task<List<TrialBalanceRow>> TrialBalanceAsync(Session session, DateOnly at, CancellationToken ct) =>
        session.ListAsync(AccountSql.TrialBalance, [session.Tenant.Value, at], row => new TrialBalanceRow(row.GetString(0), row.GetString(1), row.GetString(2),
            NormalSides.Parse(row.GetString(3)), row.GetInt64(4), row.GetInt64(5)), ct);
}
