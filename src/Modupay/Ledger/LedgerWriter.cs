using System.Threading.Channels;

namespace Modupay.Ledger;

/// <summary>
/// Group commit for a process that posts for many callers at once: while one batch is in flight the next one gathers, so a busy account is
/// updated once per batch and not once per posting. Nothing waits for company: a lone journal leaves at once. Lambda functions have one caller
/// at a time and use the door; the local host, a container and queue consumers profit.
/// </summary>
internal sealed class LedgerWriter : IAsyncDisposable
{
    /// <summary>Far below what the server accepts, far above where a larger batch gains anything.</summary>
    private const int MaxBatch = 1000;

    private readonly Database _database;
    private readonly Channel<Waiting> _queue = Channel.CreateUnbounded<Waiting>();
    private readonly Task _running;

    public LedgerWriter(Database database)
    {
        _database = database;
        // One writer, because two large batches over the same accounts only wait for each other.
        _running = Task.Run(WriteAsync);
    }

    /// <summary>Posts one journal in a transaction of its own. Cancelling stops the waiting, not a posting that is already on its way.</summary>
    public async Task<Result<Posted>> PostAsync(TenantId tenant, Journal journal, CancellationToken ct)
    {
        var waiting = new Waiting(tenant, journal, new(TaskCreationOptions.RunContinuationsAsynchronously));
        ObjectDisposedException.ThrowIf(!_queue.Writer.TryWrite(waiting), this);
        return await waiting.Answer.Task.WaitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _running;
    }

    private async Task WriteAsync()
    {
        var batch = new List<Waiting>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var waiting)) batch.Add(waiting);
            // A transaction speaks for one tenant.
            foreach (var group in batch.GroupBy(waiting => waiting.Tenant)) await WriteAsync(group.Key, [.. group]);
            // Who just heard an answer often comes again at once. Standing behind them in the pool's queue, we take all of them with us; alone, we lose nothing.
            if (batch.Count > 1) await Task.Yield();
            batch.Clear();
        }
    }

    private async Task WriteAsync(TenantId tenant, IReadOnlyList<Waiting> group)
    {
        try
        {
            var outcomes = await LedgerDoor.PostAloneAsync(_database, tenant, [.. group.Select(waiting => new[] { waiting.Journal })], CancellationToken.None);
            for (var i = 0; i < group.Count; i++) group[i].Answer.SetResult(outcomes[i]);
        }
        catch (Exception exception)
        {
            // Every caller hears it. Posting again is safe: the source tells whether it was done.
            foreach (var waiting in group) waiting.Answer.TrySetException(exception);
        }
    }

    private sealed record Waiting(TenantId Tenant, Journal Journal, TaskCompletionSource<Result<Posted>> Answer);
}
