namespace Modupay.Ledger;

/// <summary>What the ledger asks of PostgreSQL. What writes is a function there, because nothing else may write.</summary>
internal static class LedgerSql
{
    internal const string Post = "select outcomes, subjects from ledger.post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    internal const string OpenAccounts = "select code from ledger.open_accounts($1, $2, $3, $4, $5, $6, $7, $8, $9) as code";

    internal const string Balance = """
        select account.code, account.currency, account.normal_side,
            sum(balance.posted_debits)::bigint, sum(balance.posted_credits)::bigint, sum(balance.pending_debits)::bigint, sum(balance.pending_credits)::bigint,
            sum(balance.version)::bigint
        from ledger.accounts as account
        join ledger.balances as balance using (tenant_id, account_id)
        where account.code = $1 and account.tenant_id = $2
        group by account.code, account.currency, account.normal_side
        """;
}
