using System.Globalization;

namespace Modupay.Local.Cloud;

internal sealed record TableOptions(string Folder)
{
    public int Port { get; init; }

    public string? NodeModules { get; init; }

    public Action<string> Log { get; init; } = static _ => { };
}

/// <summary>
/// DynamoDB on loopback: dynalite in a Node process, its tables kept in the data folder. It knows neither transactions nor expiry, which is why
/// every use in the product is one conditional write of one item that compares its own expiry.
/// </summary>
internal sealed class TableEmulator : IAsyncDisposable
{
    private readonly ChildProcess _node;

    private TableEmulator(ChildProcess node, int processId, int port) => (_node, ProcessId, Url) = (node, processId, $"http://127.0.0.1:{port}");

    public string Url { get; }

    public int ProcessId { get; }

    /// <summary>Completes when the emulator has ended, asked or not.</summary>
    public Task<int> Exited => _node.Exited;

    public static async Task<TableEmulator> StartAsync(TableOptions options, CancellationToken ct)
    {
        if (options.Port != 0) Ports.FreeOr(options.Port, "DynamoDB");
        var (node, answer) = await NodeProgram.StartAsync(Path.Combine("Cloud", "tables.mjs"), options.NodeModules,
            [options.Folder, options.Port.ToString(CultureInfo.InvariantCulture)], options.Log, ct);
        return new(node, answer[0], answer[1]);
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();
}
