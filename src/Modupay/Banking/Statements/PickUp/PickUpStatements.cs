using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Microsoft.Extensions.Logging;
using Modupay.Aws;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements.PickUp;

/// <summary>
/// Job <c>statement-pick-up</c>. Looking into a bank's folder and fetching from it take AWS longer than a function should wait, so each run goes on
/// where the one before stopped: read the listing it asked for, fetch what is new, hear what became of it, ask for the next listing. Nothing is
/// changed at the bank. What is fetched lands where any bank drops its files.
/// </summary>
internal sealed class PickUpStatements(Database database, IAmazonS3 s3, TransferClient transfer, StatementBuckets buckets, ILogger<PickUpStatements> log)
{
    private const int MostAttempts = 5;
    private const int MostTransfers = 50;

    // Longer than any run lives, so what is still unnamed then belongs to nobody.
    private static readonly TimeSpan Died = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ListingLost = TimeSpan.FromHours(1);

    public static async IAsyncEnumerable<TenantId> DueAsync(Database relay, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var tenant in await relay.RelayAsync(session => session.ListAsync(PickUpSql.TenantsWithPickUps, [], row => row.GetGuid(0), ct), ct)) yield return new TenantId(tenant);
    }

    public async Task RunAsync(TenantId tenant, CancellationToken ct)
    {
        var organization = await Organizations.OrganizationOfAsync(database, tenant, ct);
        var failures = new List<Exception>();
        foreach (var pickUp in await database.ListAsync(tenant, PickUpSql.Enabled, [], StatementPickUp.Read, ct))
        {
            try
            {
                await RunAsync(new Place(tenant, pickUp, $"{organization}/{pickUp.Bank}"), ct);
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                // One bank's trouble is not the next one's; the message still fails, and is heard of.
                failures.Add(exception);
            }
        }
        if (failures.Count > 0) throw new AggregateException($"{failures.Count} of the banks could not be asked for statements.", failures);
    }

    private async Task RunAsync(Place place, CancellationToken ct)
    {
        await ReadListingAsync(place, ct);
        await HearAsync(place, ct);
        await FetchAsync(place, ct);
        await AskForListingAsync(place, ct);
    }

    private async Task ReadListingAsync(Place place, CancellationToken ct)
    {
        if (place.PickUp.ListingFile is not { } name) return;
        var key = $"{place.ListingFolder}/{name}";
        if (await ReadAsync(key, ct) is not { } bytes) return;

        var listing = DirectoryListing.Parse(bytes);
        if (listing.Truncated) log.LogWarning("The folder of bank {Bank} holds more files than one listing; the rest is seen when the bank has cleared some away.", place.PickUp.Bank);
        var files = listing.Matching(place.PickUp.RemoteDirectory, place.PickUp.FilePattern).ToList();
        await database.TransactAsync<bool>(place.Tenant, async unit =>
        {
            // Whoever ends the listing writes what it says; a run beside this one finds it ended, or the pick-up changed.
            if (await unit.ExecuteAsync(PickUpSql.FinishListing, [place.Id, name], ct) == 0) return false;
            await unit.ExecuteAsync(PickUpSql.InsertSeen,
                [place.Id, place.Tenant.Value, files.Select(file => file.Path).ToArray(), files.Select(file => file.Size).ToArray(), files.Select(file => file.ModifiedAt?.ToUniversalTime()).ToArray(), unit.Now], ct);
            return true;
        }, ct);
        await s3.DeleteObjectAsync(buckets.Inbox, key, ct);
    }

    /// <summary>Claimed first and asked afterwards: a run that dies between leaves files that are asked for again, and the same bytes twice are one file.</summary>
    private async Task FetchAsync(Place place, CancellationToken ct)
    {
        for (var transfers = 0; transfers < MostTransfers; transfers++)
        {
            var claimed = (await database.TransactAsync<Claim>(place.Tenant, async unit => new Claim(unit.Now, await unit.ListAsync(PickUpSql.ClaimFiles,
                [place.Id, unit.Now, TransferClient.FilesAtOnce, unit.Now - Died], row => row.GetString(0), ct)), ct)).Value;
            if (claimed.Paths.Count == 0) return;

            var paths = claimed.Paths.Distinct(StringComparer.Ordinal).ToArray();
            var id = await transfer.StartFileTransferAsync(place.PickUp.Connector, paths, $"/{buckets.Inbox}/{place.FileFolder}", ct);
            await database.ExecuteAsync(place.Tenant, PickUpSql.NameTransfer, [place.Id, claimed.At, paths, id], ct);
        }
    }

    private async Task HearAsync(Place place, CancellationToken ct)
    {
        foreach (var id in await database.ListAsync(place.Tenant, PickUpSql.OpenTransfers, [place.Id], row => row.GetString(0), ct))
        {
            foreach (var result in await ResultsAsync(place, id, ct))
            {
                if (result.StatusCode == "COMPLETED") await database.ExecuteAsync(place.Tenant, PickUpSql.Fetched, [place.Id, id, result.FilePath], ct);
                if (result.StatusCode != "FAILED") continue;
                await database.ExecuteAsync(place.Tenant, PickUpSql.Failed, [place.Id, id, result.FilePath, result.FailureCode, MostAttempts], ct);
                log.LogWarning("A file of bank {Bank} could not be fetched: {Failure}.", place.PickUp.Bank, result.FailureCode);
            }
        }
    }

    private async Task<IReadOnlyList<FileTransferResult>> ResultsAsync(Place place, string id, CancellationToken ct)
    {
        try
        {
            return await transfer.ResultsAsync(place.PickUp.Connector, id, ct);
        }
        catch (AmazonServiceException exception) when (exception.ErrorCode == "ResourceNotFoundException")
        {
            // AWS forgets after seven days, and with it goes whether the files came. The same bytes again do no harm.
            await database.ExecuteAsync(place.Tenant, PickUpSql.NotKnownAnyMore, [place.Id, id], ct);
            return [];
        }
    }

    private async Task AskForListingAsync(Place place, CancellationToken ct)
    {
        var asked = await database.TransactAsync<DateTimeOffset?>(place.Tenant, async unit =>
            await unit.ExecuteAsync(PickUpSql.ClaimListing, [place.Id, unit.Now, unit.Now - Died, unit.Now - ListingLost], ct) == 0 ? null : (DateTimeOffset?)unit.Now, ct);
        if (asked.Value is not { } at) return;
        var name = await transfer.StartDirectoryListingAsync(place.PickUp.Connector, place.PickUp.RemoteDirectory, $"/{buckets.Inbox}/{place.ListingFolder}", ct);
        await database.ExecuteAsync(place.Tenant, PickUpSql.NameListing, [place.Id, at, name], ct);
    }

    /// <returns>Null while the connector has not finished.</returns>
    private async Task<byte[]?> ReadAsync(string key, CancellationToken ct)
    {
        try
        {
            using var response = await s3.GetObjectAsync(buckets.Inbox, key, ct);
            using var buffer = new MemoryStream();
            await response.ResponseStream.CopyToAsync(buffer, ct);
            return buffer.ToArray();
        }
        catch (AmazonS3Exception exception) when (exception.StatusCode is System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private sealed record Claim(DateTimeOffset At, IReadOnlyList<string> Paths);

    private sealed record Place(TenantId Tenant, StatementPickUp PickUp, string Folder)
    {
        public Guid Id => PickUp.Bank.Value;

        // Not under statements/, or the listing itself would be taken for a statement.
        public string ListingFolder => "pick-up/" + Folder;
        public string FileFolder => "statements/" + Folder;
    }
}
