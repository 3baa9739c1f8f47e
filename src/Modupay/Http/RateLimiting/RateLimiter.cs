using System.Collections.Concurrent;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;

namespace Modupay.Http.RateLimiting;

/// <summary>Whether a request may pass, and what its caller should know.</summary>
internal sealed record RateAnswer(RatePolicy Policy, bool Allowed, int Remaining, TimeSpan Wait);

/// <summary>
/// Counts requests over all sandboxes. A busy sandbox counts ahead: it takes as many at once as it lately needed within a second, so that speed
/// does not cost a round trip for each request. When the table does not answer, each sandbox counts alone (docs/decisions/0024).
/// </summary>
internal sealed class RateLimiter(RateTable table, TimeProvider time, ILogger<RateLimiter> log)
{
    private const int MaxSubjects = 20_000;
    private const int Attempts = 5;
    private static readonly TimeSpan TablePatience = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan TablePause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Allotment> _allotments = new(StringComparer.Ordinal);
    private long _tableFailedAt = long.MinValue;

    public async Task<RateAnswer> TakeAsync(RatePolicy policy, string subject, CancellationToken ct)
    {
        if (_allotments.Count > MaxSubjects) _allotments.Clear();
        var allotment = _allotments.GetOrAdd(subject, _ => new Allotment());
        var now = time.GetUtcNow();
        if (allotment.TryTake(policy, now) is { } taken) return taken;

        await allotment.Turn.WaitAsync(ct);
        try
        {
            // Somebody else of this process may have fetched for everybody who waits here.
            now = time.GetUtcNow();
            return allotment.TryTake(policy, now) ?? await FetchAsync(policy, subject, allotment, now, ct);
        }
        finally
        {
            allotment.Turn.Release();
        }
    }

    private async Task<RateAnswer> FetchAsync(RatePolicy policy, string subject, Allotment allotment, DateTimeOffset now, CancellationToken ct)
    {
        if (Elapsed() is { } since && since < TablePause) return allotment.TakeAlone(policy, now);
        using var patience = new CancellationTokenSource(TablePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            return await CountAsync(policy, subject, allotment, now, either.Token);
        }
        catch (Exception failure) when (failure is AmazonServiceException or AmazonClientException or HttpRequestException || failure is OperationCanceledException && !ct.IsCancellationRequested)
        {
            Volatile.Write(ref _tableFailedAt, time.GetTimestamp());
            log.LogError(failure, "The rate table does not answer; this sandbox counts alone for a second.");
            return allotment.TakeAlone(policy, now);
        }
    }

    private async Task<RateAnswer> CountAsync(RatePolicy policy, string subject, Allotment allotment, DateTimeOffset now, CancellationToken ct)
    {
        var more = allotment.NextLease(policy, now);
        var known = allotment.Shared;
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var stored = known ?? await table.ReadAsync(subject, ct);
            known = null;
            var current = (stored ?? default).At(policy, now);
            var room = current.Remaining(policy, now);
            if (room <= 0)
            {
                // What this sandbox remembers may be old; only a fresh read refuses.
                if (allotment.Shared is not null && attempt == 1) { allotment.Shared = null; continue; }
                return new RateAnswer(policy, false, 0, current.Wait(policy, now));
            }

            var lease = Math.Min(more, room);
            var count = stored is { } same && same.Index == current.Index
                ? await table.TryCountAsync(subject, current, lease, current.Count + room, ct)
                : await table.TryOpenAsync(subject, stored, current with { Count = lease }, now + 3 * policy.Window, ct);
            if (count is { } counted) return allotment.Accept(policy, current with { Count = counted }, lease, now);
        }

        // So many others count at this moment that the table knows it without us.
        return allotment.TakeAlone(policy, now);
    }

    private TimeSpan? Elapsed() => Volatile.Read(ref _tableFailedAt) is var at && at != long.MinValue ? time.GetElapsedTime(at) : null;
}
