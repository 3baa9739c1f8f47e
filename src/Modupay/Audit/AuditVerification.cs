using Modupay.Ledger.Proof;

namespace Modupay.Audit;

internal sealed record AuditReport(long Entries, AuditHead Head, IReadOnlyList<Finding> Findings);

/// <summary>
/// Recomputes the chain of a tenant from its entries, trusting nothing that was stored. What somebody with every privilege in the database changed,
/// removed, added or moved shows up here. Only if he also rewrote everything after it, the end included, it takes what was remembered elsewhere: a
/// signed anchor, or the head that somebody noted.
/// </summary>
internal static class AuditVerification
{
    private const int Page = 2000;
    private const int MostFindings = 1000;

    public static async Task<AuditReport> RunAsync(Session session, AuditHead? remembered, CancellationToken ct)
    {
        var end = (await session.ListAsync(AuditSql.End, [session.Tenant.Value], row => (Head: new AuditHead(row.GetInt64(0), row.GetFieldValue<byte[]>(1)), Last: row.GetInt64(2)), ct))[0];
        var known = (await session.ListAsync(AuditSql.Anchors, [session.Tenant.Value], AuditAnchor.Read, ct)).ConvertAll(anchor => anchor.Head);
        if (remembered is not null) known.Add(remembered);
        var remember = known.ToLookup(head => head.Sequence);

        var findings = new List<Finding>();
        // What was appended since the end was read is the next verification's.
        var upTo = Math.Max(end.Head.Sequence, end.Last);
        var (count, sequence, previous) = (0L, 0L, Block.BeforeTheFirst);
        while (sequence < upTo && findings.Count < MostFindings)
        {
            var page = await session.ListAsync(AuditSql.After, [session.Tenant.Value, sequence, Page], LinkedEntry.Read, ct);
            if (page.Count == 0) break;
            foreach (var linked in page.TakeWhile(linked => linked.Sequence <= upTo))
            {
                count++;
                Check(session.Tenant, linked, sequence, previous, findings);
                if (remember[linked.Sequence].Any(head => !Same(head.Hash, linked.Hash))) findings.Add(new("head_broken", At(linked.Sequence)));
                (sequence, previous) = (linked.Sequence, linked.Hash);
            }
            if (page[^1].Sequence >= upTo) break;
        }

        if (findings.Count < MostFindings)
        {
            if (end.Head.Sequence > sequence) findings.Add(new("entry_missing", Between(sequence + 1, end.Head.Sequence)));
            if (end.Head.Sequence < sequence || (end.Head.Sequence == sequence && !Same(end.Head.Hash, previous))) findings.Add(new("head_wrong", At(end.Head.Sequence)));
            foreach (var head in known.Where(head => head.Sequence > sequence && head.Sequence > end.Head.Sequence)) findings.Add(new("entry_missing", Between(sequence + 1, head.Sequence)));
        }
        return new(count, end.Head, findings);
    }

    private static void Check(TenantId tenant, LinkedEntry linked, long before, byte[] previous, List<Finding> findings)
    {
        var isNext = linked.Sequence == before + 1;
        if (!isNext) findings.Add(new("entry_missing", Between(before + 1, linked.Sequence - 1)));
        if (!Same(AuditText.Link(linked.Sequence, linked.Previous, AuditText.Content(tenant, linked.Entry)), linked.Hash)) findings.Add(new("entry_altered", linked.Entry.Id.ToString()));
        // After a gap the link before is not there to compare with; the gap is the finding.
        if (isNext && !Same(linked.Previous, previous)) findings.Add(new("chain_broken", At(linked.Sequence)));
    }

    private static bool Same(byte[] one, byte[] other) => one.AsSpan().SequenceEqual(other);

    private static string At(long sequence) => $"entry {sequence}";

    private static string Between(long from, long to) => from >= to ? At(from) : $"entries {from} to {to}";
}
