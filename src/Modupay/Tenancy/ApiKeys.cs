using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Modupay.Http;

namespace Modupay.Tenancy;

/// <summary>Where a request comes from and what it is called.</summary>
internal sealed record Origin(IPAddress? Address, string RequestId);

/// <summary>An API key as it is shown once: <c>mp_test_</c> and 256 random bits. Only its hash is kept.</summary>
internal sealed record NewApiKey(ApiKeyId Id, string Secret)
{
    private const int SecretBytes = 32;

    public static NewApiKey Create(bool live, TimeProvider time) =>
        new(Kernel.Id.New<ApiKeyId>(time), (live ? ApiKeys.LivePrefix : ApiKeys.TestPrefix) + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes)));

    public byte[] Hash => ApiKeys.HashOf(Secret);
}

/// <summary>Finds who is behind an API key. An answer is remembered for a few seconds, which is how long a revoked key may still work.</summary>
internal sealed class ApiKeys(Database database)
{
    internal const string TestPrefix = "mp_test_";
    internal const string LivePrefix = "mp_live_";
    private const int MaxRemembered = 10_000;
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);
    // Written down at most this often, so that a busy key does not turn every read into a write.
    private static readonly TimeSpan UseResolution = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (ApiKey Key, DateTimeOffset Until)> _cache = new(StringComparer.Ordinal);

    /// <returns>Nothing for what is no valid key; a refusal for a valid key in the wrong place.</returns>
    public async Task<Result<Caller>?> CallerOfAsync(string secret, Origin origin, CancellationToken ct)
    {
        if (await FindAsync(secret, ct) is not { } key) return null;
        if (!key.Ranges.Allow(origin.Address)) return new Problem(Errors.AddressNotAllowed, "This key may only be used from the networks it lists.");
        return new Caller(key.Tenant, key.Organization, key.Organization, key.Live, new Actor(Actor.ApiKey, key.Id.ToString(), origin.Address?.ToString(), origin.RequestId), key.Permissions);
    }

    private async Task<ApiKey?> FindAsync(string secret, CancellationToken ct)
    {
        var live = secret.StartsWith(LivePrefix, StringComparison.Ordinal);
        if (!live && !secret.StartsWith(TestPrefix, StringComparison.Ordinal) || secret.Length > 200) return null;

        // The cache is keyed by the hash, so that a memory dump holds no working key.
        var hash = HashOf(secret);
        var cacheKey = Convert.ToHexStringLower(hash);
        var now = database.Time.GetUtcNow();
        if (_cache.TryGetValue(cacheKey, out var known) && known.Until > now) return known.Key.ExpiresAt <= now ? null : known.Key;

        var found = (await database.ListByAsync(LookUp.KeyHash, cacheKey, ApiKeySql.FindByHash, [hash, now], ApiKey.Read, ct)).FirstOrDefault();
        // The prefix is what people look at before they paste a key somewhere, so it must not lie about the mode.
        if (found is null || found.Live != live) return null;
        if (found.LastUsedAt is not { } used || used < now - UseResolution)
            await database.ExecuteAsync(found.Tenant, ApiKeySql.Used, [found.Id.Value, now], ct);

        if (_cache.Count >= MaxRemembered) _cache.Clear();
        // Only keys that exist are remembered: guesses must not push real ones out.
        _cache[cacheKey] = (found, now + Remembered);
        return found;
    }

    internal static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private sealed record ApiKey(ApiKeyId Id, TenantId Tenant, OrganizationId Organization, bool Live, Permissions Permissions, NetworkRanges Ranges, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt)
    {
        public static ApiKey Read(Npgsql.NpgsqlDataReader row) => new(new(row.GetGuid(0)), new(row.GetGuid(1)), new(row.GetGuid(2)), row.GetString(3) == "live",
            PermissionNames.Of(row.GetFieldValue<string[]>(4)), NetworkRanges.Of(row.GetFieldValue<string[]>(5)),
            row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6), row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7));
    }
}
