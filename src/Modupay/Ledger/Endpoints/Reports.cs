using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Ledger.Endpoints;

/// <summary>What was posted up to the end of a day, by effective day.</summary>
/// <param name="At">The day at whose end is counted.</param>
/// <param name="Accounts">Every account.</param>
/// <param name="Totals">The sums per currency.</param>
internal sealed record TrialBalanceView(DateOnly At, IReadOnlyList<TrialBalanceLine> Accounts, IReadOnlyList<TrialBalanceTotal> Totals);

/// <summary>One account in a trial balance.</summary>
/// <param name="Account">The code of the account.</param>
/// <param name="Name">Its name.</param>
/// <param name="NormalSide">On which side it grows.</param>
/// <param name="Debits">The sum of its debits, without a sign.</param>
/// <param name="Credits">The sum of its credits, without a sign.</param>
internal sealed record TrialBalanceLine(string Account, string Name, string NormalSide, MoneyView Debits, MoneyView Credits);

/// <summary>Debits and credits are equal, or the ledger is not one.</summary>
/// <param name="Debits">The sum of all debits in one currency.</param>
/// <param name="Credits">The sum of all credits in that currency.</param>
internal sealed record TrialBalanceTotal(MoneyView Debits, MoneyView Credits);

/// <summary>GET /v1/ledger/trial-balance.</summary>
internal static class Reports
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/ledger/trial-balance", TrialBalanceAsync).Needs(Permission.LedgerRead).Answers<TrialBalanceView>(StatusCodes.Status200OK, "Debits and credits of every account at the end of a day").Refuses(422)
            .Takes("at", "The effective day at whose end is counted, `yyyy-MM-dd`; today (UTC) when absent.");
    }

    private static async Task<IResult> TrialBalanceAsync(Caller caller, Database database, CancellationToken ct, DateOnly? at = null)
    {
        var day = at ?? DateOnly.FromDateTime(database.Time.GetUtcNow().UtcDateTime);
        var rows = await database.ReadAsync(caller.Tenant, session => Accounts.TrialBalanceAsync(session, day, ct), ct);
        var lines = rows.ConvertAll(row => new TrialBalanceLine(row.Account, row.Name, row.Side == NormalSide.Debit ? "debit" : "credit", new(row.Debits, row.Currency), new(row.Credits, row.Currency)));
        var totals = rows.GroupBy(row => row.Currency, StringComparer.Ordinal)
            .Select(group => new TrialBalanceTotal(new(group.Sum(row => row.Debits), group.Key), new(group.Sum(row => row.Credits), group.Key))).ToList();
        return Reply.Ok(new TrialBalanceView(day, lines, totals), LedgerJson.Default.TrialBalanceView);
    }
}
