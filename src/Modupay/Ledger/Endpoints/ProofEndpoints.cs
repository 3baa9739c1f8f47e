using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Ledger.Proof;
using Modupay.Tenancy;

namespace Modupay.Ledger.Endpoints;

/// <summary>GET /v1/ledger/verification, /heads and /head-key: is the ledger what it was, and who says so.</summary>
internal static class ProofEndpoints
{
    internal sealed record VerificationView(bool Intact, long Journals, long Blocks, IReadOnlyList<FindingView> Findings);

    internal sealed record FindingView(string Kind, string Subject);

    /// <summary>A signature over the root of all blocks so far. <c>Text</c> is what was signed.</summary>
    internal sealed record HeadView(long Blocks, string Text, string KeyId, string Signature, DateTimeOffset SignedAt);

    /// <summary>Keep it elsewhere: a proof is worth as much as the key it is checked with.</summary>
    internal sealed record HeadKeyView(string KeyId, string Algorithm, string PublicKey);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/ledger/verification", VerifyAsync).Needs(Permission.LedgerRead).Answers<VerificationView>(StatusCodes.Status200OK, "Recompute the ledger and its chain, trusting nothing that is stored");
        routes.MapGet("/v1/ledger/heads", HeadsAsync).Needs(Permission.LedgerRead).AnswersWholeList<HeadView>("The newest hundred signed heads of the ledger");
        routes.MapGet("/v1/ledger/head-key", HeadKeyAsync).Needs(Permission.LedgerRead).Answers<HeadKeyView>(StatusCodes.Status200OK, "The public key that heads are signed with");
    }

    private static async Task<IResult> VerifyAsync(Caller caller, Database database, IHeadKey keys, CancellationToken ct)
    {
        var key = await keys.PublicKeyAsync(ct);
        var report = await database.ReadAsync(caller.Tenant, session => Verification.RunAsync(session, key, [], ct), ct, System.Data.IsolationLevel.RepeatableRead);
        return Reply.Ok(new VerificationView(report.Findings.Count == 0, report.Journals, report.Blocks,
            [.. report.Findings.Select(finding => new FindingView(finding.Kind, finding.Subject))]), LedgerJson.Default.VerificationView);
    }

    private static async Task<IResult> HeadsAsync(Caller caller, Database database, CancellationToken ct)
    {
        var heads = await database.ListAsync(caller.Tenant, BlockSql.NewestHeads, [caller.Tenant.Value], Head.Read, ct);
        return Reply.Ok([.. heads.Select(head => new HeadView(head.Blocks, Encoding.UTF8.GetString(Head.Message(caller.Tenant, head.Blocks, head.Root)), head.KeyId,
            Convert.ToBase64String(head.Signature), head.SignedAt))], LedgerJson.Default.IReadOnlyListHeadView, null);
    }

    private static async Task<IResult> HeadKeyAsync(IHeadKey keys, CancellationToken ct)
    {
        var key = await keys.PublicKeyAsync(ct);
        return Reply.Ok(new HeadKeyView(key.Id, HeadKey.Algorithm, key.Pem), LedgerJson.Default.HeadKeyView);
    }
}
