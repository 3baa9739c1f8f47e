namespace Modupay.Ledger;

/// <summary>What the ledger asks of PostgreSQL. What writes is a function there, because nothing else may write.</summary>
internal static class LedgerSql
{
    internal const string Post = "select outcomes, subjects from ledger.post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";

    /// <summary>For journals that are simply posted. False when something is in the way; then <see cref="Post"/> says what.</summary>
    internal const string PostPlain = "select ledger.post_plain($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    internal const string OpenAccounts = "select account, reason from ledger.open_accounts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text[]::jsonb[])";
}
