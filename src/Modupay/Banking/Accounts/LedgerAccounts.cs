using Modupay.Http;
using Modupay.Ledger;

namespace Modupay.Banking.Accounts;

/// <summary>The ledger accounts behind a treasury account.</summary>
internal static class LedgerAccounts
{
    public static IReadOnlyList<NewAccount> Of(TreasuryAccount account) =>
    [
        new(account.AtBank, $"{account.Name}: at the bank", account.Currency, NormalSide.Debit),
        new(account.InTransit, $"{account.Name}: ordered, not yet booked", account.Currency, NormalSide.Credit),
        new(account.Suspense, $"{account.Name}: booked, not yet explained", account.Currency, NormalSide.Credit),
        new(account.Opening, $"{account.Name}: balance when its statements began", account.Currency, NormalSide.Credit),
        new(account.PaidOut, $"Payouts in {account.Currency}", account.Currency, NormalSide.Debit),
    ];

    /// <summary>Positive on the account's normal side.</summary>
    public static async Task<MoneyView> BalanceAsync(Session session, string account, Currency currency, CancellationToken ct) =>
        await LedgerDoor.BalanceAsync(session, account, ct) is { } balance ? MoneyView.Of(balance.Balance) : new MoneyView(0, currency.Code);
}
