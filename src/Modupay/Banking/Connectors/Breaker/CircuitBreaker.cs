using Amazon.Runtime;
using Microsoft.Extensions.Logging;

namespace Modupay.Banking.Connectors.Breaker;

/// <summary>
/// The circuit to one bank, shared by every sandbox that calls it. When the table does not answer, calls pass: the breaker spares a bank that is
/// down, and must not become the reason why no money moves (docs/decisions/0020).
/// </summary>
internal sealed class CircuitBreaker(string name, BreakerPolicy policy, BreakerTable table, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan ReadLasts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TablePatience = TimeSpan.FromMilliseconds(800);
    private const int WriteAttempts = 4;

    private Reading? _last;

    /// <summary>Zero when the call may go; otherwise how long to leave the bank alone.</summary>
    public Task<TimeSpan> AdmitAsync(CancellationToken ct) => OrPassAsync(async token =>
    {
        var now = time.GetUtcNow();
        var stored = Fresh(now) ?? await ReadAsync(token);
        var (passes, next) = stored.State.Admit(policy, now);
        if (!passes) return Wait(stored.State, now);
        if (next is null) return TimeSpan.Zero;

        if (await WriteAsync(stored, next, token)) return TimeSpan.Zero;
        // Somebody else claimed the probe between our read and our write.
        var winner = await ReadAsync(token);
        return winner.State.Admit(policy, now).Passes && winner.State.Circuit == Circuit.Closed ? TimeSpan.Zero : Wait(winner.State, now);
    }, TimeSpan.Zero, ct);

    /// <param name="reached">Whether the bank answered in its own voice, be it yes or no.</param>
    public Task RecordAsync(bool reached, CancellationToken ct) => OrPassAsync(async token =>
    {
        for (var attempt = 1; attempt <= WriteAttempts; attempt++)
        {
            var now = time.GetUtcNow();
            // The usual case, a good call to a good bank, costs no round trip while the last read is fresh.
            var stored = (attempt == 1 && reached ? Fresh(now) : null) ?? await ReadAsync(token);
            var next = stored.State.Record(reached, policy, now);
            if (next == stored.State || await WriteAsync(stored, next, token)) return true;
        }

        // So many others recorded at the same moment that the circuit is well informed without us.
        log.LogInformation("Circuit {Circuit} is contended; one outcome was not counted.", name);
        return false;
    }, false, ct);

    private async Task<StoredBreaker> ReadAsync(CancellationToken ct)
    {
        var stored = await table.ReadAsync(name, time.GetUtcNow(), ct);
        Remember(stored);
        return stored;
    }

    private async Task<bool> WriteAsync(StoredBreaker stored, BreakerState next, CancellationToken ct)
    {
        if (await table.TryWriteAsync(name, stored, next, time.GetUtcNow(), ct) is not { } written)
        {
            _last = null;
            return false;
        }

        Remember(written);
        if (next.Circuit != stored.State.Circuit)
            log.LogWarning("Circuit {Circuit} went from {From} to {To} after {Failures} failures.", name, stored.State.Circuit, next.Circuit, stored.State.Failures);
        return true;
    }

    private StoredBreaker? Fresh(DateTimeOffset now) => _last is { } last && now < last.Until ? last.Stored : null;

    private void Remember(StoredBreaker stored) => _last = new Reading(stored, time.GetUtcNow() + ReadLasts);

    private TimeSpan Wait(BreakerState state, DateTimeOffset now)
    {
        var wait = state.RetryAt(policy) - now;
        return wait > TimeSpan.FromSeconds(1) ? wait : TimeSpan.FromSeconds(1);
    }

    private async Task<T> OrPassAsync<T>(Func<CancellationToken, Task<T>> work, T passing, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(TablePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            return await work(either.Token);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested && failure is AmazonServiceException or AmazonClientException or HttpRequestException or OperationCanceledException)
        {
            log.LogError(failure, "Circuit {Circuit} cannot be read or written; calls pass without it.", name);
            // For a second nobody waits for the table again.
            Remember(new StoredBreaker(BreakerState.Closed, _last?.Stored.Version ?? 0));
            return passing;
        }
    }

    private sealed record Reading(StoredBreaker Stored, DateTimeOffset Until);
}
