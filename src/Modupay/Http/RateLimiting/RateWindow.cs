namespace Modupay.Http.RateLimiting;

/// <summary>So many requests in any stretch of time as long as the window.</summary>
/// <param name="Name">What is counted, as the headers call it.</param>
internal sealed record RatePolicy(string Name, int Limit, TimeSpan Window)
{
    public long WindowMs => (long)Window.TotalMilliseconds;
}

/// <summary>
/// How many requests were counted in the current window of the clock and in the one before. A sliding window is estimated from the two: of the
/// one before counts the share that still lies within reach. That needs two numbers a caller and errs by little, and never past one window.
/// </summary>
/// <param name="Index">Which window of the clock: the number of whole windows since 1970.</param>
internal readonly record struct RateWindow(long Index, int Previous, int Count)
{
    /// <summary>The same counts as they stand at a later moment.</summary>
    public RateWindow At(RatePolicy policy, DateTimeOffset now)
    {
        var index = now.ToUnixTimeMilliseconds() / policy.WindowMs;
        return index == Index ? this : new RateWindow(index, index == Index + 1 ? Count : 0, 0);
    }

    /// <summary>How many more may be counted now. Negative when more were counted than are allowed.</summary>
    public int Remaining(RatePolicy policy, DateTimeOffset now)
    {
        var current = At(policy, now);
        // Rounded up, so that the limit is never exceeded by rounding.
        var weighted = (current.Previous * Left(policy, now) + policy.WindowMs - 1) / policy.WindowMs;
        return policy.Limit - current.Count - (int)weighted;
    }

    /// <summary>How long until one more may be counted, if nobody else comes.</summary>
    public TimeSpan Wait(RatePolicy policy, DateTimeOffset now)
    {
        if (Remaining(policy, now) > 0) return TimeSpan.Zero;
        var current = At(policy, now);
        // Within this window the previous one fades: previous * left / window <= limit - count - 1.
        if (current.Count < policy.Limit) return Until(policy, Left(policy, now), current.Previous, policy.Limit - current.Count - 1);
        // In the next window it is this one's count that fades.
        return TimeSpan.FromMilliseconds(Left(policy, now)) + Until(policy, policy.WindowMs, current.Count, policy.Limit - 1);
    }

    private static TimeSpan Until(RatePolicy policy, long left, int fading, int bearable) =>
        TimeSpan.FromMilliseconds(Math.Max(0, left - bearable * policy.WindowMs / Math.Max(1, fading)));

    /// <summary>Milliseconds until the window of the clock ends.</summary>
    private static long Left(RatePolicy policy, DateTimeOffset now) => policy.WindowMs - now.ToUnixTimeMilliseconds() % policy.WindowMs;
}
