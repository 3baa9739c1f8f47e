using Npgsql;

namespace Modupay.Data;

/// <summary>
/// One PostgreSQL transaction for one tenant: the effect, its idempotency key and the messages it causes are committed together or not at all.
/// </summary>
internal sealed class UnitOfWork(NpgsqlConnection connection, NpgsqlTransaction transaction, TenantId tenant, TimeProvider time, string? departments = null)
    : Session(connection, tenant, departments)
{
    private readonly List<OutboxMessage> _messages = [];

    public DateTimeOffset Now { get; } = Truncate(time.GetUtcNow());

    public TimeProvider Time => time;

    /// <summary>Messages that will leave after the commit, in order.</summary>
    public IReadOnlyList<OutboxMessage> Messages => _messages;

    public void Send(OutboxMessage message) => _messages.Add(message);

    internal async Task CommitAsync(CancellationToken ct)
    {
        await ExecuteAllAsync([.. _messages.Select(message => (OutboxSql.Insert, message.Parameters(Tenant, Now)))], ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>PostgreSQL keeps microseconds; a value that is compared after a round trip must not carry more.</summary>
    private static DateTimeOffset Truncate(DateTimeOffset instant) => new(instant.Ticks - instant.Ticks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
