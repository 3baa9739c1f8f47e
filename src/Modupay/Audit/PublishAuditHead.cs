using Modupay.Ledger.Proof;

namespace Modupay.Audit;

/// <summary>
/// The job <c>audit-head</c>, once a day: signs where the log ends and locks it away beside the ledger's heads. It does not sign a log that no longer
/// passes through what it signed before; then somebody has been at the database, and the job fails until a person has looked.
/// </summary>
internal sealed class PublishAuditHead(Database database, IHeadSigner signer, KeptHeads kept)
{
    /// <returns>The newest anchor, or null while there is no entry.</returns>
    public async Task<AuditAnchor?> RunAsync(TenantId tenant, CancellationToken ct)
    {
        var before = await kept.NewestAsync(Folder(tenant), ct) is { } head ? AuditAnchor.HeadOf(tenant, head.Text) : null;
        var signed = await database.TransactAsync<SignedAnchor>(tenant, async unit =>
        {
            if (before is not null && !await before.IsPassedByAsync(unit, ct))
                throw new InvalidOperationException($"The audit log of {tenant} does not pass through the head of entry {before.Sequence} that was signed before. It is not signed again.");
            return new SignedAnchor(await AuditAnchor.SignAsync(unit, signer, ct));
        }, ct);
        // After the commit: what is locked away for seven years must be what the database has.
        if (signed.Value.Anchor is { } anchor) await kept.KeepAsync($"{Folder(tenant)}{anchor.Head.Sequence:D12}.json", anchor.Kept(tenant, await signer.PublicKeyAsync(ct)), ct);
        return signed.Value.Anchor;
    }

    private static string Folder(TenantId tenant) => $"audit/{tenant}/";

    private sealed record SignedAnchor(AuditAnchor? Anchor);
}
