using Npgsql;

namespace Modupay.Ledger;

internal static class AccountSql
{
    internal const string Change = "select ledger.change_account($1, $2, $3, $4)";

    private const string Columns = """
        select account.account_id, account.code, account.name, account.currency, account.normal_side, account.state, account.opened_at,
            max(balance.debit_limit_minor), max(balance.credit_limit_minor), count(*)::integer,
            sum(balance.posted_debits)::bigint, sum(balance.posted_credits)::bigint, sum(balance.pending_debits)::bigint, sum(balance.pending_credits)::bigint,
            sum(balance.version)::bigint
        from ledger.accounts as account
        join ledger.balances as balance using (tenant_id, account_id)
        """;

    internal const string ById = Columns + " where account.tenant_id = $1 and account.account_id = $2 group by account.tenant_id, account.account_id";

    internal const string ByCode = Columns + " where account.tenant_id = $1 and account.code = $2 group by account.tenant_id, account.account_id";

    internal const string Page = Columns + """
         where account.tenant_id = $1 and account.account_id < $2 and ($3::text is null or starts_with(account.code, $3))
        group by account.tenant_id, account.account_id order by account.account_id desc limit $4
        """;

    /// <summary>By effective date, so that what was recorded late counts where it belongs.</summary>
    internal const string BalanceAt = """
        select coalesce(sum(amount_minor), 0)::bigint from ledger.postings
        where tenant_id = $1 and account_id = $2 and effective_on <= $3 and layer = 'posted'
        """;

    internal const string TrialBalance = """
        select account.code, account.name, account.currency, account.normal_side,
            coalesce(sum(posting.amount_minor) filter (where posting.amount_minor > 0), 0)::bigint, -coalesce(sum(posting.amount_minor) filter (where posting.amount_minor < 0), 0)::bigint
        from ledger.accounts as account
        left join ledger.postings as posting on posting.tenant_id = account.tenant_id and posting.account_id = account.account_id and posting.layer = 'posted' and posting.effective_on <= $2
        where account.tenant_id = $1
        group by account.code, account.name, account.currency, account.normal_side order by account.currency, account.code
        """;

    /// <summary>What moved an account and what caused it, newest first.</summary>
    internal const string Entries = """
        select journal.journal_id, journal.source, journal.kind, journal.description, journal.effective_on, journal.recorded_at, posting.layer, posting.amount_minor, posting.after_minor,
            posting.version, posting.shard
        from ledger.postings as posting
        join ledger.journals as journal using (tenant_id, journal_id)
        where posting.tenant_id = $1 and posting.account_id = $2 and journal.journal_id < $3
            and ($4::date is null or posting.effective_on >= $4) and ($5::date is null or posting.effective_on <= $5)
        order by journal.journal_id desc, posting.line desc limit $6
        """;
}

/// <summary>An account with its limits and its balance now.</summary>
internal sealed record Account(LedgerAccountId Id, string Name, string State, DateTimeOffset OpenedAt, long? DebitLimit, long? CreditLimit, int Shards, AccountBalance Balance)
{
    internal static Account Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetString(2), row.GetString(5), row.GetFieldValue<DateTimeOffset>(6),
        row.IsDBNull(7) ? null : row.GetInt64(7), row.IsDBNull(8) ? null : row.GetInt64(8), row.GetInt32(9),
        new AccountBalance(row.GetString(1), Currency.Known(row.GetString(3)), row.GetString(4) == "debit" ? NormalSide.Debit : NormalSide.Credit,
            row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13), row.GetInt64(14)));
}

/// <summary>One posting of an account's history. The running balance is absent where several shards share the account.</summary>
internal sealed record Entry(JournalId Journal, string Source, string Kind, string Description, DateOnly EffectiveOn, DateTimeOffset RecordedAt, string Layer, long Amount, long After, long Version)
{
    internal static Entry Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetString(1), row.GetString(2), row.GetString(3), row.GetFieldValue<DateOnly>(4),
        row.GetFieldValue<DateTimeOffset>(5), row.GetString(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9));
}

internal sealed record TrialBalanceRow(string Account, string Name, string Currency, NormalSide Side, long Debits, long Credits);

internal static class Accounts
{
    /// <summary>Opens, freezes or closes an account and sets its limits. A limit below what is already owed is refused by the database.</summary>
    /// <returns>False when there is no such account.</returns>
    public static Task<bool> ChangeAsync(UnitOfWork unit, string code, string state, long? debitLimit, long? creditLimit, CancellationToken ct) =>
        unit.ScalarAsync<bool>(AccountSql.Change, [code, state, debitLimit, creditLimit], ct);

    public static Task<Account?> FindAsync(Session session, LedgerAccountId id, CancellationToken ct) =>
        session.FirstAsync(AccountSql.ById, [session.Tenant.Value, id.Value], Account.Read, ct);

    public static Task<Account?> FindByCodeAsync(Session session, string code, CancellationToken ct) =>
        session.FirstAsync(AccountSql.ByCode, [session.Tenant.Value, code], Account.Read, ct);

    /// <summary>The balance by effective date, debits positive.</summary>
    public static Task<long> BalanceAtAsync(Session session, LedgerAccountId id, DateOnly at, CancellationToken ct) =>
        session.ScalarAsync<long>(AccountSql.BalanceAt, [session.Tenant.Value, id.Value, at], ct);

    public static Task<List<Entry>> EntriesAsync(Session session, LedgerAccountId id, Guid before, DateOnly? from, DateOnly? to, int limit, CancellationToken ct) =>
        session.ListAsync(AccountSql.Entries, [session.Tenant.Value, id.Value, before, from, to, limit], Entry.Read, ct);

    public static Task<List<TrialBalanceRow>> TrialBalanceAsync(Session session, DateOnly at, CancellationToken ct) =>
        session.ListAsync(AccountSql.TrialBalance, [session.Tenant.Value, at], row => new TrialBalanceRow(row.GetString(0), row.GetString(1), row.GetString(2),
            row.GetString(3) == "debit" ? NormalSide.Debit : NormalSide.Credit, row.GetInt64(4), row.GetInt64(5)), ct);
}
