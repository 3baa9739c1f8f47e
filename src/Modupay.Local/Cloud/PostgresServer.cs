using Npgsql;

namespace Modupay.Local.Cloud;

/// <summary>A PostgreSQL server we may administer: our own (<see cref="EmbeddedPostgres"/>) or somebody's (<see cref="ExistingPostgres"/>).</summary>
internal abstract class PostgresServer(NpgsqlConnectionStringBuilder administrator) : IAsyncDisposable
{
    public string Host => administrator.Host!;

    public int Port => administrator.Port;

    /// <summary>The value of <c>DATABASE_SSL</c> that reaches this server.</summary>
    public string Ssl => administrator.SslMode switch
    {
        SslMode.VerifyFull => "verify-full",
        SslMode.VerifyCA => "verify-ca",
        var mode => mode.ToString().ToLowerInvariant(),
    };

    /// <summary>How the administrator reaches a database, or, when a role is named, how that role does.</summary>
    public string ConnectionString(string database, string? user = null, string? password = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(administrator.ConnectionString) { Database = database };
        if (user is not null) (builder.Username, builder.Password) = (user, password);
        return builder.ConnectionString;
    }

    public async Task<bool> DatabaseExistsAsync(string name, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(ct);
        await using var command = new NpgsqlCommand("select exists (select from pg_database where datname = $1)", connection) { Parameters = { new() { Value = name } } };
        return await command.ExecuteScalarAsync(ct) is true;
    }

    /// <summary>Clones a database, which nobody may be connected to: open the template with <c>Pooling=false</c> or clear its pool first.</summary>
    public Task CreateDatabaseFromTemplateAsync(string name, string template, CancellationToken ct) =>
        ExecuteAsync($"create database {Quoted(name)} template {Quoted(template)} {CloneStrategy}", ct);

    public Task CreateDatabaseAsync(string name, CancellationToken ct) => CreateDatabaseFromTemplateAsync(name, "template1", ct);

    /// <summary>Drops a database together with whoever is still connected to it.</summary>
    public Task DropDatabaseAsync(string name, CancellationToken ct) => ExecuteAsync($"drop database if exists {Quoted(name)} with (force)", ct);

    public abstract ValueTask DisposeAsync();

    protected virtual string CloneStrategy => "";

    private async Task ExecuteAsync(string statement, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(ct);
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken ct)
    {
        var connection = new NpgsqlConnection(ConnectionString(administrator.Database ?? "postgres"));
        await connection.OpenAsync(ct);
        return connection;
    }

    // The name of a database cannot be a parameter.
    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
