namespace Modupay.Banking.Statements;

internal static class FindingSql
{
    internal const string AccountsOf = """
        select distinct account_key, currency from banking.bank_statements where statement_file_id = $1 and attempt = $2 and standing <> 'draft'
        """;

    /// <summary>Two files of one account examine it one after the other, so that neither misses what the other brings.</summary>
    internal const string LockAccount = "select pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex') || $2::text, 5))::text";

    /// <summary>
    /// Says a second time what another file has said. The earlier one stays, whatever its format. Only of statements: two notifications of one amount on one day
    /// are two movements, unless their entries say otherwise.
    /// </summary>
    internal const string MarkDuplicates = """
        update banking.bank_statements s
        set standing = 'duplicate', duplicate_of = earlier.statement_id
        from (
            select distinct on (s.statement_id) s.statement_id as later_id, e.statement_id
            from banking.bank_statements s
            join banking.bank_statements e on e.account_key = s.account_key and e.currency = s.currency and e.content_key = s.content_key
                and e.statement_file_id <> s.statement_file_id and e.document = s.document and e.statement_id < s.statement_id
                and (e.standing in ('complete', 'held') or (e.standing = 'interim' and s.standing = 'interim'))
            where s.statement_file_id = $1 and s.attempt = $2 and s.standing in ('complete', 'held', 'interim') and s.document = 'statement'
                and not exists (select from banking.bank_statement_lines l where l.statement_id = s.statement_id and l.state <> 'unmatched')
            order by s.statement_id, e.statement_id
        ) earlier
        where s.statement_id = earlier.later_id
        """;

    internal const string Chain = """
        select s.statement_id, s.sequence_number, s.page, s.opening_minor, s.opening_on, s.closing_minor, s.closing_on, s.first_booked_on, s.standing = 'duplicate' or (s.standing = 'interim' and s.document <> 'statement'), s.duplicate_of,
            s.treasury_account_id, s.account_masked
        from banking.bank_statements s
        join banking.bank_statements_raw f on f.statement_file_id = s.statement_file_id and f.attempt = s.attempt
        where s.account_key = $1 and s.currency = $2 and s.standing <> 'draft'
        """;

    private const string Columns = """
        select finding_id, kind, state, statement_id, previous_statement_id, treasury_account_id, account_masked, currency, expected, found, from_on, to_on, found_at, resolved_at
        from banking.bank_statement_findings

        """;

    internal const string OfAccount = Columns + "where account_key = $1 and currency = $2 for update";

    internal const string List = Columns + """
        where finding_id < $1 and ($3::text is null or state = $3) and ($4::text is null or kind = $4) and ($5::uuid is null or treasury_account_id = $5)
        order by finding_id desc
        limit $2
        """;

    internal const string Insert = """
        insert into banking.bank_statement_findings
            (finding_id, tenant_id, kind, state, statement_id, previous_statement_id, treasury_account_id, account_key, account_masked, currency, expected, found, from_on, to_on, found_at)
        values ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """;

    internal const string Reopen = """
        update banking.bank_statement_findings
        set state = 'open', resolved_at = null, previous_statement_id = $2, expected = $3, found = $4, from_on = $5, to_on = $6, found_at = $7
        where finding_id = $1
        """;

    internal const string Resolve = "update banking.bank_statement_findings set state = 'resolved', resolved_at = $2 where finding_id = $1";

    /// <summary>Which days of an account are covered by statements, newest first.</summary>
    internal const string Covered = """
        select a.treasury_account_id, a.name, s.statement_id, s.standing, coalesce(s.first_booked_on, s.closing_on), s.closing_on, s.closing_minor, s.currency
        from banking.treasury_accounts a
        left join banking.bank_statements s on s.treasury_account_id = a.treasury_account_id
            and (s.standing in ('complete', 'held') or (s.standing = 'interim' and s.document = 'statement')) and s.closing_on between $1 and $2
            and exists (select from banking.bank_statements_raw f where f.statement_file_id = s.statement_file_id and f.attempt = s.attempt)
        order by a.treasury_account_id, s.closing_on
        """;

    internal const string OpenFindingsPerAccount = """
        select treasury_account_id, count(*) from banking.bank_statement_findings where state = 'open' and treasury_account_id is not null group by treasury_account_id
        """;
}

/// <summary>A finding as it is kept.</summary>
internal sealed record StatementFinding(FindingId Id, string Kind, string State, StatementId Statement, StatementId? Previous, TreasuryAccountId? TreasuryAccount, string AccountMasked, Currency Currency,
    string? Expected, string? Found, DateOnly? FromOn, DateOnly? ToOn, DateTimeOffset FoundAt, DateTimeOffset? ResolvedAt)
{
    public static StatementFinding Read(Npgsql.NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetString(1), row.GetString(2), new(row.GetGuid(3)),
        row.IsDBNull(4) ? null : new StatementId(row.GetGuid(4)), row.IsDBNull(5) ? null : new TreasuryAccountId(row.GetGuid(5)), row.GetString(6), Currency.Known(row.GetString(7)),
        row.Text(8), row.Text(9), row.Date(10), row.Date(11), row.GetFieldValue<DateTimeOffset>(12), row.IsDBNull(13) ? null : row.GetFieldValue<DateTimeOffset>(13));
}
