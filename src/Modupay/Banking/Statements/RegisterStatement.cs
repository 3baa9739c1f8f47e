using System.Buffers;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Modupay.Banking.Accounts;
using Modupay.Tenancy;
using Modupay.Triggers;

namespace Modupay.Banking.Statements;

/// <summary>
/// First state: whose file is this, have we seen these bytes, and are they safe? The object goes to the archive under its own SHA-256 before
/// anything is made of it.
/// </summary>
internal sealed class RegisterStatement(Database database, IAmazonS3 s3, StatementBuckets buckets)
{
    internal const string RereadFolder = ".reread/";
    private const int BlockSize = 128 * 1024;

    public async Task<StatementProgress> RunAsync(EventBridgeEvent<ObjectCreated> arrived, CancellationToken ct)
    {
        var key = arrived.Detail.Object.Key;
        var path = await RouteAsync(key, ct) ?? throw new LambdaError("Statement.Unroutable", $"No organization and bank belong to the path {key}. Drop files under statements/<organization>/<bank profile>/.");

        if (path.Reread is { } known) return await ReadAgainAsync(path.Tenant, known, key, ct);
        if (await HashAsync(key, ct) is not { } content)
        {
            // The archive step of an earlier run has already taken the object away.
            return await KnownAsync(path, key, ct);
        }

        var archived = $"{path.Tenant}/{Convert.ToHexStringLower(content.Sha256)}";
        // A known row means that its bytes are archived already, and what is write-once is not written twice.
        if (await database.FirstAsync(path.Tenant, StatementSql.FindFileByHash, [content.Sha256], StatementFile.Read, ct) is null)
            await s3.CopyObjectAsync(new CopyObjectRequest { SourceBucket = buckets.Inbox, SourceKey = key, DestinationBucket = buckets.Archive, DestinationKey = archived }, ct);
        return await RecordAsync(path, key, archived, content, ct);
    }

    private async Task<StatementProgress> RecordAsync(FilePath path, string inboxKey, string archivedKey, Content content, CancellationToken ct)
    {
        var registered = await database.TransactAsync<(StatementFile File, bool IsNew)>(path.Tenant, async unit =>
        {
            var id = Id.New<StatementFileId>(unit.Time);
            var isNew = await unit.ExecuteAsync(StatementSql.InsertFile,
                [id.Value, unit.Tenant.Value, path.BankProfile.Value, path.FileName, archivedKey, content.Size, content.Sha256, unit.Now], ct) == 1;
            var file = await unit.FirstAsync(StatementSql.FindFileByHash, [content.Sha256], StatementFile.Read, ct);
            await unit.ExecuteAsync(StatementSql.InsertArrival, [file!.Id.Value, unit.Tenant.Value, path.FileName, unit.Now], ct);
            return (file, isNew);
        }, ct);
        var (file, isNew) = registered.Value;

        // Bytes we finished before are a duplicate. Bytes we began before are the same work, resumed.
        var duplicate = !isNew && file.State is "archived" or "quarantined";
        if (duplicate) await s3.DeleteObjectAsync(buckets.Inbox, inboxKey, ct);
        return new(path.Tenant.ToString(), file.Id.ToString(), inboxKey, duplicate);
    }

    /// <summary>Not a file but a wish: POST /v1/statements/{id}/reread has put it here, so that everything that is read goes through one workflow.</summary>
    private async Task<StatementProgress> ReadAgainAsync(TenantId tenant, StatementFileId id, string key, CancellationToken ct)
    {
        var file = await database.FirstAsync(tenant, StatementSql.FindFile, [id.Value], StatementFile.Read, ct) ?? throw new LambdaError("Statement.Unroutable", $"There is no statement file {id}.");
        return new(tenant.ToString(), file.Id.ToString(), key, Duplicate: file.State is "archived" or "quarantined", Again: file.Statements > 0);
    }

    private async Task<StatementProgress> KnownAsync(FilePath path, string key, CancellationToken ct)
    {
        var file = await database.FirstAsync(path.Tenant, StatementSql.FindFileByName, [path.BankProfile.Value, path.FileName], StatementFile.Read, ct) ?? throw new LambdaError("Statement.Unroutable", $"The object {key} is gone and was never registered.");
        return new(path.Tenant.ToString(), file.Id.ToString(), key, Duplicate: true);
    }

    /// <summary>statements/{organization}/{bank profile}/{file name}: the profile belongs to one of the organization's tenants, and so does the file.</summary>
    private async Task<FilePath?> RouteAsync(string key, CancellationToken ct)
    {
        var parts = key.Split('/', 4);
        if (parts is not ["statements", var organizationText, var profileText, { Length: > 0 } fileName]) return null;
        if (!Id.TryParse<OrganizationId>(organizationText, out var organization) || !Id.TryParse<BankProfileId>(profileText, out var profile)) return null;

        foreach (var tenant in await Organizations.TenantsOfAsync(database, organization, ct))
            if (await database.FirstAsync(tenant, BankAccountSql.FindProfile, [profile.Value], row => row.GetString(1), ct) is not null)
                return FilePath.Of(tenant, profile, fileName);
        return null;
    }

    /// <returns>Null when the object is not there.</returns>
    private async Task<Content?> HashAsync(string key, CancellationToken ct)
    {
        try
        {
            using var response = await s3.GetObjectAsync(buckets.Inbox, key, ct);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var block = ArrayPool<byte>.Shared.Rent(BlockSize);
            long size = 0;
            try
            {
                int read;
                while ((read = await response.ResponseStream.ReadAsync(block, ct)) > 0)
                {
                    hash.AppendData(block, 0, read);
                    size += read;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(block);
            }
            return new Content(size, hash.GetHashAndReset());
        }
        catch (AmazonS3Exception exception) when (exception.StatusCode is System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private sealed record FilePath(TenantId Tenant, BankProfileId BankProfile, string FileName, StatementFileId? Reread = null)
    {
        public static FilePath Of(TenantId tenant, BankProfileId profile, string name)
        {
            var wish = name.StartsWith(RereadFolder, StringComparison.Ordinal) && Id.TryParse<StatementFileId>(name[RereadFolder.Length..], out var id) ? id : (StatementFileId?)null;
            return new(tenant, profile, name.Length > 200 ? name[^200..] : name, wish);
        }
    }

    private sealed record Content(long Size, byte[] Sha256);
}
