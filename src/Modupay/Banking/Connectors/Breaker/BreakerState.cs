namespace Modupay.Banking.Connectors.Breaker;

/// <param name="Failures">So many failures in a row, all within <paramref name="Window"/>, open the circuit.</param>
/// <param name="OpenFor">How long a bank is left alone before one call tries it.</param>
/// <param name="ProbeFor">How long that one call may take; after that another may try, because the first one's process may have died.</param>
internal sealed record BreakerPolicy(int Failures, TimeSpan Window, TimeSpan OpenFor, TimeSpan ProbeFor)
{
    public static readonly BreakerPolicy Default = new(Failures: 5, Window: TimeSpan.FromSeconds(60), OpenFor: TimeSpan.FromSeconds(30), ProbeFor: TimeSpan.FromSeconds(30));
}

// The life of a circuit. What moves it is a call's outcome or the clock.
//
//   closed ─ n failures in a row within the window ─▶ open ─ OpenFor has passed, one caller claims the probe ─▶ half_open
//      ▲                                                ▲                                                          │
//      │                                                └──────────────── the probe failed ────────────────────────┤
//      └───────────────────────────────────────────────────────────────── the probe succeeded ────────────────────┘
//
/// <param name="Since">When the current run of failures began, when the circuit opened, or when the probe was claimed.</param>
internal sealed record BreakerState(Circuit Circuit, int Failures, DateTimeOffset Since)
{
    public static readonly BreakerState Closed = new(Circuit.Closed, 0, DateTimeOffset.UnixEpoch);

    /// <summary>Whether a call may pass now. A call that passes with a next state has to win the write of it: that is how one probe at a time is one.</summary>
    public (bool Passes, BreakerState? Next) Admit(BreakerPolicy policy, DateTimeOffset now) => Circuit switch
    {
        Circuit.Closed => (true, null),
        Circuit.Open when now < Since + policy.OpenFor => (false, null),
        Circuit.HalfOpen when now < Since + policy.ProbeFor => (false, null),
        _ => (true, this with { Circuit = Circuit.HalfOpen, Since = now }),
    };

    public BreakerState Record(bool reached, BreakerPolicy policy, DateTimeOffset now) => (Circuit, reached) switch
    {
        // A call that was admitted before the circuit opened and comes home late says little about the bank now. Only the probe decides.
        (Circuit.Open, _) => this,
        (_, true) => Closed,
        (Circuit.HalfOpen, false) => new(Circuit.Open, Failures, now),
        _ => Count(policy, now),
    };

    public DateTimeOffset RetryAt(BreakerPolicy policy) => Since + (Circuit == Circuit.Open ? policy.OpenFor : policy.ProbeFor);

    private BreakerState Count(BreakerPolicy policy, DateTimeOffset now)
    {
        var counted = Failures == 0 || now - Since > policy.Window ? new BreakerState(Circuit.Closed, 1, now) : this with { Failures = Failures + 1 };
        return counted.Failures >= policy.Failures ? new(Circuit.Open, counted.Failures, now) : counted;
    }
}

internal enum Circuit { Closed, Open, HalfOpen }
