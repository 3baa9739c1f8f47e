using System.Text.Json.Serialization;

namespace Modupay.Aws;

/// <summary>AWS Transfer Family, as far as its SFTP connectors go: look into a folder of somebody else's server, fetch files from it, ask how that went.</summary>
internal sealed class TransferClient(AwsJsonClient client)
{
    /// <summary>As many files as one transfer takes.</summary>
    public const int FilesAtOnce = 10;

    private const int MostListed = 10_000;

    /// <param name="into"><c>/bucket/prefix</c>.</param>
    /// <returns>The name of the object that the listing will be in.</returns>
    public async Task<string> StartDirectoryListingAsync(string connector, string remoteDirectory, string into, CancellationToken ct) =>
        (await client.SendAsync("StartDirectoryListing", new StartDirectoryListing(connector, remoteDirectory, MostListed, into),
            TransferJson.Default.StartDirectoryListing, TransferJson.Default.StartedDirectoryListing, ct)).OutputFileName;

    /// <param name="into"><c>/bucket/prefix</c>; each file keeps its own name there.</param>
    /// <returns>What <see cref="ResultsAsync"/> is asked by.</returns>
    public async Task<string> StartFileTransferAsync(string connector, IReadOnlyList<string> remoteFiles, string into, CancellationToken ct) =>
        (await client.SendAsync("StartFileTransfer", new StartFileTransfer(connector, remoteFiles, into), TransferJson.Default.StartFileTransfer, TransferJson.Default.StartedFileTransfer, ct)).TransferId;

    /// <summary>One page holds every file of a transfer. AWS forgets after seven days.</summary>
    public async Task<IReadOnlyList<FileTransferResult>> ResultsAsync(string connector, string transfer, CancellationToken ct) =>
        (await client.SendAsync("ListFileTransferResults", new ListFileTransferResults(connector, transfer), TransferJson.Default.ListFileTransferResults, TransferJson.Default.FileTransferResultsPage, ct)).FileTransferResults;
}

internal sealed record StartDirectoryListing(string ConnectorId, string RemoteDirectoryPath, int MaxItems, string OutputDirectoryPath);
internal sealed record StartedDirectoryListing(string ListingId, string OutputFileName);
internal sealed record StartFileTransfer(string ConnectorId, IReadOnlyList<string> RetrieveFilePaths, string LocalDirectoryPath);
internal sealed record StartedFileTransfer(string TransferId);
internal sealed record ListFileTransferResults(string ConnectorId, string TransferId);
internal sealed record FileTransferResultsPage(IReadOnlyList<FileTransferResult> FileTransferResults);

/// <param name="StatusCode">QUEUED, IN_PROGRESS, COMPLETED or FAILED.</param>
internal sealed record FileTransferResult(string FilePath, string StatusCode, string? FailureCode = null);

[JsonSerializable(typeof(StartDirectoryListing))]
[JsonSerializable(typeof(StartedDirectoryListing))]
[JsonSerializable(typeof(StartFileTransfer))]
[JsonSerializable(typeof(StartedFileTransfer))]
[JsonSerializable(typeof(ListFileTransferResults))]
[JsonSerializable(typeof(FileTransferResultsPage))]
internal sealed partial class TransferJson : JsonSerializerContext;
