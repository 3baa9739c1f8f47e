using Npgsql;

namespace Modupay.Data;

/// <summary>
/// A connection that speaks for one tenant. The tenant is set inside the transaction, in the same round trip as the first statement, so a
/// pooled connection never remembers whom it last spoke for. Parameters are positional ($1, $2, …).
/// </summary>
internal abstract class Session(NpgsqlConnection connection, TenantId tenant, string? departments)
{
    private const string SetTenant = "select set_config('app.tenant', $1, true)";
    private const string SetDepartments = "select set_config('app.departments', $1, true)";
    private readonly List<(string Sql, object?[] Parameters)> _leading = [];
    private bool _tenantIsSet;

    public TenantId Tenant => tenant;

    protected NpgsqlConnection Connection => connection;

    public async Task<int> ExecuteAsync(string sql, object?[] parameters, CancellationToken ct)
    {
        await using var batch = Batch(sql, parameters);
        await batch.ExecuteNonQueryAsync(ct);
        return (int)batch.BatchCommands[^1].RecordsAffected;
    }

    public async Task<List<T>> ListAsync<T>(string sql, object?[] parameters, Func<NpgsqlDataReader, T> map, CancellationToken ct)
    {
        await using var batch = Batch(sql, parameters);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        for (var skip = batch.BatchCommands.Count - 1; skip > 0; skip--) await reader.NextResultAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct)) rows.Add(map(reader));
        return rows;
    }

    public async Task<T?> FirstAsync<T>(string sql, object?[] parameters, Func<NpgsqlDataReader, T> map, CancellationToken ct) where T : class =>
        (await ListAsync(sql, parameters, map, ct)).FirstOrDefault();

    public async Task<T> ScalarAsync<T>(string sql, object?[] parameters, CancellationToken ct) =>
        (await ListAsync(sql, parameters, row => row.GetFieldValue<T>(0), ct))[0];

    /// <summary>Several statements in one round trip; the answer is the number of rows each one touched.</summary>
    public async Task<IReadOnlyList<int>> ExecuteAllAsync(IReadOnlyCollection<(string Sql, object?[] Parameters)> statements, CancellationToken ct)
    {
        if (statements.Count == 0) return [];
        await using var batch = new NpgsqlBatch(connection);
        var skip = AddLeading(batch);
        foreach (var (sql, parameters) in statements) batch.BatchCommands.Add(Command(sql, parameters));
        await batch.ExecuteNonQueryAsync(ct);
        return [.. Enumerable.Range(skip, statements.Count).Select(i => (int)batch.BatchCommands[i].RecordsAffected)];
    }

    private NpgsqlBatch Batch(string sql, object?[] parameters)
    {
        var batch = new NpgsqlBatch(connection);
        AddLeading(batch);
        batch.BatchCommands.Add(Command(sql, parameters));
        return batch;
    }

    /// <summary>A statement without an answer that goes before the next one, in its round trip. When it fails, the next one does not run.</summary>
    protected void Lead(string sql, object?[] parameters) => _leading.Add((sql, parameters));

    /// <returns>How many commands were put in front of the caller's own.</returns>
    private int AddLeading(NpgsqlBatch batch)
    {
        if (!_tenantIsSet)
        {
            batch.BatchCommands.Add(Command(SetTenant, [tenant.Value.ToString()]));
            if (departments is not null) batch.BatchCommands.Add(Command(SetDepartments, [departments]));
            _tenantIsSet = true;
        }
        foreach (var (sql, parameters) in _leading) batch.BatchCommands.Add(Command(sql, parameters));
        _leading.Clear();
        return batch.BatchCommands.Count;
    }

    internal static NpgsqlBatchCommand Command(string sql, object?[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in parameters)
        {
            // PostgreSQL would refuse it while it binds, and Npgsql, which prepares a statement in that very moment, would then misread the answer to the
            // next one on this connection (npgsql/npgsql#6391): somebody else's. Whoever lets texts in refuses it with words.
            if (value is string text && text.Contains('\0') || value is IEnumerable<string?> texts && texts.Any(item => item is not null && item.Contains('\0')))
                throw new InvalidOperationException("A text has U+0000, which PostgreSQL cannot keep.");
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }
        return command;
    }
}

/// <summary>Reads for one tenant. It holds no transaction of its own beyond the one each statement runs in.</summary>
internal sealed class ReadSession(NpgsqlConnection connection, TenantId tenant, string? departments = null) : Session(connection, tenant, departments);
