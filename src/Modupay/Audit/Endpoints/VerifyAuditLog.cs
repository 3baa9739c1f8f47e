using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Audit.Endpoints;

/// <summary>What recomputing the log found.</summary>
/// <param name="Intact">Whether there is nothing to find.</param>
/// <param name="Entries">How many entries were checked.</param>
/// <param name="Head">Where the chain ends. Keep it, and send it with a later verification: then nobody can cut the log off or rewrite it unseen.</param>
/// <param name="Findings">What does not fit; at most about a thousand.</param>
internal sealed record AuditVerificationView(bool Intact, long Entries, string Head, IReadOnlyList<AuditFindingView> Findings)
{
    public static AuditVerificationView Of(AuditReport report) => new(report.Findings.Count == 0, report.Entries, report.Head.ToString(),
        [.. report.Findings.Select(finding => new AuditFindingView(finding.Kind, finding.Subject))]);
}

/// <summary>Something in the log that is not as it was written.</summary>
/// <param name="Kind"><c>entry_altered</c>, <c>entry_missing</c>, <c>chain_broken</c>, <c>head_wrong</c> or <c>head_broken</c> (a signed or remembered head does not fit).</param>
/// <param name="Subject">Which entry or entries: an id, or places such as <c>entry 17</c>.</param>
internal sealed record AuditFindingView(string Kind, string Subject);

/// <summary>GET /v1/audit-logs/verification: what the verb <c>audit verify</c> does.</summary>
internal static class VerifyAuditLog
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/audit-logs/verification", VerifyAsync).Needs(Permission.AuditRead)
        .Answers<AuditVerificationView>(StatusCodes.Status200OK, "Recompute the chain of the audit log, trusting nothing that is stored").Refuses(422)
        .Takes("head", "`head` of an earlier answer: the log must still pass through it.");

    private static async Task<IResult> VerifyAsync(Caller caller, Database database, CancellationToken ct, string? head = null)
    {
        AuditHead? remembered = null;
        if (head is not null && !AuditHead.TryParse(head, out remembered))
            return Reply.Refused(new(Errors.InvalidRequest, "The head cannot be read.", [new("head", "invalid", "A sequence and 64 hexadecimal digits, as an earlier verification answered: 17:0a1b….")]));
        var report = await database.ReadAsync(caller.Tenant, session => AuditVerification.RunAsync(session, remembered, ct), ct);
        return Reply.Ok(AuditVerificationView.Of(report), AuditJson.Default.AuditVerificationView);
    }
}
