namespace Modupay.Http.RateLimiting;

/// <summary>What one process has counted ahead for one subject, and what it last heard of all the others.</summary>
internal sealed class Allotment
{
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private RateWindow _shared;
    private bool _heard;
    private int _ahead;
    private int _lease;
    private DateTimeOffset _leasedAt;
    private RateWindow _alone;

    /// <summary>One at a time asks the table; the others wait for what it brings.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The counts of all sandboxes as this one last heard them.</summary>
    public RateWindow? Shared
    {
        get { lock (_lock) return _heard ? _shared : null; }
        set { lock (_lock) (_shared, _heard) = (value ?? default, value is not null); }
    }

    /// <summary>Takes one of those that were counted ahead in this window.</summary>
    public RateAnswer? TryTake(RatePolicy policy, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_ahead == 0 || _shared.At(policy, now).Index != _shared.Index) return null;
            _ahead--;
            return Allowed(policy, now);
        }
    }

    /// <summary>Twice as many as last time when those were gone within a second, half as many otherwise; never more than a fiftieth of the limit, because what is not used is lost to others.</summary>
    public int NextLease(RatePolicy policy, DateTimeOffset now)
    {
        lock (_lock) return Math.Clamp(now - _leasedAt < Busy ? _lease * 2 : _lease / 2, 1, Math.Max(1, policy.Limit / 50));
    }

    public RateAnswer Accept(RatePolicy policy, RateWindow counted, int lease, DateTimeOffset now)
    {
        lock (_lock)
        {
            (_shared, _heard, _lease, _leasedAt) = (counted, true, lease, now);
            _ahead = lease - 1;
            return Allowed(policy, now);
        }
    }

    /// <summary>Without the table: the same limit, counted by this process alone.</summary>
    public RateAnswer TakeAlone(RatePolicy policy, DateTimeOffset now)
    {
        lock (_lock)
        {
            _alone = _alone.At(policy, now);
            var room = _alone.Remaining(policy, now);
            if (room <= 0) return new RateAnswer(policy, false, 0, _alone.Wait(policy, now));
            _alone = _alone with { Count = _alone.Count + 1 };
            return new RateAnswer(policy, true, room - 1, TimeSpan.Zero);
        }
    }

    private RateAnswer Allowed(RatePolicy policy, DateTimeOffset now) => new(policy, true, Math.Max(0, _shared.Remaining(policy, now)) + _ahead, TimeSpan.Zero);
}
