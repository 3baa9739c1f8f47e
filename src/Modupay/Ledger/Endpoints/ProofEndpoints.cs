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
    /// <summary>What recomputing the ledger found.</summary>
    /// <param name="Intact">Whether there is nothing to find.</param>
    /// <param name="Journals">How many journals were checked.</param>
    /// <param name="Blocks">How many blocks of the chain were checked.</param>
    /// <param name="Findings">What does not fit.</param>
    internal sealed record VerificationView(bool Intact, long Journals, long Blocks, IReadOnlyList<FindingView> Findings);

    /// <summary>Something in the ledger that is not as it was written.</summary>
    /// <param name="Kind">What is wrong, such as <c>journal_altered</c> or <c>balance_wrong</c>.</param>
    /// <param name="Subject">What it is wrong with: a journal, an account, a block or a head.</param>
    internal sealed record FindingView(string Kind, string Subject);

    /// <summary>A signature over the root of all blocks so far.</summary>
    /// <param name="Blocks">How many blocks it covers.</param>
    /// <param name="Text">What was signed, byte for byte.</param>
    /// <param name="KeyId">Which key signed.</param>
    /// <param name="Signature">The signature, base64 of its DER form.</param>
    /// <param name="SignedAt">When it was signed (UTC).</param>
    internal sealed record HeadView(long Blocks, string Text, string KeyId, string Signature, DateTimeOffset SignedAt);

    /// <summary>Keep it elsewhere: a proof is worth as much as the key it is checked with.</summary>
    /// <param name="KeyId">Which key it is.</param>
    /// <param name="Algorithm">How it signs: <c>ECDSA_SHA_256</c>.</param>
    /// <param name="PublicKey">The key in PEM.</param>
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
