using System.Net;
using System.Text.Json;
using Amazon.S3;
using Amazon.S3.Model;

namespace Modupay.Ledger.Proof;

/// <summary>A head as it lies in the bucket: enough to check it without us.</summary>
internal sealed record KeptHead(string Text, string KeyId, string Algorithm, string Signature, string PublicKey, DateTimeOffset SignedAt)
{
    public static KeptHead Of(TenantId tenant, Head head, HeadKey key) => new(System.Text.Encoding.UTF8.GetString(Proof.Head.Message(tenant, head.Blocks, head.Root)),
        head.KeyId, HeadKey.Algorithm, Convert.ToBase64String(head.Signature), key.Pem, head.SignedAt);

    /// <summary>Null when the text is not that of a head of this tenant.</summary>
    public Head? Head(TenantId tenant) => Text.TrimEnd('\n').Split('\t') is ["modupay-ledger-head-1", var owner, var blocks, var root] && owner == tenant.ToString() && long.TryParse(blocks, out var count)
        ? new(count, Convert.FromHexString(root), KeyId, Convert.FromBase64String(Signature), SignedAt)
        : null;
}

/// <summary>
/// The signed heads in a bucket where nothing can be replaced or deleted for seven years, not even by us. Names sort by the number of blocks.
/// </summary>
internal sealed class KeptHeads(IAmazonS3 s3, string bucket)
{
    public Task KeepAsync(TenantId tenant, Head head, HeadKey key, CancellationToken ct) => KeepAsync($"{Prefix(tenant)}{head.Blocks:D12}.json", KeptHead.Of(tenant, head, key), ct);

    /// <summary>A head of any chain, under a name that sorts after those of the heads before it.</summary>
    public async Task KeepAsync(string name, KeptHead head, CancellationToken ct)
    {
        var request = new PutObjectRequest
        {
            BucketName = bucket,
            Key = name,
            ContentType = "application/json",
            ContentBody = JsonSerializer.Serialize(head, LedgerJson.Default.KeptHead),
            // A second version would be locked away beside the first for nothing.
            IfNoneMatch = "*",
        };
        try
        {
            await s3.PutObjectAsync(request, ct);
        }
        catch (AmazonS3Exception kept) when (kept.StatusCode is HttpStatusCode.PreconditionFailed)
        {
            // An earlier run put it there.
        }
    }

    public Task<KeptHead?> NewestAsync(TenantId tenant, CancellationToken ct) => NewestAsync(Prefix(tenant), ct);

    public async Task<KeptHead?> NewestAsync(string folder, CancellationToken ct) =>
        await KeysAsync(folder, ct).LastOrDefaultAsync(ct) is { } key ? await ReadAsync(key, ct) : null;

    public async Task<List<KeptHead>> AllAsync(TenantId tenant, CancellationToken ct)
    {
        var heads = new List<KeptHead>();
        await foreach (var key in KeysAsync(Prefix(tenant), ct)) heads.Add(await ReadAsync(key, ct));
        return heads;
    }

    private async IAsyncEnumerable<string> KeysAsync(string folder, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var request = new ListObjectsV2Request { BucketName = bucket, Prefix = folder };
        for (var more = true; more;)
        {
            var page = await s3.ListObjectsV2Async(request, ct);
            foreach (var item in page.S3Objects ?? []) yield return item.Key;
            request.ContinuationToken = page.NextContinuationToken;
            more = page.IsTruncated is true;
        }
    }

    private async Task<KeptHead> ReadAsync(string key, CancellationToken ct)
    {
        using var stored = await s3.GetObjectAsync(bucket, key, ct);
        return await JsonSerializer.DeserializeAsync(stored.ResponseStream, LedgerJson.Default.KeptHead, ct) ?? throw new JsonException($"{key} is null.");
    }

    private static string Prefix(TenantId tenant) => $"{tenant}/";
}
