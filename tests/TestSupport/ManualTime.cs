using System.Collections.Concurrent;

namespace Modupay.TestSupport;

/// <summary>
/// A clock that moves when a test says so, timers included. <see cref="Run{T}"/> goes further: it runs asynchronous code on one thread and,
/// whenever nothing is left to do, jumps to the next timer, so that an hour of waiting takes no time and always happens in the same order.
/// Code that hops to the thread pool (Task.Run, CancelAsync) would be overtaken by the jump.
/// </summary>
internal sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    public static readonly DateTimeOffset NewYear = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<ManualTimer> _timers = [];
    private readonly Lock _lock = new();
    private DateTimeOffset _now = start;

    public ManualTime() : this(NewYear)
    {
    }

    public DateTimeOffset Now => GetUtcNow();

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Moves the clock and fires what falls due on the way, each timer at its own instant.</summary>
    public void Advance(TimeSpan by)
    {
        var until = Now + by;
        while (NextTimer(until) is { } timer) Fire(timer);
        lock (_lock) _now = until;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Runs to completion in virtual time. What it awaits must be timers or its own tasks, not sockets or processes.</summary>
    public T Run<T>(Func<Task<T>> work)
    {
        var before = SynchronizationContext.Current;
        using var pump = new Pump();
        SynchronizationContext.SetSynchronizationContext(pump);
        try
        {
            var task = work();
            while (!task.IsCompleted)
            {
                if (pump.RunOne(TimeSpan.Zero)) continue;
                if (NextTimer(DateTimeOffset.MaxValue) is { } timer) Fire(timer);
                else if (!pump.RunOne(TimeSpan.FromSeconds(10))) throw new InvalidOperationException("The code under test waits for something that is no timer.");
            }

            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    public void Run(Func<Task> work) => Run(async () =>
    {
        await work();
        return true;
    });

    private ManualTimer? NextTimer(DateTimeOffset until)
    {
        lock (_lock) return _timers.Where(timer => timer.DueAt <= until).MinBy(timer => timer.DueAt);
    }

    private void Fire(ManualTimer timer)
    {
        lock (_lock)
        {
            if (timer.DueAt > _now) _now = timer.DueAt;
            if (timer.Period > TimeSpan.Zero) timer.DueAt = _now + timer.Period;
            else _timers.Remove(timer);
        }

        timer.Callback();
    }

    private sealed class ManualTimer(ManualTime time, Action callback) : ITimer
    {
        public DateTimeOffset DueAt { get; set; }
        public TimeSpan Period { get; private set; }
        public Action Callback => callback;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                (DueAt, Period) = (time._now + dueTime, period);
                time._timers.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._lock) time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Pump : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];

        public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

        public bool RunOne(TimeSpan wait)
        {
            if (!_queue.TryTake(out var item, wait)) return false;
            item.Callback(item.State);
            return true;
        }

        public void Dispose() => _queue.Dispose();
    }
}
