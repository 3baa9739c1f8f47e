namespace Modupay.Ledger.Proof;

/// <summary>
/// The job <c>ledger-head</c>, once a day: signs the root over all blocks and locks it away. It does not sign a chain that no longer contains
/// what it signed before; then somebody has been at the database, and the job fails until a person has looked.
/// </summary>
internal sealed class PublishHead(Database database, IHeadSigner signer, KeptHeads kept)
{
    /// <returns>The newest head, or null while there is no block.</returns>
    public async Task<Head?> RunAsync(TenantId tenant, CancellationToken ct)
    {
        var before = (await kept.NewestAsync(tenant, ct))?.Head(tenant);
        var signed = await database.TransactAsync<HeadAnswer>(tenant, async unit =>
        {
            var blocks = await unit.ListAsync(BlockSql.All, [tenant.Value], Block.Read, ct);
            return before is not null && !before.Covers(blocks)
                ? throw new InvalidOperationException($"The ledger of {tenant} does not contain the {before.Blocks} blocks whose head was signed at {before.SignedAt:u}. It is not signed again.")
                : new HeadAnswer(await Sealing.SignAsync(unit, signer, blocks, ct));
        }, ct);
        // After the commit: what is locked away for seven years must be what the database has.
        if (signed.Value.Head is { } head) await kept.KeepAsync(tenant, head, await signer.PublicKeyAsync(ct), ct);
        return signed.Value.Head;
    }

    private sealed record HeadAnswer(Head? Head);
}
