using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Data;
using Modupay.Kernel;
using Modupay.Local.Cloud;
using Modupay.Tenancy;
using Npgsql;

namespace Modupay.Local.Bench;

/// <summary>A durable PostgreSQL of its own with the migrated schema and one tenant, seen as the application sees it. It is gone when the bench ends.</summary>
internal sealed class BenchPostgres : IAsyncDisposable
{
    private readonly EmbeddedPostgres _server;

    private BenchPostgres(EmbeddedPostgres server, NpgsqlDataSource source, Database database, TenantId tenant) => (_server, Source, Database, Tenant) = (server, source, database, tenant);

    public NpgsqlDataSource Source { get; }
    public Database Database { get; }
    public TenantId Tenant { get; }

    public static async Task<BenchPostgres> StartAsync(CancellationToken ct)
    {
        var server = await EmbeddedPostgres.StartAsync(new PostgresOptions { RequirePasswords = false, BufferMegabytes = 1024 }, ct);
        await ExecuteAsync(server.ConnectionString("postgres"), "create role modupay_owner login createrole", ct);
        await server.CreateDatabaseAsync("bench", ct);
        await ExecuteAsync(server.ConnectionString("postgres"), "alter database bench owner to modupay_owner", ct);
        await using (var owner = NpgsqlDataSource.Create(server.ConnectionString("bench", "modupay_owner", "")))
            await new Migrator(owner, TimeProvider.System).MigrateAsync(Migration.All, [new("modupay_app", new("modupay_app", "app")), new("modupay_relay", new("modupay_relay", "relay"))], ct);

        var source = Open(server, "");
        var database = new Database(ConnectionPool.Of(source), new OutboxRelay(new NoQueue(), NullLogger<OutboxRelay>.Instance), TimeProvider.System);
        return new(server, source, database, (await Organizations.CreateAsync(database, "Bench", live: false, ct)).Tenant);
    }

    /// <summary>A pool of its own, for what is measured beside the product, with settings of its own.</summary>
    public NpgsqlDataSource Open(string options) => Open(_server, options);

    public string ConnectionString(string options) => ApplicationLogin(_server, options).ConnectionString;

    /// <summary>For what is no part of the product: schemas and data of the bench.</summary>
    public Task AsSuperuserAsync(string sql, CancellationToken ct) => ExecuteAsync(_server.ConnectionString("bench"), sql, ct);

    public async Task<NpgsqlConnection> ConnectAsSuperuserAsync(CancellationToken ct)
    {
        var connection = new NpgsqlConnection(_server.ConnectionString("bench"));
        await connection.OpenAsync(ct);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static NpgsqlDataSource Open(EmbeddedPostgres server, string options)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(ApplicationLogin(server, options).ConnectionString);
        builder.EnableArrays();
        return builder.Build();
    }

    private static NpgsqlConnectionStringBuilder ApplicationLogin(EmbeddedPostgres server, string options) => new(server.ConnectionString("bench", "modupay_app", ""))
    {
        NoResetOnClose = true,
        MaxPoolSize = 80,
        MaxAutoPrepare = 20,
        AutoPrepareMinUsages = 2,
        CommandTimeout = 600,
        Options = options,
    };

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync(ct);
    }

    private sealed class NoQueue : IMessageQueue
    {
        public Task<IReadOnlySet<Guid>> SendAsync(string queue, IReadOnlyList<QueuedMessage> messages, CancellationToken ct) => throw new NotSupportedException("The bench sends nothing.");
    }
}
