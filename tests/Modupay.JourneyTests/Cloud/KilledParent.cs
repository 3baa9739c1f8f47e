using System.Diagnostics;
using Modupay.Local.Cloud;
using Npgsql;

namespace Modupay.JourneyTests.Cloud;

/// <summary>
/// Run as a program, this assembly is a parent for the tests to kill: it starts what it is told to, says on standard output which processes
/// those are, and waits for ever.
/// </summary>
internal static class KilledParent
{
    public static Process Start(params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", [typeof(KilledParent).Assembly.Location, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true })!;

    public static async Task Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["hold-a-child"]:
                ChildProcess.Start(new ChildCommand("sh", "-c", "echo $$; while :; do sleep 0.2; done") { Output = Console.WriteLine });
                break;
            case ["hold-postgres", var folder]:
                await HoldPostgresAsync(folder);
                break;
            case ["hold-queue", var folder]:
                await HoldQueueAsync(folder);
                break;
            case ["hold-objects", var folder]:
                Console.WriteLine((await S3StandIn.StartAsync(new ObjectStoreOptions(folder) { Buckets = [new("held")] }, 0, CancellationToken.None)).Url);
                break;
            case ["hold-tables", var folder]:
                await HoldTablesAsync(folder);
                break;
            case ["function"]:
                Environment.ExitCode = await Runtime.TestFunction.RunAsync();
                return;
            default:
                throw new ArgumentException($"Unknown: {string.Join(' ', arguments)}", nameof(arguments));
        }

        await Task.Delay(Timeout.Infinite);
    }

    private static async Task HoldTablesAsync(string folder)
    {
        var tables = await TableEmulator.StartAsync(new TableOptions(folder), CancellationToken.None);
        using var client = TableEmulatorTests.Client(tables.Url);
        await TableEmulatorTests.CreateTableAsync(client);
        Console.WriteLine($"{tables.ProcessId}|{tables.Url}");
    }

    private static async Task HoldQueueAsync(string folder)
    {
        var sqs = await SqsStandIn.StartAsync(new QueueStoreOptions(folder), 0, CancellationToken.None);
        await sqs.DeclareAsync("held", new Dictionary<string, string>());
        Console.WriteLine(sqs.Url);
    }

    private static async Task HoldPostgresAsync(string folder)
    {
        var postgres = await EmbeddedPostgres.StartAsync(new PostgresOptions { DataDirectory = folder }, CancellationToken.None);
        await using var connection = new NpgsqlConnection(postgres.ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)", connection);
        Console.WriteLine($"{await command.ExecuteScalarAsync()}|{postgres.ConnectionString("postgres")}");
    }
}
