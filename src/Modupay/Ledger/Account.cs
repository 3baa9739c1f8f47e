namespace Modupay.Ledger;

internal enum NormalSide { Debit, Credit }

internal static class NormalSides
{
    public static string Text(NormalSide side) => side == NormalSide.Debit ? "debit" : "credit";

    public static NormalSide Parse(string text) => text == "debit" ? NormalSide.Debit : NormalSide.Credit;
}

/// <summary>
/// An account to open. Its debits less its credits may not exceed the debit limit, and the other way round; a limit of zero is "debits must not
/// exceed credits". An account that everybody posts to should have several shards, and can then have no limit.
/// </summary>
internal sealed record NewAccount(string Code, string Name, Currency Currency, NormalSide Side, long? DebitLimit = null, long? CreditLimit = null, int Shards = 1)
{
    /// <summary>Whatever the opener wants to find again; a JSON object of texts.</summary>
    public string Metadata { get; init; } = "{}";

    /// <summary>For whoever must know afterwards whether it was he who opened it; made up otherwise.</summary>
    public LedgerAccountId? Id { get; init; }
}

/// <summary>What has been posted to an account and what is on hold. Balances are positive on the account's normal side.</summary>
internal sealed record AccountBalance(
    string Account, Currency Currency, NormalSide Side, long PostedDebits, long PostedCredits, long PendingDebits, long PendingCredits, long Version)
{
    public Money Balance => OnSide(PostedDebits - PostedCredits);

    /// <summary>What could still be taken: holds that would lower the balance count, holds that would raise it do not.</summary>
    public Money Available => Side == NormalSide.Debit
        ? new(PostedDebits - PostedCredits - PendingCredits, Currency)
        : new(PostedCredits - PostedDebits - PendingDebits, Currency);

    /// <summary>An amount whose debits are positive, as the account sees it.</summary>
    public Money OnSide(long debit) => new(Side == NormalSide.Debit ? debit : -debit, Currency);
}
