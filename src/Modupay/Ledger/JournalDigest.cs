using System.Buffers;
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
        var bytes = new ArrayBufferWriter<byte>(512);
        Write(bytes, journal.Source);
        Write(bytes, (int)journal.Kind);
        Write(bytes, journal.EffectiveOn.DayNumber);
        Write(bytes, journal.Description);
        Write(bytes, journal.Related is { } related ? related.ToString() : "");
        Write(bytes, journal.ExpiresAt?.UtcTicks ?? 0);
        foreach (var posting in journal.Postings)
        {
            Write(bytes, posting.Account);
            Write(bytes, posting.Amount.Currency.Code);
            Write(bytes, posting.Amount.Minor);
            Write(bytes, (int)posting.Layer);
        }
        return SHA256.HashData(bytes.WrittenSpan);
    }

    private static void Write(ArrayBufferWriter<byte> bytes, string text)
    {
        Write(bytes, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, bytes);
    }

    private static void Write(ArrayBufferWriter<byte> bytes, long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(bytes.GetSpan(8), number);
        bytes.Advance(8);
    }
}
