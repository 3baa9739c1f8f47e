using System.Globalization;
using System.Text;
using Npgsql;

namespace Modupay.Ledger.Proof;

internal static class BlockSql
{
    internal const string LockChain = "select pg_advisory_xact_lock(hashtextextended('ledger.chain' || $1::text, 0))";

    internal const string Unsealed = "select journal_id from ledger.unsealed where tenant_id = $1 order by journal_id limit $2";

    internal const string Last = "select number, journals, root, previous, hash, sealed_at from ledger.blocks where tenant_id = $1 order by number desc limit 1";

    internal const string All = "select number, journals, root, previous, hash, sealed_at from ledger.blocks where tenant_id = $1 order by number";

    internal const string Seal = "select ledger.seal($1, $2, $3, $4, $5, $6, $7)";

    internal const string LeavesOfBlockWith = """
        select number, position, leaf, journal_id from ledger.block_journals
        where tenant_id = $1 and number = (select number from ledger.block_journals where tenant_id = $1 and journal_id = $2) order by position
        """;

    internal const string SignHead = "select ledger.sign_head($1, $2, $3, $4, $5)";

    internal const string HeadAtOrAfter = "select blocks, root, key_id, signature, signed_at from ledger.heads where tenant_id = $1 and blocks >= $2 order by blocks limit 1";

    internal const string NewestHeads = "select blocks, root, key_id, signature, signed_at from ledger.heads where tenant_id = $1 order by blocks desc limit 100";

    internal const string Heads = "select blocks, root, key_id, signature, signed_at from ledger.heads where tenant_id = $1 order by blocks";

    internal const string TenantsWithUnsealed = "select distinct tenant_id from ledger.unsealed";
}

/// <summary>A block of the chain: how many journals, the root of their tree, and the block before it.</summary>
internal sealed record Block(long Number, int Journals, byte[] Root, byte[] Previous, byte[] Hash, DateTimeOffset SealedAt)
{
    public static readonly byte[] BeforeTheFirst = new byte[32];

    public static Block Of(TenantId tenant, long number, int journals, byte[] root, byte[] previous, DateTimeOffset sealedAt) =>
        new(number, journals, root, previous, Merkle.Leaf(Encoding.UTF8.GetBytes(Text(tenant, number, journals, root, previous, sealedAt))), sealedAt);

    /// <summary>The header is text too, so that whoever checks a receipt can read what he hashes.</summary>
    public static string Text(TenantId tenant, long number, int journals, byte[] root, byte[] previous, DateTimeOffset sealedAt) => string.Create(CultureInfo.InvariantCulture,
        $"modupay-block-1\t{tenant}\t{number}\t{journals}\t{Convert.ToHexStringLower(root)}\t{Convert.ToHexStringLower(previous)}\t{sealedAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}\n");

    internal static Block Read(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetInt32(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3),
        row.GetFieldValue<byte[]>(4), row.GetFieldValue<DateTimeOffset>(5));
}

/// <summary>The root of the tree over the first so many blocks, signed.</summary>
internal sealed record Head(long Blocks, byte[] Root, string KeyId, byte[] Signature, DateTimeOffset SignedAt)
{
    public static byte[] Message(TenantId tenant, long blocks, byte[] root) =>
        Encoding.UTF8.GetBytes($"modupay-ledger-head-1\t{tenant}\t{blocks}\t{Convert.ToHexStringLower(root)}\n");

    /// <summary>Whether these blocks begin with the ones that were signed.</summary>
    public bool Covers(IReadOnlyList<Block> blocks) =>
        Blocks <= blocks.Count && Merkle.Root([.. blocks.Take((int)Blocks).Select(block => block.Hash)]).AsSpan().SequenceEqual(Root);

    internal static Head Read(NpgsqlDataReader row) =>
        new(row.GetInt64(0), row.GetFieldValue<byte[]>(1), row.GetString(2), row.GetFieldValue<byte[]>(3), row.GetFieldValue<DateTimeOffset>(4));
}

internal static class Sealing
{
    private const int MostPerBlock = 10_000;

    /// <summary>Puts what was posted since the last block into a new one. Posting never waits for this: it only adds to the queue.</summary>
    public static async Task<Block?> SealAsync(UnitOfWork unit, CancellationToken ct)
    {
        await unit.ExecuteAsync(BlockSql.LockChain, [unit.Tenant.Value.ToString()], ct);
        var ids = await unit.ListAsync(BlockSql.Unsealed, [unit.Tenant.Value, MostPerBlock], row => row.GetGuid(0), ct);
        if (ids.Count == 0) return null;

        var journals = await Journals.FindAllAsync(unit, [.. ids], ct);
        var leaves = journals.Select(journal => JournalText.Leaf(unit.Tenant, journal)).ToList();
        var last = await unit.FirstAsync(BlockSql.Last, [unit.Tenant.Value], Block.Read, ct);
        var block = Block.Of(unit.Tenant, (last?.Number ?? 0) + 1, leaves.Count, Merkle.Root(leaves), last?.Hash ?? Block.BeforeTheFirst, unit.Now);
        await unit.ListAsync(BlockSql.Seal, [block.SealedAt, block.Number, block.Previous, block.Root, block.Hash, journals.Select(journal => journal.Id.Value).ToArray(), leaves.ToArray()],
            _ => true, ct);
        return block;
    }

    /// <summary>Signs the tree over all blocks, unless that was done already.</summary>
    public static async Task<Head?> SignAsync(UnitOfWork unit, IHeadSigner signer, IReadOnlyList<Block> blocks, CancellationToken ct)
    {
        if (blocks.Count == 0) return null;
        if (await unit.FirstAsync(BlockSql.HeadAtOrAfter, [unit.Tenant.Value, (long)blocks.Count], Head.Read, ct) is { } done) return done;
        var root = Merkle.Root([.. blocks.Select(block => block.Hash)]);
        var (key, signature) = await signer.SignAsync(Head.Message(unit.Tenant, blocks.Count, root), ct);
        await unit.ListAsync(BlockSql.SignHead, [unit.Now, (long)blocks.Count, root, key, signature], _ => true, ct);
        // Two runs at once sign differently; the one that was written first counts.
        return await unit.FirstAsync(BlockSql.HeadAtOrAfter, [unit.Tenant.Value, (long)blocks.Count], Head.Read, ct);
    }
}
