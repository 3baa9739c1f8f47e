namespace Modupay.People;

/// <summary>What a session remembers of its refresh tokens: the one that counts now, the one before it, and when they changed.</summary>
internal sealed record RefreshFamily(byte[] Current, byte[]? Previous, DateTimeOffset RotatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? EndedAt);

internal enum RefreshMove
{
    /// <summary>The current token: it becomes the previous one, and a new one current.</summary>
    Rotate,
    /// <summary>The previous token, a moment later: the answer was lost on the way. The successor nobody used is replaced.</summary>
    Repeat,
    /// <summary>A token that was spent: two parties hold this family, and we cannot know which is the thief. It ends.</summary>
    Reused,
    Expired,
    Ended,
}

// The life of a refresh token. Of all tokens a login ever got, at most one works, or two for a moment.
//
//   current ─(rotate)─▶ previous ─(10 s, or its successor is used)─▶ spent ─(presented)─▶ the whole family ends
internal static class RefreshRotation
{
    /// <summary>Long enough to repeat a request whose answer was lost, and too short to be of use to who finds a token in a backup or a log.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>A session that is not refreshed for so long ends; nobody sits in front of it.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromDays(7);

    /// <summary>A login lasts no longer than this, however often it is refreshed.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <param name="presented">The hash of a token that was issued to this family.</param>
    public static RefreshMove Decide(RefreshFamily family, ReadOnlySpan<byte> presented, DateTimeOffset now)
    {
        if (family.EndedAt is not null) return RefreshMove.Ended;
        var isCurrent = presented.SequenceEqual(family.Current);
        var isRepeated = family.Previous is { } previous && presented.SequenceEqual(previous) && now < family.RotatedAt + Grace;
        if (!isCurrent && !isRepeated) return RefreshMove.Reused;
        if (now >= family.ExpiresAt || now >= family.RotatedAt + Idle) return RefreshMove.Expired;
        return isCurrent ? RefreshMove.Rotate : RefreshMove.Repeat;
    }
}
