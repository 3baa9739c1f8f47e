using Modupay.Kernel;

namespace Modupay.Tests.Kernel;

public sealed class RetryPolicyTests
{
    private static readonly RetryPolicy Policy = RetryPolicy.Exponential(attempts: 4, TimeSpan.FromSeconds(1), longest: TimeSpan.FromSeconds(3), jitter: 0.5);

    [Fact]
    public void Delays_double_up_to_the_longest() =>
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3)], Policy.Delays);

    [Theory]
    [InlineData(1, 0.0, 0.75)]
    [InlineData(1, 0.5, 1.0)]
    [InlineData(1, 1.0, 1.25)]
    [InlineData(3, 0.5, 3.0)]
    public void Chance_moves_a_delay_by_the_jitter(int failed, double chance, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Policy.DelayAfter(failed, chance));

    [Fact]
    public void After_the_last_attempt_there_is_no_delay() => Assert.Null(Policy.DelayAfter(4, 0.5));

    [Fact]
    public async Task Tries_again_only_what_may_be_tried_again_and_waits_in_between()
    {
        var (time, attempts) = (new ImpatientTime(), 0);
        var result = await (Policy with { Jitter = 0 }).Pipeline<string>(time, again: answer => answer == "busy", askedToWait: _ => TimeSpan.Zero)
            .ExecuteAsync(_ => ValueTask.FromResult(++attempts < 3 ? "busy" : "done"));
        Assert.Equal("done", result);
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)], time.Waited);
    }

    [Fact]
    public async Task Gives_up_after_the_last_attempt()
    {
        var (time, attempts) = (new ImpatientTime(), 0);
        var result = await Policy.Pipeline<string>(time, again: _ => true, askedToWait: _ => TimeSpan.Zero).ExecuteAsync(_ => ValueTask.FromResult($"busy {++attempts}"));
        Assert.Equal("busy 4", result);
        Assert.Equal(3, time.Waited.Count);
    }

    [Fact]
    public async Task Waits_as_long_as_it_was_asked_to()
    {
        var (time, attempts) = (new ImpatientTime(), 0);
        await Policy.Pipeline<string>(time, again: _ => attempts < 2, askedToWait: _ => TimeSpan.FromSeconds(7)).ExecuteAsync(_ => ValueTask.FromResult($"busy {++attempts}"));
        Assert.Equal([TimeSpan.FromSeconds(7)], time.Waited);
    }

    [Fact]
    public async Task What_throws_is_not_tried_again()
    {
        var attempts = 0;
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Policy.Pipeline<string>(new ImpatientTime(), again: _ => true, askedToWait: _ => TimeSpan.Zero)
            .ExecuteAsync<string>(_ => ++attempts > 0 ? throw new InvalidOperationException("a bug") : ValueTask.FromResult("")));
        Assert.Equal(1, attempts);
    }

    /// <summary>Remembers every wait and waits for none.</summary>
    private sealed class ImpatientTime : TimeProvider
    {
        public List<TimeSpan> Waited { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero) Waited.Add(dueTime);
            return base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : dueTime, period);
        }
    }
}
