using System.Security.Cryptography;

namespace Modupay.Ledger.Proof;

/// <summary>
/// The tree of RFC 6962: a leaf is hashed behind a zero byte and a node behind a one byte, so that neither can be passed off as the other, and an
/// odd number of leaves needs no copies.
/// </summary>
internal static class Merkle
{
    public static byte[] Leaf(ReadOnlySpan<byte> data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        hash.AppendData(data);
        return hash.GetHashAndReset();
    }

    public static byte[] Root(IReadOnlyList<byte[]> leaves) => Root(leaves, 0, leaves.Count);

    /// <summary>The hashes that lead from a leaf to the root, nearest first, and on which side each of them stands.</summary>
    public static IReadOnlyList<Sibling> Path(IReadOnlyList<byte[]> leaves, int index)
    {
        var path = new List<Sibling>();
        Walk(0, leaves.Count);
        return path;

        void Walk(int from, int count)
        {
            if (count == 1) return;
            var left = Split(count);
            if (index < from + left)
            {
                Walk(from, left);
                path.Add(new(false, Root(leaves, from + left, count - left)));
            }
            else
            {
                Walk(from + left, count - left);
                path.Add(new(true, Root(leaves, from, left)));
            }
        }
    }

    private static byte[] Root(IReadOnlyList<byte[]> leaves, int from, int count)
    {
        if (count == 1) return leaves[from];
        var left = Split(count);
        return Node(Root(leaves, from, left), Root(leaves, from + left, count - left));
    }

    /// <summary>The largest power of two below the count.</summary>
    private static int Split(int count) => 1 << (31 - int.LeadingZeroCount(count - 1));

    private static byte[] Node(byte[] left, byte[] right)
    {
        Span<byte> both = stackalloc byte[65];
        both[0] = 1;
        left.CopyTo(both[1..]);
        right.CopyTo(both[33..]);
        return SHA256.HashData(both);
    }
}

internal sealed record Sibling(bool OnLeft, byte[] Hash);
