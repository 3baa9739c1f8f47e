using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Modupay.Http;

/// <summary>The caller's promise that two requests with one key are one request.</summary>
internal sealed record IdempotencyKey(string Value)
{
    private const string Header = "Idempotency-Key";

    /// <summary>The key of a request that moves money, where it is required.</summary>
    public static Result<IdempotencyKey> Required(HttpRequest request)
    {
        var sent = request.Headers[Header];
        if (sent.Count == 0) return new Problem(Errors.IdempotencyKeyRequired, "Send an Idempotency-Key header, for example a UUID, and the same one when you repeat the request.");
        // The IETF draft sends a quoted structured-field string, Stripe's habit is the bare value. Both mean the same key.
        var key = sent.ToString().Trim();
        if (key is ['"', .., '"'] && key.Length > 1) key = key[1..^1];
        return key.Length is >= 1 and <= 255 && key.All(character => character is >= '!' and <= '~')
            ? new IdempotencyKey(key)
            : new Problem(Errors.IdempotencyKeyInvalid, "An Idempotency-Key has 1 to 255 visible ASCII characters.");
    }

    /// <summary>The key of any other POST: used when sent, and made up for the one request when not.</summary>
    public static Result<IdempotencyKey> Optional(HttpRequest request) => request.Headers.ContainsKey(Header)
        ? Required(request)
        : new IdempotencyKey("none-" + Id.Base32(Guid.CreateVersion7(RequestIds.Time(request.HttpContext))));
}

internal static class IdempotencySql
{
    /// <summary>
    /// Claims the key. The advisory lock tells a request that is still running from one that has finished: without it the insert would wait for
    /// the first request's transaction, and the caller would hang instead of hearing 409.
    /// </summary>
    internal const string Claim = """
        with held as materialized (select pg_try_advisory_xact_lock(hashtextextended($1::uuid::text || $2, 0)) as got),
        claimed as (
            insert into platform.idempotency_keys (tenant_id, key, fingerprint, created_at)
            select $1, $2, $3, $4 from held where got
            on conflict (tenant_id, key) do nothing
            returning 1
        )
        select got, exists (select from claimed) from held
        """;

    internal const string Find = "select fingerprint, status, answer from platform.idempotency_keys where tenant_id = $1 and key = $2";

    internal const string Store = "update platform.idempotency_keys set status = $3, answer = $4 where tenant_id = $1 and key = $2";
}

internal static class Idempotency
{
    /// <summary>
    /// Runs the work once per key and answers what it answered the first time. The key, the stored answer and the effect are one commit, so a
    /// crash leaves either all of them or none; a refusal leaves none and may be tried again.
    /// </summary>
    public static async Task<Reply> OnceAsync<T>(this Database database, TenantId tenant, IdempotencyKey key, byte[] fingerprint, int status,
        JsonTypeInfo<T> type, Func<UnitOfWork, Task<Result<T>>> work, CancellationToken ct)
    {
        var answer = await database.OnceStoredAsync(tenant, key, fingerprint, status, type, work, ct);
        return answer.Problem is { } problem ? Reply.Refused(problem) : Reply.Stored(answer.Value);
    }

    /// <summary>The same, for an answer that must be completed with what may not be stored: a secret that is shown once.</summary>
    public static Task<Result<StoredAnswer>> OnceStoredAsync<T>(this Database database, TenantId tenant, IdempotencyKey key, byte[] fingerprint, int status,
        JsonTypeInfo<T> type, Func<UnitOfWork, Task<Result<T>>> work, CancellationToken ct) =>
        database.TransactAsync<StoredAnswer>(tenant, async unit =>
        {
            var (got, claimed) = (await unit.ListAsync(IdempotencySql.Claim, [tenant.Value, key.Value, fingerprint, unit.Now], row => (row.GetBoolean(0), row.GetBoolean(1)), ct))[0];
            if (!got) return new Problem(Errors.IdempotencyInProgress, "Repeat the request in a moment to hear its answer.");
            if (!claimed) return await StoredAsync(unit, key, fingerprint, ct);

            var result = await work(unit);
            if (result.Problem is { } refused) return refused;
            var data = JsonSerializer.SerializeToUtf8Bytes(result.Value, type);
            unit.AtCommit(IdempotencySql.Store, [tenant.Value, key.Value, status, System.Text.Encoding.UTF8.GetString(data)]);
            return new StoredAnswer(status, data, Replayed: false);
        }, ct);

    private static async Task<Result<StoredAnswer>> StoredAsync(UnitOfWork unit, IdempotencyKey key, byte[] fingerprint, CancellationToken ct)
    {
        var stored = (await unit.ListAsync(IdempotencySql.Find, [unit.Tenant.Value, key.Value],
            row => (Fingerprint: row.GetFieldValue<byte[]>(0), Status: row.GetInt32(1), Answer: row.GetString(2)), ct))[0];
        return stored.Fingerprint.AsSpan().SequenceEqual(fingerprint)
            ? new StoredAnswer(stored.Status, System.Text.Encoding.UTF8.GetBytes(stored.Answer), Replayed: true)
            : new Problem(Errors.IdempotencyKeyReused, "Use a new key for a new request; this one belongs to another method, path or body.");
    }
}
