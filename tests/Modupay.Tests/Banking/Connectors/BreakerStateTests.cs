using Modupay.Banking.Connectors.Breaker;

namespace Modupay.Tests.Banking.Connectors;

public sealed class BreakerStateTests
{
    private static readonly BreakerPolicy Policy = new(Failures: 3, Window: TimeSpan.FromSeconds(60), OpenFor: TimeSpan.FromSeconds(30), ProbeFor: TimeSpan.FromSeconds(20));
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    // At which second a call failed (-) or succeeded (+), and what the circuit is then.
    [InlineData("-0 -1", "Closed")]
    [InlineData("-0 -1 -2", "Open")]
    [InlineData("-0 -1 +2 -3 -4", "Closed")]
    [InlineData("-0 -1 -61", "Closed")]
    [InlineData("-0 -50 -60", "Open")]
    [InlineData("-0 -1 -2 +3", "Open")]
    public void Opens_after_so_many_failures_in_a_row_within_the_window(string calls, string expected) => Assert.Equal(expected, After(calls).Circuit.ToString());

    [Fact]
    public void An_open_circuit_lets_nobody_pass_and_then_one()
    {
        var open = After("-0 -1 -2");
        Assert.Equal((false, null), open.Admit(Policy, At(31.9)));

        var (passes, probing) = open.Admit(Policy, At(32));
        Assert.True(passes);
        Assert.Equal(Circuit.HalfOpen, probing!.Circuit);
        Assert.Equal((false, null), probing.Admit(Policy, At(33)));
    }

    [Fact]
    public void The_probe_decides()
    {
        var probing = After("-0 -1 -2").Admit(Policy, At(40)).Next!;
        Assert.Equal(BreakerState.Closed, probing.Record(reached: true, Policy, At(41)));

        var reopened = probing.Record(reached: false, Policy, At(41));
        Assert.Equal(Circuit.Open, reopened.Circuit);
        Assert.Equal((false, null), reopened.Admit(Policy, At(70)));
        Assert.True(reopened.Admit(Policy, At(71)).Passes);
    }

    [Fact]
    public void A_probe_whose_process_died_is_taken_over()
    {
        var probing = After("-0 -1 -2").Admit(Policy, At(40)).Next!;
        Assert.False(probing.Admit(Policy, At(59)).Passes);
        var (passes, next) = probing.Admit(Policy, At(60));
        Assert.True(passes);
        Assert.Equal(At(60), next!.Since);
    }

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);

    private static BreakerState After(string calls) => calls.Split(' ').Aggregate(BreakerState.Closed,
        (state, call) => state.Record(call[0] == '+', Policy, At(double.Parse(call[1..]))));
}
