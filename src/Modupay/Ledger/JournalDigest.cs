using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Modupay.Ledger;

/// <summary>
/// What makes two journals of one source the same: everything that was asked for, except the conditions, which were true once and need not be
/// again. Every text is preceded by its length, so that no two journals run together.
/// </summary>
internal static class JournalDigest
{
    public static byte[] Of(Journal journal)
    {
        using var stream = new MemoryStream(256);
        Write(stream, journal.Source);
        Write(stream, (int)journal.Kind);
        Write(stream, journal.EffectiveOn.DayNumber);
        Write(stream, journal.Description);
        Write(stream, journal.Related is { } related ? related.ToString() : "");
        Write(stream, journal.ExpiresAt?.UtcTicks ?? 0);
        foreach (var posting in journal.Postings)
        {
            Write(stream, posting.Account);
            Write(stream, posting.Amount.Currency.Code);
            Write(stream, posting.Amount.Minor);
            Write(stream, (int)posting.Layer);
        }
        return SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    private static void Write(MemoryStream stream, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Write(stream, bytes.Length);
        stream.Write(bytes);
    }

    private static void Write(MemoryStream stream, long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        stream.Write(bytes);
    }
}
