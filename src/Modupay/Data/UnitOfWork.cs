using Npgsql;

namespace Modupay.Data;

/// <summary>
/// One PostgreSQL transaction for one tenant: the effect, its idempotency key and the messages it causes are committed together or not at all.
/// </summary>
internal sealed class UnitOfWork(NpgsqlConnection connection, NpgsqlTransaction transaction, TenantId tenant, TimeProvider time, string? departments = null)
    : Session(connection, tenant, departments)
{
    private readonly List<OutboxMessage> _messages = [];
    private readonly List<(string Sql, object?[] Parameters)> _closing = [];

    public DateTimeOffset Now { get; } = Truncate(time.GetUtcNow());

    public TimeProvider Time => time;

    /// <summary>Messages that will leave after the commit, in order.</summary>
    public IReadOnlyList<OutboxMessage> Messages => _messages;

    public void Send(OutboxMessage message) => _messages.Add(message);

    /// <summary>A statement that runs last, in one round trip with the messages: for a row that everybody waits for, so that it is locked as briefly as can be.</summary>
    public void AtCommit(string sql, object?[] parameters) => _closing.Add((sql, parameters));

    internal async Task CommitAsync(CancellationToken ct)
    {
        await ExecuteAllAsync([.. _messages.Select(message => (OutboxSql.Insert, message.Parameters(Tenant, Now))), .. _closing], ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>PostgreSQL keeps microseconds; a value that is compared after a round trip must not carry more.</summary>
    private static DateTimeOffset Truncate(DateTimeOffset instant) => new(instant.Ticks - instant.Ticks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
