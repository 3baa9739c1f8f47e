using System.Diagnostics.CodeAnalysis;
using Polly;
using Polly.Retry;

namespace Modupay.Kernel;

/// <summary>
/// How often something is tried and how long to wait in between: the one policy of the product. Inside a call it becomes a Polly pipeline;
/// where each attempt is a queue message of its own, <see cref="DelayAfter"/> says when the next one is due.
/// </summary>
/// <param name="Delays">The wait after the first failure, the second, …: one more attempt than delays.</param>
/// <param name="Jitter">Which part of a delay is left to chance, 0 to 1, so that those who failed together do not come back together.</param>
internal sealed record RetryPolicy(IReadOnlyList<TimeSpan> Delays, double Jitter)
{
    public int MaxAttempts => Delays.Count + 1;

    public TimeSpan LongestDelay => Delays.Count == 0 ? TimeSpan.Zero : Delays.Max();

    /// <summary>Each delay is twice the one before, up to the longest.</summary>
    public static RetryPolicy Exponential(int attempts, TimeSpan first, TimeSpan longest, double jitter = 0.5) =>
        new([.. Enumerable.Range(0, attempts - 1).Select(i => TimeSpan.FromTicks((long)Math.Min(longest.Ticks, first.Ticks * Math.Pow(2, i))))], jitter);

    /// <summary>The wait after so many failed attempts, or null when that was the last one.</summary>
    /// <param name="chance">0 to 1: the caller's dice.</param>
    public TimeSpan? DelayAfter(int failedAttempts, double chance) => failedAttempts > Delays.Count ? null : Delays[failedAttempts - 1] * (1 - Jitter / 2 + Jitter * chance);

    /// <param name="again">Whether this answer may be tried again. What throws is never tried again: retry only what is proven not done.</param>
    /// <param name="askedToWait">How long the other side asked us to wait; never less than that is waited.</param>
    public ResiliencePipeline<T> Pipeline<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(TimeProvider time, Func<T, bool> again, Func<T, TimeSpan> askedToWait)
    {
        // Polly insists on at least one retry.
        if (Delays.Count == 0) return ResiliencePipeline<T>.Empty;
        return new ResiliencePipelineBuilder<T> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<T>
            {
                MaxRetryAttempts = Delays.Count,
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is null && again(arguments.Outcome.Result!)),
                DelayGenerator = arguments =>
                {
                    var own = DelayAfter(arguments.AttemptNumber + 1, Random.Shared.NextDouble()) ?? TimeSpan.Zero;
                    var asked = askedToWait(arguments.Outcome.Result!);
                    return ValueTask.FromResult<TimeSpan?>(own > asked ? own : asked);
                },
            })
            .Build();
    }
}
