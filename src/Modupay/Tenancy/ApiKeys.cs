using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Modupay.Tenancy;

internal static class ApiKeySql
{
    internal const string FindByHash = """
        select api_key_id, tenant_id from tenancy.api_keys where key_hash = $1 and revoked_at is null
        """;

    internal const string Insert = """
        insert into tenancy.api_keys (api_key_id, tenant_id, name, key_hash, last_four, created_at) values ($1, $2, $3, $4, $5, $6)
        """;
}

/// <summary>An API key as it is shown once: <c>mp_test_</c> and 256 random bits. Only its hash is kept.</summary>
internal sealed record NewApiKey(ApiKeyId Id, string Secret)
{
    private const int SecretBytes = 32;

    public static NewApiKey Create(bool live, TimeProvider time) =>
        new(Kernel.Id.New<ApiKeyId>(time), (live ? ApiKeys.LivePrefix : ApiKeys.TestPrefix) + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes)));

    public byte[] Hash => ApiKeys.HashOf(Secret);
}

/// <summary>Finds the tenant behind an API key. An answer is remembered for a few seconds, which is how long a revoked key may still work.</summary>
internal sealed class ApiKeys(Database database)
{
    internal const string TestPrefix = "mp_test_";
    internal const string LivePrefix = "mp_live_";
    private const int MaxRemembered = 10_000;
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Known> _cache = new(StringComparer.Ordinal);

    public async Task<Http.Caller?> FindAsync(string secret, CancellationToken ct)
    {
        var live = secret.StartsWith(LivePrefix, StringComparison.Ordinal);
        if (!live && !secret.StartsWith(TestPrefix, StringComparison.Ordinal) || secret.Length > 200) return null;

        // The cache is keyed by the hash, so that a memory dump holds no working key.
        var hash = HashOf(secret);
        var cacheKey = Convert.ToHexStringLower(hash);
        var now = database.Time.GetUtcNow();
        if (_cache.TryGetValue(cacheKey, out var known) && known.Until > now) return known.Caller;

        var found = await database.ListByAsync(LookUp.KeyHash, cacheKey, ApiKeySql.FindByHash, [hash], row => (Key: row.GetGuid(0), Tenant: row.GetGuid(1)), ct);
        var caller = found is [var (key, tenant)] ? new Http.Caller(new TenantId(tenant), new ApiKeyId(key), live) : null;
        if (_cache.Count >= MaxRemembered) _cache.Clear();
        // Only keys that exist are remembered: guesses must not push real ones out.
        if (caller is not null) _cache[cacheKey] = new(caller, now + Remembered);
        return caller;
    }

    internal static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private sealed record Known(Http.Caller Caller, DateTimeOffset Until);
}
