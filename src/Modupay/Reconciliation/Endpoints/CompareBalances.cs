using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Banking.Accounts;
using Modupay.Banking.Statements;
using Modupay.Http;
using Modupay.Ledger;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>
/// The bank's books against ours on one day. Each row sets what the ledger says beside what statements, orders and lines say; a difference is money
/// that nobody can explain, and must be zero.
/// </summary>
/// <param name="TreasuryAccount">The account, <c>ta_…</c>.</param>
/// <param name="AsOf">The day at whose end is compared.</param>
/// <param name="Agrees">Whether every difference is zero.</param>
/// <param name="Difference">The three differences added up without their signs.</param>
/// <param name="Bank">The closing balance of the newest whole statement; absent while there is none.</param>
/// <param name="AtBank">The ledger's account at the bank against that balance and what was booked since.</param>
/// <param name="InTransit">Ordered and not yet booked.</param>
/// <param name="Unexplained">Booked and not yet explained, with what a person left so.</param>
/// <param name="Books">What would be at the bank if everything ordered were booked and nothing unexplained.</param>
internal sealed record BalanceComparisonView(string TreasuryAccount, DateOnly AsOf, bool Agrees, MoneyView Difference, BankBalanceView? Bank, ComparedView AtBank, ComparedView InTransit,
    ComparedView Unexplained, MoneyView Books);

/// <summary>What the bank says.</summary>
/// <param name="Closing">The closing balance; positive is money on the account.</param>
/// <param name="ClosingOn">The day of that balance.</param>
/// <param name="Statement">The statement that says it, <c>st_…</c>.</param>
/// <param name="LaterLines">How many lines were booked after it, up to the day of the comparison.</param>
/// <param name="LaterAmount">What they add up to; positive came in.</param>
internal sealed record BankBalanceView(MoneyView Closing, DateOnly ClosingOn, string Statement, int LaterLines, MoneyView LaterAmount);

/// <summary>One amount from two sides.</summary>
/// <param name="Ledger">What the ledger says.</param>
/// <param name="Proven">What statements, orders and lines say.</param>
/// <param name="Difference">The first less the second.</param>
/// <param name="Items">How many lines or orders the second is made of.</param>
/// <param name="Ignored">How many of them a person left unexplained.</param>
internal sealed record ComparedView(MoneyView Ledger, MoneyView Proven, MoneyView Difference, int Items, int? Ignored = null);

/// <summary>GET /v1/treasury-accounts/{id}/balance-comparison.</summary>
internal static class CompareBalances
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/treasury-accounts/{id}/balance-comparison", HandleAsync).Needs(Permission.ReconciliationRead)
        .Answers<BalanceComparisonView>(StatusCodes.Status200OK, "Compare the bank's balance with the ledger's on a day").Refuses(404, 422)
        .Takes("asOf", "The day at whose end is compared, `yyyy-MM-dd`; today (UTC) when absent.");

    private static async Task<IResult> HandleAsync(string id, Caller caller, Database database, CancellationToken ct, DateOnly? asOf = null)
    {
        if (!Id.TryParse<TreasuryAccountId>(id, out var account)) return Reply.Refused(Unknown());
        var view = await database.ReadAsync(caller.Tenant, async session => await BankAccounts.FindAsync(session, account, ct) is { } found
            ? await CompareAsync(session, found, asOf ?? StatementLineEndpoints.Today(database), ct)
            : null, ct);
        return view is null ? Reply.Refused(Unknown()) : Reply.Ok(view, ReconciliationJson.Default.BalanceComparisonView);
    }

    private static async Task<BalanceComparisonView> CompareAsync(Session session, TreasuryAccount account, DateOnly day, CancellationToken ct)
    {
        var closing = await StatementLines.ClosingAtAsync(session, account.Id, day, ct);
        var sums = await StatementLines.SumsAtAsync(session, account.Id, day, closing?.On ?? DateOnly.MinValue, ct);
        var (orders, ordered) = (await session.ListAsync(MatchSql.InTransitAt, [session.Tenant.Value, account.Id.Value, day], Counted, ct))[0];
        var (open, unexplained) = (await session.ListAsync(MatchSql.UnexplainedAt, [account.Id.Value, day], Counted, ct))[0];

        // Debits are positive: what is at the bank is a debit, what waits in transit or in suspense is a credit when it is ours to give.
        var atBank = await BalanceAsync(session, account.AtBank, day, ct);
        var inTransit = -await BalanceAsync(session, account.InTransit, day, ct);
        var suspense = -await BalanceAsync(session, account.Suspense, day, ct);

        MoneyView Money(long minor) => new(minor, account.Currency.Code);
        ComparedView Compared(long ledger, long proven, int items, int? ignored = null) => new(Money(ledger), Money(proven), Money(ledger - proven), items, ignored);
        // Without a statement there is nothing to hold the account against but the lines that made it.
        var bank = Compared(atBank, closing is null ? atBank : closing.Minor + sums.LaterMinor, sums.Later);
        var transit = Compared(inTransit, -ordered, orders);
        var lines = Compared(suspense, unexplained + sums.IgnoredMinor, open + sums.Ignored, sums.Ignored);
        var difference = Math.Abs(bank.Difference.Amount) + Math.Abs(transit.Difference.Amount) + Math.Abs(lines.Difference.Amount);
        return new(account.Id.ToString(), day, difference == 0, Money(difference),
            closing is null ? null : new(Money(closing.Minor), closing.On, closing.Statement.ToString(), sums.Later, Money(sums.LaterMinor)), bank, transit, lines, Money(atBank - inTransit - suspense));
    }

    private static async Task<long> BalanceAsync(Session session, string code, DateOnly day, CancellationToken ct)
    {
        if (await Ledger.Accounts.FindByCodeAsync(session, code, ct) is not { } account) return 0;
        var (debits, credits) = await Ledger.Accounts.BalanceAtAsync(session, account.Id, day, ct);
        return debits - credits;
    }

    private static (int Count, long Minor) Counted(Npgsql.NpgsqlDataReader row) => (row.GetInt32(0), row.GetInt64(1));

    private static Problem Unknown() => new(Errors.NotFound, "There is no such treasury account.");
}
