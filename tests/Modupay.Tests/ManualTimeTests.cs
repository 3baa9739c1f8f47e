using Xunit;

namespace Modupay.Tests;

public sealed class ManualTimeTests
{
    [Fact]
    public void Timers_fire_in_the_order_they_are_due_and_see_their_own_instant()
    {
        var time = new ManualTime();
        var seen = new List<(string, double)>();
        using var late = time.CreateTimer(_ => seen.Add(("late", Seconds())), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var often = time.CreateTimer(_ => seen.Add(("often", Seconds())), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        using var never = time.CreateTimer(_ => seen.Add(("never", Seconds())), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal([("often", 1), ("late", 3), ("often", 3)], seen);
        double Seconds() => (time.Now - ManualTime.NewYear).TotalSeconds;
    }

    [Fact]
    public void An_hour_of_nested_waits_runs_at_once()
    {
        var time = new ManualTime();

        var slept = time.Run(async () =>
        {
            var naps = Enumerable.Range(1, 6).Select(async n =>
            {
                for (var i = 0; i < n; i++) await Task.Delay(TimeSpan.FromMinutes(10), time);
                return n;
            });
            return (await Task.WhenAll(naps)).Sum();
        });

        Assert.Equal((21, ManualTime.NewYear.AddHours(1)), (slept, time.Now));
    }
}
