namespace Modupay.Banking.Accounts;

internal static class BankAccountSql
{
    internal const string InsertProfile = """
        insert into banking.bank_profiles (bank_profile_id, tenant_id, name, bic, rails, dialect, created_at) values ($1, $2, $3, $4, $5, $6, $7)
        """;

    internal const string FindProfile = "select bank_profile_id, name, bic, rails, dialect, created_at from banking.bank_profiles where bank_profile_id = $1";

    internal const string ListProfiles = """
        select bank_profile_id, name, bic, rails, dialect, created_at from banking.bank_profiles where bank_profile_id < $1 order by bank_profile_id desc limit $2
        """;

    internal const string InsertConnector = """
        insert into banking.bank_connectors_registry (connector_id, tenant_id, bank_profile_id, kind, configuration, priority, created_at)
        values ($1, $2, $3, $4, $5::jsonb, $6, $7)
        """;

    internal const string ListConnectors = """
        select connector_id, bank_profile_id, kind, configuration::text, priority, enabled, created_at
        from banking.bank_connectors_registry
        where connector_id < $1
        order by connector_id desc
        limit $2
        """;

    internal const string InsertTreasuryAccount = """
        insert into banking.treasury_accounts
            (treasury_account_id, tenant_id, bank_profile_id, name, currency, iban_sealed, iban_hash, iban_masked, order_limit_minor, approval_required, department_id, created_at, booked_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict (tenant_id, iban_hash) do nothing
        """;

    private const string TreasuryColumns = """
        select treasury_account_id, bank_profile_id, name, currency, iban_masked, order_limit_minor, approval_required, department_id, created_at, iban_sealed, booked_by
        from banking.treasury_accounts

        """;

    internal const string ChangeTreasuryAccount = "update banking.treasury_accounts set department_id = $2, approval_required = $3, booked_by = $4 where treasury_account_id = $1";

    /// <summary>Whether anything of the account's documents is in the books.</summary>
    internal const string IsBooked = "select exists (select from banking.bank_statements where treasury_account_id = $1 and standing = 'complete')";

    internal const string FindTreasuryAccountForChange = TreasuryColumns + "where treasury_account_id = $1 for no key update";

    internal const string FindTreasuryAccount = TreasuryColumns + "where treasury_account_id = $1";

    internal const string FindTreasuryAccountByIban = TreasuryColumns + "where iban_hash = $1";

    internal const string ListTreasuryAccounts = TreasuryColumns + "where treasury_account_id < $1 order by treasury_account_id desc limit $2";

    internal const string SealedIbans = """
        select treasury_account_id, iban_sealed from banking.treasury_accounts
        where treasury_account_id > $1 and get_byte(iban_sealed, 0) = 1 and substr(iban_sealed, 1, 5) <> $2 order by treasury_account_id limit $3
        """;

    internal const string SwapIbans = """
        update banking.treasury_accounts as held set iban_sealed = swap.after from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as swap (id, before, after)
        where held.treasury_account_id = swap.id and held.iban_sealed = swap.before
        """;
}

/// <summary>The organization's own account at a bank. The IBAN is opened only to be sent to that bank.</summary>
/// <param name="BookedBy">Which of the bank's documents book on it; the others are only compared.</param>
internal sealed record TreasuryAccount(
    TreasuryAccountId Id, BankProfileId BankProfile, string Name, Currency Currency, string IbanMasked, Money OrderLimit, bool ApprovalRequired, DepartmentId? Department,
    DateTimeOffset CreatedAt, byte[] IbanSealed, string BookedBy)
{
    public static TreasuryAccount Read(Npgsql.NpgsqlDataReader row)
    {
        var currency = Currency.Known(row.GetString(3));
        return new(new(row.GetGuid(0)), new(row.GetGuid(1)), row.GetString(2), currency, row.GetString(4), new Money(row.GetInt64(5), currency), row.GetBoolean(6),
            row.IsDBNull(7) ? null : new DepartmentId(row.GetGuid(7)), row.GetFieldValue<DateTimeOffset>(8), row.GetFieldValue<byte[]>(9), row.GetString(10));
    }

    public const string Statement = "statement";
    public const string Notification = "notification";

    // Where the ledger keeps this account's money: at the bank, ordered but not yet booked, and booked but not yet explained.
    public const string IbanField = "treasury_account.iban";

    public string AtBank => $"treasury/{Id}/bank";
    public string InTransit => $"treasury/{Id}/in-transit";
    public string Suspense => $"treasury/{Id}/suspense";
    public string Opening => $"treasury/{Id}/opening";

    /// <summary>What was ordered to be paid, per currency, over all treasury accounts.</summary>
    public string PaidOut => $"payouts/{Currency.Code}";
}

internal static class BankAccounts
{
    public static Task<TreasuryAccount?> FindAsync(Session session, TreasuryAccountId id, CancellationToken ct) =>
        session.FirstAsync(BankAccountSql.FindTreasuryAccount, [id.Value], TreasuryAccount.Read, ct);

    public static Task<TreasuryAccount?> FindByIbanHashAsync(Session session, byte[] hash, CancellationToken ct) =>
        session.FirstAsync(BankAccountSql.FindTreasuryAccountByIban, [hash], TreasuryAccount.Read, ct);

    /// <summary>Country, check digits and the last four: enough to recognise one's own account, too little to use it.</summary>
    public static string Mask(string iban) => iban.Length < 9 ? "••••" : $"{iban[..4]} •••• •••• {iban[^4..]}";
}
