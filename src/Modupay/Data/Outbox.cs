using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Modupay.Data;

/// <summary>
/// Something a queue must hear if, and only if, the transaction commits. A message without a delay is sent by the committing process right
/// after the commit; a delayed one is a reminder that the sweep sends when it falls due, unless it has been cancelled by then.
/// </summary>
internal sealed record OutboxMessage(Guid Id, string Queue, string Body, TimeSpan Delay)
{
    public static OutboxMessage Now(TimeProvider time, string queue, string body) => new(Guid.CreateVersion7(time.GetUtcNow()), queue, body, TimeSpan.Zero);

    public static OutboxMessage Later(Guid id, string queue, string body, TimeSpan delay) => new(id, queue, body, delay);

    internal object?[] Parameters(TenantId tenant, DateTimeOffset now) => [Id, tenant.Value, Queue, Body, Activity.Current?.Id, now + Delay, now];
}

internal static class OutboxSql
{
    /// <summary>A reminder that is set again moves; it does not double.</summary>
    internal const string Insert = """
        insert into platform.outbox (outbox_id, tenant_id, queue, body, trace_parent, available_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (outbox_id) do update set available_at = excluded.available_at, body = excluded.body
        """;

    internal const string Delete = "delete from platform.outbox where outbox_id = any($1)";

    /// <summary>What is due and was not written only just now: the grace leaves a committing process time to send its own messages first.</summary>
    internal const string ClaimDue = """
        select outbox_id, queue, body, trace_parent
        from platform.outbox
        where available_at <= $1 and created_at <= $2
        order by available_at
        limit $3
        for update skip locked
        """;
}

/// <summary>Puts messages on a queue. Answers which of them the queue accepted.</summary>
internal interface IMessageQueue
{
    Task<IReadOnlySet<Guid>> SendAsync(string queue, IReadOnlyList<QueuedMessage> messages, CancellationToken ct);
}

internal sealed record QueuedMessage(Guid Id, string Body, string? TraceParent);

/// <summary>Moves committed messages to their queues: at once after a commit, and by the sweep what a dead process left behind.</summary>
internal sealed class OutboxRelay(IMessageQueue queue, ILogger<OutboxRelay> log)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    /// <summary>Never throws for a queue that does not answer: the message is committed, and the sweep will send it.</summary>
    public async Task SendCommittedAsync(Database database, TenantId tenant, IReadOnlyList<OutboxMessage> messages, CancellationToken ct)
    {
        var due = messages.Where(message => message.Delay == TimeSpan.Zero).ToList();
        if (due.Count == 0) return;
        try
        {
            var sent = await SendAsync(due.Select(message => (message.Queue, new QueuedMessage(message.Id, message.Body, Activity.Current?.Id))), ct);
            if (sent.Count > 0) await database.ExecuteAsync(tenant, OutboxSql.Delete, [sent.ToArray()], ct);
        }
        catch (Exception exception)
        {
            log.LogWarning(exception, "{Count} committed messages were not sent; the sweep will send them.", due.Count);
        }
    }

    /// <summary>Sends what is due, oldest first, as the relay role, which sees every tenant's outbox and nothing else.</summary>
    public async Task<int> SweepAsync(Database database, TimeProvider time, int batchSize, CancellationToken ct)
    {
        var total = 0;
        while (!ct.IsCancellationRequested)
        {
            var (claimed, sent) = await database.RelayAsync(async session =>
            {
                var due = await session.ListAsync(OutboxSql.ClaimDue, [time.GetUtcNow(), time.GetUtcNow() - Grace, batchSize],
                    row => (Queue: row.GetString(1), Message: new QueuedMessage(row.GetGuid(0), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3))), ct);
                var accepted = await SendAsync(due, ct);
                if (accepted.Count > 0) await session.ExecuteAsync(OutboxSql.Delete, [accepted.ToArray()], ct);
                return (due.Count, accepted.Count);
            }, ct);
            total += sent;
            if (claimed < batchSize || sent == 0) return total;
        }
        return total;
    }

    private async Task<HashSet<Guid>> SendAsync(IEnumerable<(string Queue, QueuedMessage Message)> messages, CancellationToken ct)
    {
        var sent = new HashSet<Guid>();
        foreach (var group in messages.GroupBy(item => item.Queue, item => item.Message, StringComparer.Ordinal))
            sent.UnionWith(await queue.SendAsync(group.Key, [.. group], ct));
        return sent;
    }
}
