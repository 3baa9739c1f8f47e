namespace Modupay.Ledger;

/// <summary>
/// A set of postings that add up to zero in every currency. The source names what caused it, such as <c>slice-settled:sl_…</c>: the same source
/// is the same journal, however often it is posted.
/// </summary>
internal sealed record Journal(string Source, DateOnly EffectiveOn, string Description, IReadOnlyList<Posting> Postings);

/// <summary>One line of a journal. The account is named by its code, such as <c>treasury/ta_…/bank</c>; a debit is positive, a credit negative.</summary>
internal sealed record Posting(string Account, Money Amount);

internal enum Posted { New, Repeated }

internal enum NormalSide { Debit, Credit }

/// <summary>
/// An account to open. Its debits less its credits may not exceed the debit limit, and the other way round; a limit of zero is "debits must not
/// exceed credits". An account that everybody posts to should have several shards, and can then have no limit.
/// </summary>
internal sealed record NewAccount(string Code, string Name, Currency Currency, NormalSide Side, long? DebitLimit = null, long? CreditLimit = null, int Shards = 1);

/// <summary>What has been posted to an account and what is on hold. The balance is positive on the account's normal side.</summary>
internal sealed record AccountBalance(
    string Account, Currency Currency, NormalSide Side, long PostedDebits, long PostedCredits, long PendingDebits, long PendingCredits, long Version)
{
    public Money Balance => new(Side == NormalSide.Debit ? PostedDebits - PostedCredits : PostedCredits - PostedDebits, Currency);
}

/// <summary>What the rest of the product may ask of the ledger. Everything happens in the caller's transaction.</summary>
internal static class LedgerDoor
{
    /// <summary>Posts one journal once, however often it is asked to.</summary>
    public static async Task<Result<Posted>> PostAsync(UnitOfWork unit, Journal journal, CancellationToken ct)
    {
        var posted = await PostAllAsync(unit, [journal], ct);
        return posted.Problem is { } problem ? problem : posted.Value[0];
    }

    /// <summary>Posts all of them, or none and the reason why.</summary>
    public static async Task<Result<IReadOnlyList<Posted>>> PostAllAsync(UnitOfWork unit, IReadOnlyList<Journal> journals, CancellationToken ct)
    {
        var outcomes = await PostChainsAsync(unit, [journals], ct);
        var refused = outcomes.FirstOrDefault(outcome => outcome.Problem is { } problem && problem.Error != Errors.LinkedRefused).Problem
            ?? outcomes.FirstOrDefault(outcome => outcome.Problem is not null).Problem;
        return refused is null ? outcomes.ConvertAll(outcome => outcome.Value) : refused;
    }

    /// <summary>
    /// Posts chains of journals in one round trip: each chain all or nothing, one chain whatever becomes of another. Answers for every journal,
    /// in order.
    /// </summary>
    public static async Task<List<Result<Posted>>> PostChainsAsync(UnitOfWork unit, IReadOnlyList<IReadOnlyList<Journal>> chains, CancellationToken ct)
    {
        var batch = new JournalBatch(unit.Time);
        foreach (var chain in chains) batch.AddChain(chain);
        return batch.Count == 0 ? [] : batch.Read((await unit.ListAsync(LedgerSql.Post, batch.Parameters(unit.Now),
            row => (Outcomes: row.GetFieldValue<string[]>(0), Subjects: row.IsDBNull(1) ? [] : row.GetFieldValue<string?[]>(1)), ct))[0]);
    }

    /// <summary>Opens the accounts that are not open yet. To open one again with another currency or side is a mistake of ours.</summary>
    public static async Task OpenAccountsAsync(UnitOfWork unit, IReadOnlyList<NewAccount> accounts, CancellationToken ct)
    {
        if (accounts.Count == 0) return;
        var different = await unit.ListAsync(LedgerSql.OpenAccounts,
        [
            unit.Now,
            accounts.Select(_ => Id.New<LedgerAccountId>(unit.Time).Value).ToArray(),
            accounts.Select(account => account.Code).ToArray(),
            accounts.Select(account => account.Name).ToArray(),
            accounts.Select(account => account.Currency.Code).ToArray(),
            accounts.Select(account => account.Side == NormalSide.Debit ? "debit" : "credit").ToArray(),
            accounts.Select(account => account.DebitLimit).ToArray(),
            accounts.Select(account => account.CreditLimit).ToArray(),
            accounts.Select(account => account.Shards).ToArray(),
        ], row => row.GetString(0), ct);
        if (different.Count > 0) throw new InvalidOperationException($"Ledger accounts are open with another currency or side: {string.Join(", ", different)}.");
    }

    public static Task<AccountBalance?> BalanceAsync(Session session, string account, CancellationToken ct) =>
        session.FirstAsync(LedgerSql.Balance, [account, session.Tenant.Value], row => new AccountBalance(
            row.GetString(0), Currency.Known(row.GetString(1)), row.GetString(2) == "debit" ? NormalSide.Debit : NormalSide.Credit,
            row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7)), ct);
}
