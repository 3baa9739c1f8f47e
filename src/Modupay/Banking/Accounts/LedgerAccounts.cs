using Modupay.Http;
using Modupay.Ledger;

namespace Modupay.Banking.Accounts;

/// <summary>The ledger accounts behind a treasury account.</summary>
internal static class LedgerAccounts
{
    public static async Task<MoneyView> BalanceAsync(Session session, string account, Currency currency, CancellationToken ct) =>
        await LedgerDoor.BalanceAsync(session, account, ct) is { } balance ? MoneyView.Of(balance.Amount) : new MoneyView(0, currency.Code);
}
