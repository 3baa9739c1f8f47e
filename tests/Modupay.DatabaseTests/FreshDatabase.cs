using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Ledger;
using Modupay.Local.Cloud;
using Modupay.Tenancy;
using Npgsql;

namespace Modupay.DatabaseTests;

/// <summary>A migrated database for one test or, as <c>IClassFixture&lt;FreshDatabase&gt;</c>, for one class of tests.</summary>
public sealed class FreshDatabase : IAsyncLifetime
{
    private readonly List<NpgsqlDataSource> _sources = [];
    private DatabaseFixture _fixture = null!;

    /// <summary>The name of the database on the shared server.</summary>
    internal string Name { get; private set; } = "";

    /// <summary>What the application sees: the role without any way around row-level security.</summary>
    internal Database App { get; private set; } = null!;

    /// <summary>What the sweeps see: every tenant's outbox and lists of work, and nothing else.</summary>
    internal Database Relay { get; private set; } = null!;

    /// <summary>The queue behind the outbox.</summary>
    internal FakeQueue Queue { get; } = new();

    public static async Task<FreshDatabase> CreateAsync()
    {
        var database = new FreshDatabase();
        await database.InitializeAsync();
        return database;
    }

    public async Task InitializeAsync()
    {
        _fixture = await DatabaseFixture.SharedAsync();
        Name = await _fixture.CloneAsync();
        App = Open("modupay_app", TimeProvider.System);
        Relay = Open("modupay_relay", TimeProvider.System);
    }

    /// <summary>The same database on another clock.</summary>
    internal Database At(TimeProvider time) => Open("modupay_app", time);

    /// <summary>A new organization's test tenant. Its chart takes any account; tests of the chart make their own organizations.</summary>
    internal async Task<TenantId> TenantAsync()
    {
        var tenant = (await Organizations.CreateAsync(App, "Commune de Test", live: false, CancellationToken.None)).Tenant;
        await App.TransactAsync<long>(tenant, async unit => await Chart.AddAsync(unit, [Chart.Anything], template: null, CancellationToken.None), CancellationToken.None);
        return tenant;
    }

    internal string ConnectionString(string role) => _fixture.Server.ConnectionString(Name, role, "");

    /// <summary>What an intruder could do who became superuser: no policy, privilege or trigger stops this.</summary>
    internal Task AsSuperuserAsync(string sql) => DatabaseFixture.ExecuteAsync(ConnectionString("postgres"), "set session_replication_role = replica; " + sql);

    internal Task AsAsync(string role, string sql) => DatabaseFixture.ExecuteAsync(ConnectionString(role), sql);

    internal async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    internal async Task<List<string>> LinesAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync()) lines.Add(reader.GetString(0));
        return lines;
    }

    /// <summary>How often some waited for each other in a circle and PostgreSQL had to choose who gives up. It counts that when the connections end, so they all do.</summary>
    internal async Task<long> DeadlocksAsync()
    {
        foreach (var source in _sources) source.Clear();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and usename <> 'postgres'") > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(10), patience.Token);
        return await ScalarAsync<long>("select deadlocks from pg_stat_database where datname = current_database()");
    }

    public async Task DisposeAsync()
    {
        foreach (var source in _sources) await source.DisposeAsync();
        await _fixture.Server.DropDatabaseAsync(Name, CancellationToken.None);
    }

    private Database Open(string role, TimeProvider time)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(new NpgsqlConnectionStringBuilder(ConnectionString(role))
        {
            NoResetOnClose = true,
            MaxPoolSize = 20,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
        }.ConnectionString);
        builder.EnableArrays();
        builder.EnableJsonTypes();
        var source = builder.Build();
        _sources.Add(source);
        return new Database(ConnectionPool.Of(source), new OutboxRelay(Queue, NullLogger<OutboxRelay>.Instance), time);
    }
}

/// <summary>A queue that remembers what it was given, and can refuse.</summary>
internal sealed class FakeQueue : IMessageQueue
{
    private readonly List<(string Queue, QueuedMessage Message)> _sent = [];

    public bool IsDown { get; set; }

    public IReadOnlyList<(string Queue, QueuedMessage Message)> Sent
    {
        get { lock (_sent) return [.. _sent]; }
    }

    public Task<IReadOnlySet<Guid>> SendAsync(string queue, IReadOnlyList<QueuedMessage> messages, CancellationToken ct)
    {
        if (IsDown) throw new TimeoutException("The queue does not answer.");
        lock (_sent) _sent.AddRange(messages.Select(message => (queue, message)));
        return Task.FromResult<IReadOnlySet<Guid>>(messages.Select(message => message.Id).ToHashSet());
    }
}
