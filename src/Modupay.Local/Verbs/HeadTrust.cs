using System.Text.Json;
using Modupay.Kernel;
using Modupay.Ledger;
using Modupay.Ledger.Proof;

namespace Modupay.Local.Verbs;

/// <summary>What an auditor has that does not come from the database.</summary>
internal interface IHeadTrust
{
    Task<HeadKey?> KeyAsync(CancellationToken ct);

    Task<IReadOnlyList<Head>> HeadsAsync(TenantId tenant, CancellationToken ct);
}

/// <summary>The key and the bucket themselves.</summary>
internal sealed class BucketTrust(IHeadKey key, KeptHeads kept) : IHeadTrust
{
    public async Task<HeadKey?> KeyAsync(CancellationToken ct) => await key.PublicKeyAsync(ct);

    public async Task<IReadOnlyList<Head>> HeadsAsync(TenantId tenant, CancellationToken ct) => [.. (await kept.AllAsync(tenant, ct)).Select(head => head.Head(tenant)).OfType<Head>()];
}

/// <summary>Copies of both, as far as there are any.</summary>
internal sealed class FileTrust(string? pem, string? folder) : IHeadTrust
{
    public static async Task<FileTrust> ReadAsync(string? keyFile, string? folder, CancellationToken ct)
    {
        if (keyFile is not null && !File.Exists(keyFile)) throw new ArgumentsException($"There is no file {keyFile}.");
        if (folder is not null && !Directory.Exists(folder)) throw new ArgumentsException($"There is no folder {folder}.");
        return new(keyFile is null ? null : await File.ReadAllTextAsync(keyFile, ct), folder);
    }

    public Task<HeadKey?> KeyAsync(CancellationToken ct) => Task.FromResult(pem is null ? null : HeadKey.FromPem(HeadKey.AnyId, pem));

    public async Task<IReadOnlyList<Head>> HeadsAsync(TenantId tenant, CancellationToken ct)
    {
        var own = folder is null ? null : Path.Combine(folder, tenant.ToString());
        if (own is null || !Directory.Exists(own)) return [];
        var heads = new List<Head>();
        foreach (var file in Directory.GetFiles(own, "*.json").Order(StringComparer.Ordinal))
        {
            await using var stream = File.OpenRead(file);
            var kept = await JsonSerializer.DeserializeAsync(stream, LedgerJson.Default.KeptHead, ct);
            heads.Add(kept?.Head(tenant) ?? throw new ArgumentsException($"{file} is not a head of {tenant}."));
        }
        return heads;
    }
}
