using System.Buffers.Binary;
using System.Buffers.Text;
using Microsoft.AspNetCore.Http;

namespace Modupay.Notifications.Events;

/// <summary>
/// A place in the feed, oldest first: everything before it has been read, and nothing will ever appear before it. It is longer than the cursor
/// of other lists, so that one cannot be taken for the other.
/// </summary>
internal sealed record FeedCursor(long Horizon, long Position)
{
    private const char Mark = 'f';
    private const int Length = 23;

    public static FeedCursor Start { get; } = new(-1, 0);

    public static Result<FeedCursor> From(HttpRequest request)
    {
        if (request.Query["cursor"].ToString() is not { Length: > 0 } text) return Start;
        Span<byte> bytes = stackalloc byte[16];
        return text.Length == Length && text[0] == Mark && Base64Url.IsValid(text.AsSpan(1)) && Base64Url.TryDecodeFromChars(text.AsSpan(1), bytes, out var written) && written == 16
            ? new FeedCursor(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]))
            : new Problem(Errors.InvalidCursor, "Send meta.nextCursor of the page before, unchanged.");
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Horizon);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], Position);
        return Mark + Base64Url.EncodeToString(bytes);
    }
}
