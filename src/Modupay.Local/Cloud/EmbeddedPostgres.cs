using System.Security.Cryptography;
using Npgsql;

namespace Modupay.Local.Cloud;

internal sealed record PostgresOptions
{
    /// <summary>Where the data stays; null for a folder that is removed when the server stops.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Zero for any free port.</summary>
    public int Port { get; init; }

    public Durability Durability { get; init; } = Durability.Durable;

    /// <summary>A laptop's share by default. Who measures wants a server's: then no ratio tells how many pages were pushed out or how often all of them were written.</summary>
    public int BufferMegabytes { get; init; } = 64;

    /// <summary>
    /// As in AWS, a role needs its password. Tests may say false to connect as any role by name; other users of this machine then can as well.
    /// </summary>
    public bool RequirePasswords { get; init; } = true;

    public string? NodeModules { get; init; }

    public Action<string> Log { get; init; } = static _ => { };
}

/// <summary>A PostgreSQL of our own on loopback, from an npm package: no Docker, nothing to install. It stops when we do, however that happens.</summary>
internal sealed class EmbeddedPostgres : PostgresServer
{
    private readonly ChildProcess _server;
    private readonly PostgresDirectory _directory;
    private readonly Durability _durability;

    private EmbeddedPostgres(NpgsqlConnectionStringBuilder administrator, ChildProcess server, PostgresDirectory directory, Durability durability)
        : base(administrator) => (_server, _directory, _durability) = (server, directory, durability);

    /// <summary>Completes when the server has ended, asked or not.</summary>
    public Task<int> Exited => _server.Exited;

    // Copying files is several times faster than logging every block, but needs two checkpoints: those are only cheap when nothing is flushed.
    protected override string CloneStrategy => _durability == Durability.Throwaway ? "strategy file_copy" : "";

    public static async Task<EmbeddedPostgres> StartAsync(PostgresOptions options, CancellationToken ct)
    {
        var binaries = PostgresBinaries.Locate(options.NodeModules ?? NodePackages.Folder);
        var port = Ports.FreeOr(options.Port, "PostgreSQL");
        var directory = PostgresDirectory.Take(options.DataDirectory);
        ChildProcess? server = null;
        try
        {
            await directory.WaitForFormerServerAsync(ct);
            var password = await directory.PrepareAsync(binaries, options, ct);
            var prefix = await UnprivilegedUser.StepDownAsync(binaries.Postgres, directory.Data, ct);

            string[] line = [.. prefix, binaries.Postgres, "-D", directory.Data, .. Parameters(port, options).SelectMany(parameter => new[] { "-c", parameter })];
            var words = new LastLines();
            server = ChildProcess.Start(new ChildCommand(line[0], line[1..])
            {
                WorkingDirectory = "/",
                StopSignal = StopSignal.Interrupt, // PostgreSQL's "fast" shutdown: it does not wait for clients to leave.
                Output = words.And(options.Log),
            });
            var administrator = new NpgsqlConnectionStringBuilder
            {
                Host = "127.0.0.1",
                Port = port,
                Username = "postgres",
                Password = password,
                Database = "postgres",
                SslMode = SslMode.Disable,
                GssEncryptionMode = GssEncryptionMode.Disable,
            };
            await WaitUntilReadyAsync(administrator, server, words, ct);
            return new(administrator, server, directory, options.Durability);
        }
        catch
        {
            if (server is not null) await server.DisposeAsync();
            directory.Dispose();
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    private static IEnumerable<string> Parameters(int port, PostgresOptions options) =>
    [
        "listen_addresses=127.0.0.1", $"port={port}", "unix_socket_directories=", "max_connections=200",
        $"shared_buffers={options.BufferMegabytes}MB", $"max_wal_size={8 * options.BufferMegabytes}MB", "jit=off", "timezone=UTC", "log_timezone=UTC",
        "shared_preload_libraries=pg_stat_statements",
        // PostgreSQL ranks its routine LOG lines above errors: anything lower than fatal fills the terminal.
        "log_min_messages=fatal", "log_checkpoints=off", "log_autovacuum_min_duration=-1",
        .. options.Durability == Durability.Durable
            ? ["fsync=on", "synchronous_commit=on", "full_page_writes=on"]
            : new[] { "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0" },
    ];

    private static async Task WaitUntilReadyAsync(NpgsqlConnectionStringBuilder administrator, ChildProcess server, LastLines words, CancellationToken ct)
    {
        var knock = new NpgsqlConnectionStringBuilder(administrator.ConnectionString) { Pooling = false, Timeout = 2 }.ConnectionString;
        while (true)
        {
            if (server.HasExited) throw new CannotStartException($"PostgreSQL ended before it was ready: {words.Summary}");
            try
            {
                await using var connection = new NpgsqlConnection(knock);
                await connection.OpenAsync(ct);
                return;
            }
            catch (PostgresException failure) when (failure.SqlState != PostgresErrorCodes.CannotConnectNow)
            {
                throw new CannotStartException($"PostgreSQL started but refused its administrator: {failure.MessageText}.", failure);
            }
            catch (NpgsqlException)
            {
                // Not listening yet, or still recovering. Recovery after a power cut may take long; the caller's token says how long is too long.
                await Task.Delay(TimeSpan.FromMilliseconds(20), ct);
            }
        }
    }
}
