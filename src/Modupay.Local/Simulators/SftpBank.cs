using System.Net;
using System.Text.Json.Nodes;
using Modupay.Local.Cloud;

namespace Modupay.Local.Simulators;

/// <summary>A bank that offers statements by SFTP: what lies in its folder is there to be picked up, through a real server with a key of its own.</summary>
internal sealed class SftpBank : IRemoteFiles, IAsyncDisposable
{
    /// <summary>The connector that leads here.</summary>
    public const string Connector = "c-00000000000000001";

    private readonly ChildProcess _node;
    private readonly HttpClient _client;

    private SftpBank(ChildProcess node, string folder, int clientPort, int port)
    {
        (_node, Folder, Url) = (node, folder, $"sftp://127.0.0.1:{port}");
        _client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{clientPort}") };
    }

    public string Folder { get; }

    public string Url { get; }

    public static async Task<SftpBank> StartAsync(string folder, Action<string> log, CancellationToken ct)
    {
        var (node, ready) = await NodeProgram.StartAsync(Path.Combine("Simulators", "sftp.mjs"), modules: null, [folder], log, ct);
        return new(node, folder, ready[1], ready[2]);
    }

    public async Task<IReadOnlyList<RemoteFile>> ListAsync(string folder, CancellationToken ct)
    {
        var entries = JsonNode.Parse(await AskAsync($"list?folder={Uri.EscapeDataString(folder)}", ct))!.AsArray();
        return [.. entries.Select(entry => new RemoteFile((string)entry!["name"]!, (bool)entry["folder"]!, (long)entry["size"]!, (string)entry["modifiedAt"]!))];
    }

    public Task<byte[]> ReadAsync(string path, CancellationToken ct) => AskAsync($"file?path={Uri.EscapeDataString(path)}", ct);

    private async Task<byte[]> AskAsync(string question, CancellationToken ct)
    {
        using var response = await _client.GetAsync(question, ct);
        var bytes = await response.Content.ReadAsByteArrayAsync(ct);
        if (response.StatusCode is HttpStatusCode.NotFound) throw new FileNotFoundException("The bank has no such file.");
        return response.IsSuccessStatusCode ? bytes : throw new IOException(System.Text.Encoding.UTF8.GetString(bytes));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _node.DisposeAsync();
    }
}
