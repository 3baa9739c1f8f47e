using System.Data;
using Npgsql;

namespace Modupay.Data;

/// <summary>PostgreSQL, one tenant at a time. The role it connects as cannot bypass row-level security, so forgetting a tenant shows nothing.</summary>
internal sealed class Database(ConnectionPool source, OutboxRelay relay, TimeProvider time, string? departments = null, bool ownsPool = true) : IAsyncDisposable
{
    private const int Tries = 4;

    public TimeProvider Time => time;

    /// <summary>
    /// The same database for somebody who is confined to some departments: policies hide the rest, whatever a statement asks for. An empty list
    /// shows nothing, null everything. It borrows the pool, so whoever disposes of it closes nothing.
    /// </summary>
    public Database Within(IReadOnlyList<DepartmentId>? confinedTo) => new(source, relay, time, confinedTo switch
    {
        null => null,
        [] => Guid.Empty.ToString(),
        _ => string.Join(',', confinedTo.Select(department => department.Value)),
    }, ownsPool: false);

    /// <param name="isolation">Repeatable read for whoever compares what several statements read.</param>
    public async Task<T> ReadAsync<T>(TenantId tenant, Func<Session, Task<T>> read, CancellationToken ct, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        // Without an explicit transaction set_config(…, true) lasts for one batch, so a reader that needs several statements takes this one.
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(isolation, ct);
        var result = await read(new ReadSession(connection, tenant, departments));
        await transaction.CommitAsync(ct);
        return result;
    }

    /// <summary>One statement, one round trip: the tenant is set and the statement runs in the batch's implicit transaction.</summary>
    public async Task<List<T>> ListAsync<T>(TenantId tenant, string sql, object?[] parameters, Func<NpgsqlDataReader, T> map, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await new ReadSession(connection, tenant, departments).ListAsync(sql, parameters, map, ct);
    }

    public async Task<T?> FirstAsync<T>(TenantId tenant, string sql, object?[] parameters, Func<NpgsqlDataReader, T> map, CancellationToken ct) where T : class =>
        (await ListAsync(tenant, sql, parameters, map, ct)).FirstOrDefault();

    public async Task<int> ExecuteAsync(TenantId tenant, string sql, object?[] parameters, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await new ReadSession(connection, tenant, departments).ExecuteAsync(sql, parameters, ct);
    }

    /// <summary>
    /// Runs the work and commits it together with its messages, then sends those. A refusal commits nothing. The commit itself is not
    /// cancelled: a caller that hangs up must not leave us unsure whether we did it.
    /// </summary>
    /// <param name="work">It runs again when PostgreSQL undid it for somebody else's sake, so what it changes besides the database it must be able to change twice.</param>
    public async Task<Result<T>> TransactAsync<T>(TenantId tenant, Func<UnitOfWork, Task<Result<T>>> work, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await TryTransactAsync(tenant, work, ct);
            }
            catch (PostgresException undone) when (undone.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && tries < Tries)
            {
                // Nothing was committed, and whoever was in the way has finished.
                continue;
            }
        }
    }

    private async Task<Result<T>> TryTransactAsync<T>(TenantId tenant, Func<UnitOfWork, Task<Result<T>>> work, CancellationToken ct)
    {
        Result<T> result;
        IReadOnlyList<OutboxMessage> messages;
        await using (var connection = await source.OpenConnectionAsync(ct))
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            var unit = new UnitOfWork(connection, tenant, time, departments);
            result = await work(unit);
            if (result.Problem is not null) return result;
            await unit.CommitAsync(CancellationToken.None);
            messages = unit.Messages;
        }
        await relay.SendCommittedAsync(this, tenant, messages, CancellationToken.None);
        return result;
    }

    /// <summary>
    /// Reads what may be seen by who can name it before a tenant is known: an API key by its hash, an organization by its id. The policies on
    /// those tables compare against the setting, so nothing can be listed this way.
    /// </summary>
    public async Task<List<T>> ListByAsync<T>(LookUp lookUp, string value, string sql, object?[] parameters, Func<NpgsqlDataReader, T> map, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Session.Command("select set_config($1, $2, true)", [SettingOf(lookUp), value]));
        batch.BatchCommands.Add(Session.Command(sql, parameters));
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct)) rows.Add(map(reader));
        return rows;
    }

    private static string SettingOf(LookUp lookUp) => lookUp switch
    {
        LookUp.KeyHash => "app.key_hash",
        LookUp.Organization => "app.organization",
        LookUp.User => "app.user",
        _ => "app.invitation",
    };

    /// <summary>A transaction of the relay role. Only the outbox is visible to it, of every tenant.</summary>
    public async Task<T> RelayAsync<T>(Func<Session, Task<T>> work, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var result = await work(new ReadSession(connection, default));
        await transaction.CommitAsync(CancellationToken.None);
        return result;
    }

    public async Task<bool> AnswersAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand("select 1", connection);
        return await command.ExecuteScalarAsync(ct) is 1;
    }

    public ValueTask DisposeAsync() => ownsPool ? source.DisposeAsync() : ValueTask.CompletedTask;
}

internal enum LookUp { KeyHash, Organization, User, Invitation }
