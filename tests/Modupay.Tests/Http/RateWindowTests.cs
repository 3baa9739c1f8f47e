using Modupay.Http.RateLimiting;

namespace Modupay.Tests.Http;

public class RateWindowTests
{
    private static readonly RatePolicy Policy = new("credential", Limit: 100, TimeSpan.FromSeconds(60));
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(60 * 1_000_000);

    [Theory]
    // In window 1 000 000: previous, count, seconds into the window, remaining.
    [InlineData(0, 0, 0, 100)]
    [InlineData(0, 100, 0, 0)]
    [InlineData(100, 0, 0, 0)]
    [InlineData(100, 0, 30, 50)]
    [InlineData(100, 50, 30, 0)]
    [InlineData(100, 60, 30, -10)]
    [InlineData(1, 0, 59, 99)]
    [InlineData(100, 0, 60, 100)]
    [InlineData(0, 100, 60, 0)]
    [InlineData(0, 100, 90, 50)]
    [InlineData(0, 100, 120, 100)]
    public void What_was_counted_before_fades_evenly(int previous, int count, int seconds, int remaining) =>
        Assert.Equal(remaining, new RateWindow(1_000_000, previous, count).Remaining(Policy, Start.AddSeconds(seconds)));

    [Fact]
    public void Whoever_waits_as_long_as_told_passes_and_whoever_comes_earlier_does_not()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var window = new RateWindow(1_000_000, random.Next(0, 130), random.Next(0, 130));
            var now = Start.AddMilliseconds(random.Next(0, 60_000));
            var wait = window.Wait(Policy, now);
            Assert.True(window.Remaining(Policy, now + wait) > 0, $"{window} at {now:ss.fff}: waited {wait}");
            if (wait > TimeSpan.FromMilliseconds(2)) Assert.True(window.Remaining(Policy, now + wait - TimeSpan.FromMilliseconds(2)) <= 0, $"{window} at {now:ss.fff}: {wait} is too long");
        }
    }

    [Fact]
    public void In_no_stretch_of_a_window_pass_more_than_twice_the_limit_and_evenly_sent_requests_never_more_than_the_limit()
    {
        // One request every 400 ms is 150 a minute, half as many again as allowed.
        var (window, passed) = (default(RateWindow), new List<DateTimeOffset>());
        for (var now = Start; now < Start.AddMinutes(10); now = now.AddMilliseconds(400))
        {
            window = window.At(Policy, now);
            if (window.Remaining(Policy, now) <= 0) continue;
            window = window with { Count = window.Count + 1 };
            passed.Add(now);
        }
        var busiest = passed.Max(from => passed.Count(at => at >= from && at < from.AddMinutes(1)));
        Assert.InRange(busiest, 90, 105);
    }
}
