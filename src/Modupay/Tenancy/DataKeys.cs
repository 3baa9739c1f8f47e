using System.Collections.Concurrent;
using System.Security.Cryptography;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;

namespace Modupay.Tenancy;

internal static class DataKeySql
{
    internal const string Newest = "select version, wrapped from tenancy.data_keys where tenant_id = $1 and purpose = $2 and wrapped is not null order by version desc limit 1";

    internal const string ByVersion = "select version, wrapped from tenancy.data_keys where tenant_id = $1 and purpose = $2 and version = $3 and wrapped is not null";

    internal const string Insert = """
        insert into tenancy.data_keys (tenant_id, purpose, version, wrapped, created_at)
        values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, purpose, version) do nothing
        """;

    internal const string All = "select purpose, version, created_at, destroyed_at from tenancy.data_keys where tenant_id = $1 order by purpose, version desc";

    internal const string Destroy = """
        update tenancy.data_keys set wrapped = null, destroyed_at = $3
        where tenant_id = $1 and purpose = 'seal' and version < $2 and wrapped is not null
        returning version
        """;
}

/// <summary>
/// The keys of each tenant, unwrapped by KMS and remembered for some minutes. KMS is asked with the tenant as encryption context, so a wrapped
/// key that is copied to another tenant's row does not open.
/// </summary>
internal sealed class DataKeys(Database database, IAmazonKeyManagementService kms, string keyId)
{
    public const string Seal = "seal";
    public const string LookUp = "look_up";

    /// <summary>How long a process may go on using a key that was replaced or destroyed meanwhile.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);

    private const int MaxRemembered = 10_000;

    private readonly ConcurrentDictionary<(TenantId Tenant, string Purpose, int Version), DataKey> _cache = new();

    public Database Database => database;

    /// <summary>The key to seal with now. The first caller of a new tenant makes it.</summary>
    public Task<DataKey> NewestAsync(TenantId tenant, string purpose, CancellationToken ct) => FindAsync(tenant, purpose, version: 0, ct);

    public Task<DataKey> ByVersionAsync(TenantId tenant, string purpose, int version, CancellationToken ct) => FindAsync(tenant, purpose, version, ct);

    /// <summary>A new version, wrapped by KMS and not yet stored.</summary>
    public async Task<byte[]> WrappedAsync(TenantId tenant, string purpose, CancellationToken ct) => (await kms.GenerateDataKeyWithoutPlaintextAsync(
        new GenerateDataKeyWithoutPlaintextRequest { KeyId = keyId, KeySpec = DataKeySpec.AES_256, EncryptionContext = Context(tenant, purpose) }, ct)).CiphertextBlob.ToArray();

    private async Task<DataKey> FindAsync(TenantId tenant, string purpose, int version, CancellationToken ct)
    {
        var cacheKey = (tenant, purpose, version);
        if (_cache.TryGetValue(cacheKey, out var known) && known.Until > database.Time.GetUtcNow()) return known;

        var row = await ReadAsync(tenant, purpose, version, ct);
        if (row is null && version == 0)
        {
            // Whoever commits first wins; the loser's key is never used.
            await database.ExecuteAsync(tenant, DataKeySql.Insert, [tenant.Value, purpose, 1, await WrappedAsync(tenant, purpose, ct), database.Time.GetUtcNow()], ct);
            row = await ReadAsync(tenant, purpose, version, ct);
        }
        if (row is null) throw new CryptographicException($"{tenant} has no {purpose} key of version {version}; it was destroyed.");

        var opened = await kms.DecryptAsync(new DecryptRequest { KeyId = keyId, CiphertextBlob = new MemoryStream(row.Wrapped), EncryptionContext = Context(tenant, purpose) }, ct);
        var key = new DataKey(row.Version, opened.Plaintext.ToArray(), database.Time.GetUtcNow() + Remembered);
        if (_cache.Count >= MaxRemembered) _cache.Clear();
        return _cache[cacheKey] = key;
    }

    private Task<WrappedKey?> ReadAsync(TenantId tenant, string purpose, int version, CancellationToken ct) => version == 0
        ? database.FirstAsync(tenant, DataKeySql.Newest, [tenant.Value, purpose], Read, ct)
        : database.FirstAsync(tenant, DataKeySql.ByVersion, [tenant.Value, purpose, version], Read, ct);

    private static Dictionary<string, string> Context(TenantId tenant, string purpose) => new() { ["tenant"] = tenant.ToString(), ["purpose"] = purpose };

    private static WrappedKey Read(Npgsql.NpgsqlDataReader row) => new(row.GetInt32(0), row.GetFieldValue<byte[]>(1));

    private sealed record WrappedKey(int Version, byte[] Wrapped);
}

internal sealed record DataKey(int Version, byte[] Key, DateTimeOffset Until);
