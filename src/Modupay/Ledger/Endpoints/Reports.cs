using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Ledger.Proof;
using Modupay.Tenancy;

namespace Modupay.Ledger.Endpoints;

/// <summary>GET /v1/ledger/trial-balance and /v1/ledger/verification.</summary>
internal static class Reports
{
    internal sealed record TrialBalanceView(DateOnly At, IReadOnlyList<TrialBalanceLine> Accounts, IReadOnlyList<TrialBalanceTotal> Totals);

    internal sealed record TrialBalanceLine(string Account, string Name, string NormalSide, MoneyView Debits, MoneyView Credits);

    /// <summary>Debits and credits are equal, or the ledger is not one.</summary>
    internal sealed record TrialBalanceTotal(MoneyView Debits, MoneyView Credits);

    internal sealed record VerificationView(bool Intact, long Journals, long Blocks, IReadOnlyList<FindingView> Findings);

    internal sealed record FindingView(string Kind, string Subject);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/ledger/trial-balance", TrialBalanceAsync).Needs(Permission.LedgerRead).Answers<TrialBalanceView>(StatusCodes.Status200OK, "Debits and credits of every account at the end of a day").Refuses(422);
        routes.MapGet("/v1/ledger/verification", VerifyAsync).Needs(Permission.LedgerRead).Answers<VerificationView>(StatusCodes.Status200OK, "Recompute the ledger and its chain, trusting nothing that is stored");
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

    private static async Task<IResult> VerifyAsync(Caller caller, Database database, CancellationToken ct)
    {
        var report = await database.ReadAsync(caller.Tenant, session => Verification.RunAsync(session, ct), ct);
        return Reply.Ok(new VerificationView(report.Findings.Count == 0, report.Journals, report.Blocks,
            [.. report.Findings.Select(finding => new FindingView(finding.Kind, finding.Subject))]), LedgerJson.Default.VerificationView);
    }
}
