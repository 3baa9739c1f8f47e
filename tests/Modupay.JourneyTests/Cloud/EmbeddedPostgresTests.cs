using Modupay.Local.Cloud;
using Npgsql;

namespace Modupay.JourneyTests.Cloud;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create();

    [Fact]
    public async Task A_durable_database_keeps_its_data_across_a_restart()
    {
        var options = Options("kept") with { Durability = Durability.Durable };
        await using (var first = await EmbeddedPostgres.StartAsync(options, Soon()))
        {
            await RunAsync(first, "create table kept (id int); insert into kept values (42)");
            Assert.Equal("on", await ScalarAsync(first, "show fsync"));
            Assert.Equal("on", await ScalarAsync(first, "show synchronous_commit"));
        }

        await using var second = await EmbeddedPostgres.StartAsync(options, Soon());
        Assert.Equal(42, await ScalarAsync(second, "select id from kept"));
    }

    [Fact]
    public async Task A_throwaway_database_flushes_nothing_and_leaves_nothing()
    {
        string data;
        await using (var postgres = await EmbeddedPostgres.StartAsync(new PostgresOptions { Durability = Durability.Throwaway }, Soon()))
        {
            data = (string)(await ScalarAsync(postgres, "show data_directory"))!;
            Assert.Equal("off", await ScalarAsync(postgres, "show fsync"));
            Assert.True(Directory.Exists(data));
        }

        Assert.False(Directory.Exists(Path.GetDirectoryName(data)));
    }

    [Fact]
    public async Task A_role_needs_its_password_unless_the_tests_say_otherwise()
    {
        var options = Options("passwords");
        await using (var strict = await EmbeddedPostgres.StartAsync(options, Soon()))
        {
            await RunAsync(strict, "create role modupay_app login password 'right'");
            await OpenAsync(strict.ConnectionString("postgres", "modupay_app", "right"));
            var wrong = await Assert.ThrowsAsync<PostgresException>(() => OpenAsync(strict.ConnectionString("postgres", "modupay_app", "wrong")));
            Assert.Equal(PostgresErrorCodes.InvalidPassword, wrong.SqlState);
            // The administrator's password protects the database as well as the roles'.
            await Assert.ThrowsAsync<NpgsqlException>(() => OpenAsync(strict.ConnectionString("postgres", "postgres")));
        }

        await using var trusting = await EmbeddedPostgres.StartAsync(options with { RequirePasswords = false }, Soon());
        await OpenAsync(trusting.ConnectionString("postgres", "modupay_app"));
    }

    [Fact]
    public async Task A_database_is_cloned_from_a_template_and_dropped_while_in_use()
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(Options("clone"), Soon());
        await postgres.CreateDatabaseAsync("template \"quoted\"", Soon());
        await RunAsync(postgres, "create table seed as select 7 as id", "template \"quoted\"");

        await postgres.CreateDatabaseFromTemplateAsync("copy", "template \"quoted\"", Soon());

        Assert.Equal(7, await ScalarAsync(postgres, "select id from seed", "copy"));
        await using var lingering = new NpgsqlConnection(postgres.ConnectionString("copy"));
        await lingering.OpenAsync(Soon());
        Assert.True(await postgres.DatabaseExistsAsync("copy", Soon()));
        await postgres.DropDatabaseAsync("copy", Soon());
        Assert.False(await postgres.DatabaseExistsAsync("copy", Soon()));
    }

    [Fact]
    public async Task The_extensions_and_functions_the_migrations_use_are_there()
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(Options("extensions"), Soon());
        await RunAsync(postgres, "create extension pg_trgm; create extension btree_gist; create extension pgcrypto; create extension pg_stat_statements");

        Assert.IsType<Guid>(await ScalarAsync(postgres, "select uuidv7()"));
        Assert.Equal("ÉÀ", await ScalarAsync(postgres, "select upper('éà')"));
    }

    [Fact]
    public async Task A_second_server_on_the_same_files_is_refused_in_one_sentence()
    {
        await using var first = await EmbeddedPostgres.StartAsync(Options("twice"), Soon());

        var refused = await Assert.ThrowsAsync<CannotStartException>(() => EmbeddedPostgres.StartAsync(Options("twice"), Soon()));

        Assert.Equal($"The database in {_folder.Path}/twice is in use by another Modupay on this machine: stop that one first.", refused.Message);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using var first = await EmbeddedPostgres.StartAsync(Options("port"), Soon());

        var refused = await Assert.ThrowsAsync<CannotStartException>(() => EmbeddedPostgres.StartAsync(Options("port2") with { Port = first.Port }, Soon()));

        Assert.Contains($"Port {first.Port}, wanted for PostgreSQL, is in use", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_of_a_killed_run_ends_and_the_next_run_finds_what_was_committed()
    {
        using (var parent = KilledParent.Start("hold-postgres", Path.Combine(_folder.Path, "killed")))
        {
            var words = (await parent.StandardOutput.ReadLineAsync(Soon()))!.Split('|');
            var server = int.Parse(words[0]);
            await RunAsync(words[1], "create table kept (id int); insert into kept values (42)");

            parent.Kill();
            await parent.WaitForExitAsync(Soon());

            // The next start does not wait for the old server to be gone: it must cope with one that is still stopping.
            await using var next = await EmbeddedPostgres.StartAsync(Options("killed") with { Durability = Durability.Durable }, Soon());
            Assert.Equal(42, await ScalarAsync(next, "select id from kept"));
            await Processes.AssertGoneAsync(server);
        }
    }

    [Fact]
    public async Task A_process_number_left_behind_by_a_crash_stops_nobody()
    {
        await using (await EmbeddedPostgres.StartAsync(Options("stale"), Soon())) { }
        // Our own number: a process that is alive, and is not PostgreSQL.
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "stale", "postmaster.pid"), $"{Environment.ProcessId}\n{_folder.Path}/stale\n1\n5432\n\n127.0.0.1\n");

        await using var next = await EmbeddedPostgres.StartAsync(Options("stale"), Soon());

        Assert.Equal(1, await ScalarAsync(next, "select 1"));
    }

    [Fact]
    public async Task An_initialisation_that_was_interrupted_is_begun_again()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "half.new", "cluster", "base"));

        await using var postgres = await EmbeddedPostgres.StartAsync(Options("half"), Soon());

        Assert.Equal(1, await ScalarAsync(postgres, "select 1"));
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "half.new")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task As_root_the_server_runs_as_nobody_even_where_nobody_may_not_look(bool reachable)
    {
        if (!Environment.IsPrivilegedProcess || !OperatingSystem.IsLinux())
        {
            Console.WriteLine("Not root on Linux: stepping down is not tested.");
            return;
        }

        var closed = Directory.CreateDirectory(Path.Combine(_folder.Path, "closed"), reachable ? DataFolder.PassThrough : UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var postgres = await EmbeddedPostgres.StartAsync(new PostgresOptions { DataDirectory = Path.Combine(closed.FullName, "data"), Durability = Durability.Throwaway }, Soon());

        var server = (await File.ReadAllLinesAsync(Path.Combine(closed.FullName, "data", "postmaster.pid"), Soon()))[0];
        var user = (await File.ReadAllLinesAsync($"/proc/{server}/status", Soon())).Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];
        var map = await File.ReadAllTextAsync($"/proc/{server}/uid_map", Soon());
        // In a namespace of its own it only believes to be nobody; seen from here its files are still ours.
        if (reachable) Assert.Equal("65534", user);
        else Assert.Equal(["65534", "0", "1"], map.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    [Fact]
    public async Task A_folder_that_holds_something_else_is_left_alone()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "photos"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "holiday.jpg"), "");

        var refused = await Assert.ThrowsAsync<CannotStartException>(() => EmbeddedPostgres.StartAsync(Options("photos"), Soon()));

        Assert.Contains("is not empty and not a PostgreSQL database", refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder.FullName, "holiday.jpg")));
    }

    [Fact]
    public async Task An_existing_server_is_used_through_its_url_and_left_running()
    {
        await using var somebodys = await EmbeddedPostgres.StartAsync(Options("existing"), Soon());
        var administrator = new NpgsqlConnectionStringBuilder(somebodys.ConnectionString("postgres"));

        await using (var existing = await ExistingPostgres.ConnectAsync($"postgres://postgres:{administrator.Password}@127.0.0.1:{somebodys.Port}/postgres?sslmode=disable", Soon()))
        {
            await existing.CreateDatabaseAsync("ours", Soon());
            Assert.Equal("disable", existing.Ssl);
        }

        Assert.True(await somebodys.DatabaseExistsAsync("ours", Soon()));
        var refused = await Assert.ThrowsAsync<CannotStartException>(() => ExistingPostgres.ConnectAsync($"postgres://postgres:wrong@127.0.0.1:{somebodys.Port}/postgres", Soon()));
        Assert.Contains("cannot be used", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private PostgresOptions Options(string name) => new() { DataDirectory = Path.Combine(_folder.Path, name), Durability = Durability.Throwaway };

    private static Task RunAsync(PostgresServer server, string sql, string database = "postgres") => RunAsync(server.ConnectionString(database), sql);

    private static async Task RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Soon());
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Soon());
    }

    private static async Task<object?> ScalarAsync(PostgresServer server, string sql, string database = "postgres")
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync(Soon());
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Soon());
    }

    private static async Task OpenAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Soon());
    }

    private static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;
}
