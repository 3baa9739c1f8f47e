using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

/// <summary>The other end of an SFTP connector.</summary>
internal interface IRemoteFiles
{
    Task<IReadOnlyList<RemoteFile>> ListAsync(string folder, CancellationToken ct);

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    Task<byte[]> ReadAsync(string path, CancellationToken ct);
}

/// <param name="ModifiedAt">As the listing writes it: <c>2026-03-02T06:00:00.000Z</c>.</param>
internal sealed record RemoteFile(string Name, bool IsFolder, long Size, string ModifiedAt);

internal sealed record TransferOptions
{
    /// <summary>By connector id.</summary>
    public required IReadOnlyDictionary<string, IRemoteFiles> Connectors { get; init; }

    /// <summary>Puts an object: bucket, key, content.</summary>
    public required Func<string, string, byte[], CancellationToken, Task> PutAsync { get; init; }

    public Action<string> Log { get; init; } = static _ => { };

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>AWS Transfer Family on loopback, as far as fetching through SFTP connectors goes. As there, work is begun by a call and done after its answer.</summary>
internal sealed class TransferStandIn : IAsyncDisposable
{
    private const int FilesAtOnce = 10;

    private readonly TransferOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Task> _work = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<Fetch>> _transfers = new(StringComparer.Ordinal);
    private LoopbackServer _server = null!;

    private TransferStandIn(TransferOptions options) => _options = options;

    public string Url => _server.Url;

    /// <summary>Completes when everything that was begun is done.</summary>
    public Task SettledAsync() => Task.WhenAll(_work.Values);

    public static async Task<TransferStandIn> StartAsync(TransferOptions options, CancellationToken ct)
    {
        var standIn = new TransferStandIn(options);
        standIn._server = await AwsJsonServer.StartAsync(new AwsJsonService("transfer", "TransferService", "1.1", standIn.Operations()) { InvalidCode = "InvalidRequestException" }, 0, ct);
        return standIn;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _server.DisposeAsync();
        await SettledAsync();
        _stop.Dispose();
    }

    private Dictionary<string, AwsOperation> Operations() => new(StringComparer.Ordinal)
    {
        ["StartDirectoryListing"] = new(StartListing, "ConnectorId", "RemoteDirectoryPath", "MaxItems", "OutputDirectoryPath"),
        ["StartFileTransfer"] = new(StartTransfer, "ConnectorId", "RetrieveFilePaths", "LocalDirectoryPath"),
        ["ListFileTransferResults"] = new(Results, "ConnectorId", "TransferId"),
    };

    private JsonObject StartListing(AwsRequest request)
    {
        var (connector, remote) = Connector(request);
        var (bucket, prefix) = Place(request, "OutputDirectoryPath");
        var (folder, most) = (request.Text("RemoteDirectoryPath"), request.NumberOrNull("MaxItems", 1, 10_000) ?? 1000);
        var id = NewId();
        var name = $"{connector}-{id}.json";
        Begin(id, async ct =>
        {
            var entries = await remote.ListAsync(folder, ct);
            string PathOf(RemoteFile entry) => $"{folder.TrimEnd('/')}/{entry.Name}";
            var listing = new JsonObject
            {
                ["files"] = new JsonArray([.. entries.Where(entry => !entry.IsFolder).Take(most).Select(file => new JsonObject { ["filePath"] = PathOf(file), ["modifiedTimestamp"] = file.ModifiedAt, ["size"] = file.Size })]),
                ["paths"] = new JsonArray([.. entries.Where(entry => entry.IsFolder).Select(entry => new JsonObject { ["path"] = PathOf(entry) })]),
                ["truncated"] = entries.Count(entry => !entry.IsFolder) > most,
            };
            await _options.PutAsync(bucket, $"{prefix}/{name}", Encoding.UTF8.GetBytes(listing.ToJsonString()), ct);
        });
        return new() { ["ListingId"] = id, ["OutputFileName"] = name };
    }

    private JsonObject StartTransfer(AwsRequest request)
    {
        var (_, remote) = Connector(request);
        var (bucket, prefix) = Place(request, "LocalDirectoryPath");
        var paths = request.Texts("RetrieveFilePaths");
        if (paths.Count is 0 or > FilesAtOnce) throw request.Invalid($"RetrieveFilePaths must have from 1 to {FilesAtOnce} members.");
        var fetches = paths.Select(path => new Fetch(path)).ToList();
        var id = NewId();
        _transfers[id] = fetches;
        Begin(id, async ct =>
        {
            foreach (var fetch in fetches) await FetchAsync(fetch, remote, bucket, prefix, ct);
        });
        return new() { ["TransferId"] = id };
    }

    private async Task FetchAsync(Fetch fetch, IRemoteFiles remote, string bucket, string prefix, CancellationToken ct)
    {
        try
        {
            fetch.Status = "IN_PROGRESS";
            await _options.PutAsync(bucket, $"{prefix}/{fetch.Path[(fetch.Path.LastIndexOf('/') + 1)..]}", await remote.ReadAsync(fetch.Path, ct), ct);
            fetch.Status = "COMPLETED";
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            fetch.Failure = exception is FileNotFoundException ? "RETRIEVE_FILE_NOT_FOUND" : "UNKNOWN_ERROR";
            fetch.Status = "FAILED";
            _options.Log($"A transfer failed: {exception.Message}");
        }
    }

    private JsonObject Results(AwsRequest request)
    {
        Connector(request);
        if (!_transfers.TryGetValue(request.Text("TransferId"), out var fetches)) throw new AwsException("ResourceNotFoundException", "There is no such transfer.");
        return new() { ["FileTransferResults"] = new JsonArray([.. fetches.Select(fetch => fetch.ToJson())]) };
    }

    private void Begin(string id, Func<CancellationToken, Task> work)
    {
        _work[id] = RunAsync();

        async Task RunAsync()
        {
            await Task.Yield();
            try
            {
                await work(_stop.Token);
            }
            catch (Exception exception)
            {
                // As in AWS, where whoever began it sees no result and CloudWatch has the reason.
                if (!_stop.IsCancellationRequested) _options.Log($"{id} failed: {exception.Message}");
            }
        }
    }

    private (string Id, IRemoteFiles Remote) Connector(AwsRequest request)
    {
        var id = request.Text("ConnectorId");
        return _options.Connectors.TryGetValue(id, out var remote) ? (id, remote) : throw new AwsException("ResourceNotFoundException", $"Unknown connector {id}.");
    }

    private static (string Bucket, string Prefix) Place(AwsRequest request, string name) =>
        request.Text(name).Split('/', 3) is ["", { Length: > 0 } bucket, { Length: > 0 } prefix] ? (bucket, prefix.TrimEnd('/')) : throw request.Invalid($"{name} must be /bucket/prefix.");

    private string NewId() => Guid.CreateVersion7(_options.Clock.GetUtcNow()).ToString();

    private sealed class Fetch(string path)
    {
        public string Path => path;
        public string Status { get; set; } = "QUEUED";
        public string? Failure { get; set; }

        public JsonObject ToJson()
        {
            var result = new JsonObject { ["FilePath"] = path, ["StatusCode"] = Status };
            if (Failure is { } failure) result["FailureCode"] = failure;
            return result;
        }
    }
}
