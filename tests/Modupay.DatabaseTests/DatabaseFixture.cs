using Modupay.Local.Cloud;
using Npgsql;

namespace Modupay.DatabaseTests;

/// <summary>
/// One PostgreSQL per test run, with the roles that a laptop and AWS have, and a migrated template that every test class clones.
/// A test class takes <c>IClassFixture&lt;FreshDatabase&gt;</c> for one clone of its own, a single test <c>FreshDatabase.CreateAsync()</c>.
/// </summary>
internal sealed class DatabaseFixture
{
    private const string Template = "modupay_template";
    private static readonly Lazy<Task<DatabaseFixture>> TheOne = new(StartAsync);
    private EmbeddedPostgres _server = null!;
    private int _clones;

    /// <summary>Test classes run at the same time and share the server: it starts once and ends with the process.</summary>
    internal static Task<DatabaseFixture> SharedAsync() => TheOne.Value;

    internal EmbeddedPostgres Server => _server;

    /// <summary>A database of one's own, migrated and empty; about a tenth of a second.</summary>
    internal async Task<string> CloneAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _clones):000}";
        await _server.CreateDatabaseFromTemplateAsync(name, Template, CancellationToken.None);
        return name;
    }

    /// <summary>A database that belongs to modupay_owner and has no migration yet.</summary>
    internal async Task<string> EmptyAsync()
    {
        var name = $"empty_{Interlocked.Increment(ref _clones):000}";
        await CreateOwnedAsync(name);
        return name;
    }

    private async Task InitializeAsync()
    {
        // The pool of every clone keeps a few connections; trust saves the password hashing of each.
        _server = await EmbeddedPostgres.StartAsync(new PostgresOptions { Durability = Durability.Throwaway, RequirePasswords = false }, CancellationToken.None);
        await ExecuteAsync(_server.ConnectionString("postgres"), "create role modupay_owner login createrole createdb nosuperuser nobypassrls");
        await CreateOwnedAsync(Template);
        await MigrateAsync(Template, Migration.All);
    }

    internal async Task<IReadOnlyList<string>> MigrateAsync(string database, IReadOnlyList<Migration> migrations)
    {
        // Without a pool, because nobody may be connected to a template that is cloned.
        var owner = new NpgsqlConnectionStringBuilder(_server.ConnectionString(database, "modupay_owner", "")) { Pooling = false };
        await using var source = NpgsqlDataSource.Create(owner);
        return await new Migrator(source, TimeProvider.System).MigrateAsync(migrations, [new("modupay_app", new("modupay_app", "app")), new("modupay_relay", new("modupay_relay", "relay"))], CancellationToken.None);
    }

    internal static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<DatabaseFixture> StartAsync()
    {
        var fixture = new DatabaseFixture();
        await fixture.InitializeAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => fixture._server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return fixture;
    }

    private async Task CreateOwnedAsync(string name)
    {
        await _server.CreateDatabaseAsync(name, CancellationToken.None);
        await ExecuteAsync(_server.ConnectionString("postgres"), $"alter database {name} owner to modupay_owner");
    }
}
