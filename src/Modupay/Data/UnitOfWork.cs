using Npgsql;

namespace Modupay.Data;

/// <summary>
/// One PostgreSQL transaction for one tenant: the effect, its idempotency key and the messages it causes are committed together or not at all.
/// </summary>
internal sealed class UnitOfWork(NpgsqlConnection connection, TenantId tenant, TimeProvider time, string? departments = null)
    : Session(connection, tenant, departments)
{
    // In a transaction that has failed "commit" answers "rollback" and no error. Any statement before it fails there, so there always is one.
    private const string Alive = "select 1";
    private const string Commit = "commit";

    private readonly List<OutboxMessage> _messages = [];
    private readonly List<(string Sql, object?[] Parameters)> _closing = [];

    public DateTimeOffset Now { get; } = Truncate(time.GetUtcNow());

    public TimeProvider Time => time;

    /// <summary>Messages that will leave after the commit, in order.</summary>
    public IReadOnlyList<OutboxMessage> Messages => _messages;

    public void Send(OutboxMessage message) => _messages.Add(message);

    /// <summary>A condition of the whole unit, as a statement that fails where it does not hold. It runs before whatever comes first, in one round trip with it.</summary>
    public void Require(string sql, object?[] parameters) => Lead(sql, parameters);

    /// <summary>Asks now what was required, if nothing has been asked of the database since.</summary>
    public Task EnsureRequiredAsync(CancellationToken ct) => ExecuteAllAsync([(Alive, [])], ct);

    /// <summary>A statement that runs last, in one round trip with the messages and the commit: it costs no trip of its own, and a row that everybody waits for is locked as briefly as can be.</summary>
    public void AtCommit(string sql, object?[] parameters) => _closing.Add((sql, parameters));

    /// <summary>One round trip. A statement of it that fails throws, and the server skips the rest, the commit too.</summary>
    internal Task CommitAsync(CancellationToken ct) =>
        ExecuteAllAsync([.. _messages.Select(message => (OutboxSql.Insert, message.Parameters(Tenant, Now))), .. _closing, (Alive, []), (Commit, [])], ct);

    /// <summary>PostgreSQL keeps microseconds; a value that is compared after a round trip must not carry more.</summary>
    private static DateTimeOffset Truncate(DateTimeOffset instant) => new(instant.Ticks - instant.Ticks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
