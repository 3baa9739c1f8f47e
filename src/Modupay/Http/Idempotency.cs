using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Modupay.Http;

/// <summary>The caller's promise that two requests with one key are one request.</summary>
internal sealed record IdempotencyKey(string Value)
{
    private const string Header = "Idempotency-Key";

    /// <summary>Refuses a key that is none everywhere, also where repeating does no harm and nobody asks for it: the caller believes in it.</summary>
    public static Task UseAsync(HttpContext context, RequestDelegate next) => context.Request.Headers.ContainsKey(Header) && Required(context.Request).Problem is { } refused
        ? Reply.Refused(refused).ExecuteAsync(context)
        : next(context);

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
    /// <summary>Holds the key until the end of the transaction, or fails at once: a caller must hear 409, and not wait for the first request.</summary>
    internal const string Begin = "select platform.begin_once($1, $2)";

    internal const string Find = "select fingerprint, status, answer from platform.idempotency_keys where tenant_id = $1 and key = $2";

    internal const string Store = "insert into platform.idempotency_keys (tenant_id, key, fingerprint, created_at, status, answer) values ($1, $2, $3, $4, $5, $6)";
}

internal static class Idempotency
{
    /// <summary>What <see cref="IdempotencySql.Begin"/> fails with where the key was used, or is being used at this moment.</summary>
    private const string Taken = "MP001";

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
    public static async Task<Result<StoredAnswer>> OnceStoredAsync<T>(this Database database, TenantId tenant, IdempotencyKey key, byte[] fingerprint, int status,
        JsonTypeInfo<T> type, Func<UnitOfWork, Task<Result<T>>> work, CancellationToken ct)
    {
        try
        {
            return await database.TransactAsync<StoredAnswer>(tenant, async unit =>
            {
                // Goes along with the first statement of the work, which does not run when the key is taken: most requests are the first with their key.
                unit.Require(IdempotencySql.Begin, [tenant.Value, key.Value]);
                var result = await work(unit);
                if (result.Problem is { } refused)
                {
                    // Repeated, it is the first answer that counts, whatever the work would say to it now.
                    await unit.EnsureRequiredAsync(ct);
                    return refused;
                }
                var data = Reply.Bytes(result.Value, type);
                unit.AtCommit(IdempotencySql.Store, [tenant.Value, key.Value, fingerprint, unit.Now, status, System.Text.Encoding.UTF8.GetString(data)]);
                return new StoredAnswer(status, data, Replayed: false);
            }, ct);
        }
        catch (PostgresException taken) when (taken.SqlState == Taken)
        {
            return await StoredAsync(database, tenant, key, fingerprint, ct);
        }
    }

    private static async Task<Result<StoredAnswer>> StoredAsync(Database database, TenantId tenant, IdempotencyKey key, byte[] fingerprint, CancellationToken ct)
    {
        var found = await database.ListAsync(tenant, IdempotencySql.Find, [tenant.Value, key.Value],
            row => (Fingerprint: row.GetFieldValue<byte[]>(0), Status: row.GetInt32(1), Answer: row.GetString(2)), ct);
        if (found is not [var stored]) return new Problem(Errors.IdempotencyInProgress, "Repeat the request in a moment to hear its answer.");
        return stored.Fingerprint.AsSpan().SequenceEqual(fingerprint)
            ? new StoredAnswer(stored.Status, System.Text.Encoding.UTF8.GetBytes(stored.Answer), Replayed: true)
            : new Problem(Errors.IdempotencyKeyReused, "Use a new key for a new request; this one belongs to another method, path or body.");
    }
}
