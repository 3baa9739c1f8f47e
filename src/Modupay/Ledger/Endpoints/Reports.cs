using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Ledger.Proof;

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

    /// <summary>With which key the heads of this ledger are signed. Keep it: a proof is worth as much as the key it is checked with.</summary>
    internal sealed record HeadKeyView(string KeyId, string Algorithm, string PublicKey);

    /// <summary>A signature over the root of all blocks so far. <c>Text</c> is what was signed.</summary>
    internal sealed record HeadView(long Blocks, string Text, string KeyId, string Signature, DateTimeOffset SignedAt);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/ledger/heads", HeadsAsync).AnswersList<HeadView>("The signed heads of the ledger, newest first");
        routes.MapGet("/v1/ledger/head-key", HeadKeyAsync).Answers<HeadKeyView>(StatusCodes.Status200OK, "The public key that heads are signed with");
        routes.MapGet("/v1/ledger/trial-balance", TrialBalanceAsync).Answers<TrialBalanceView>(StatusCodes.Status200OK, "Debits and credits of every account at the end of a day").Refuses(422);
        routes.MapGet("/v1/ledger/verification", VerifyAsync).Answers<VerificationView>(StatusCodes.Status200OK, "Recompute the ledger and its chain, trusting nothing that is stored");
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

    private static async Task<IResult> HeadsAsync(Caller caller, Database database, CancellationToken ct)
    {
        var heads = await database.ListAsync(caller.Tenant, BlockSql.NewestHeads, [caller.Tenant.Value], Head.Read, ct);
        return Reply.Ok([.. heads.Select(head => new HeadView(head.Blocks, System.Text.Encoding.UTF8.GetString(Head.Message(caller.Tenant, head.Blocks, head.Root)), head.KeyId,
            Convert.ToBase64String(head.Signature), head.SignedAt))], LedgerJson.Default.IReadOnlyListHeadView, null);
    }

    private static async Task<IResult> HeadKeyAsync(IHeadKey keys, CancellationToken ct)
    {
        var key = await keys.PublicKeyAsync(ct);
        return Reply.Ok(new HeadKeyView(key.Id, HeadKey.Algorithm, key.Pem), LedgerJson.Default.HeadKeyView);
    }

    private static async Task<IResult> VerifyAsync(Caller caller, Database database, IHeadKey keys, CancellationToken ct)
    {
        var key = await keys.PublicKeyAsync(ct);
        var report = await database.ReadAsync(caller.Tenant, session => Verification.RunAsync(session, key, [], ct), ct);
        return Reply.Ok(new VerificationView(report.Findings.Count == 0, report.Journals, report.Blocks,
            [.. report.Findings.Select(finding => new FindingView(finding.Kind, finding.Subject))]), LedgerJson.Default.VerificationView);
    }
}
