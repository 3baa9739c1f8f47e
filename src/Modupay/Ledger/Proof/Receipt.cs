using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.Ledger.Proof;

/// <summary>
/// Proof that a journal is part of the ledger, which anybody can check without us: the text of the journal, the way up to its block, the block,
/// and the way up to a signed head. <c>verify-receipt.mjs</c> in this folder checks it in thirty lines.
/// </summary>
internal static class Receipt
{
    /// <returns>Null while the journal is not in a block, which takes about a minute. Without a head the proof ends at the block.</returns>
    public static async Task<JsonObject?> OfAsync(Session session, JournalId id, CancellationToken ct)
    {
        var leaves = await session.ListAsync(BlockSql.LeavesOfBlockWith, [session.Tenant.Value, id.Value],
            row => (Number: row.GetInt64(0), Position: row.GetInt32(1), Leaf: row.GetFieldValue<byte[]>(2), Journal: row.GetGuid(3)), ct);
        if (leaves.Count == 0 || await Journals.FindAsync(session, id, ct) is not { } journal) return null;

        var number = leaves[0].Number;
        var blocks = await session.ListAsync(BlockSql.All, [session.Tenant.Value], Block.Read, ct);
        var block = blocks.Single(candidate => candidate.Number == number);
        var head = await session.FirstAsync(BlockSql.HeadAtOrAfter, [session.Tenant.Value, number], Head.Read, ct);
        var receipt = new JsonObject
        {
            ["journal"] = JournalText.Of(session.Tenant, journal),
            ["journalPath"] = Show(Merkle.Path([.. leaves.Select(leaf => leaf.Leaf)], leaves.FindIndex(leaf => leaf.Journal == id.Value))),
            ["block"] = Block.Text(session.Tenant, block.Number, block.Journals, block.Root, block.Previous, block.SealedAt),
        };
        if (head is null) return receipt;
        receipt["blockPath"] = Show(Merkle.Path([.. blocks.Take((int)head.Blocks).Select(item => item.Hash)], (int)number - 1));
        receipt["head"] = new JsonObject
        {
            ["text"] = System.Text.Encoding.UTF8.GetString(Head.Message(session.Tenant, head.Blocks, head.Root)),
            ["keyId"] = head.KeyId,
            ["signature"] = Convert.ToBase64String(head.Signature),
            ["signedAt"] = head.SignedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        };
        return receipt;
    }

    private static JsonArray Show(IReadOnlyList<Sibling> path) =>
        [.. path.Select(sibling => (JsonNode)(JsonValue.Create((sibling.OnLeft ? "L" : "R") + Convert.ToHexStringLower(sibling.Hash))!))];
}
