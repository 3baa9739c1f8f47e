using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Modupay.Http;
using Modupay.Notifications.Delivery;
using Modupay.Tenancy;

namespace Modupay.Notifications.Endpoints;

/// <summary>
/// A new secret, as it may lie in a table. The answer that shows it is stored without it and completed on the way out, also when it is
/// replayed: otherwise the idempotency keys would hold in clear what we seal elsewhere.
/// </summary>
internal sealed record SealedSecret(Guid Id, byte[] Value)
{
    public static async Task<SealedSecret> CreateAsync(FieldCipher cipher, TenantId tenant, TimeProvider time, CancellationToken ct) =>
        new(Guid.CreateVersion7(time.GetUtcNow()), await cipher.SealAsync(tenant, DeliveryStore.SecretField, WebhookSecret.Create().Text, ct));

    /// <param name="complete">Adds the secret to the stored answer; null when it has been replaced since.</param>
    public static async Task<Reply> AnswerAsync<T>(Result<StoredAnswer> stored, JsonTypeInfo<T> type, Func<T, Guid> secretOf, Func<T, string?, byte[]> complete,
        Database database, FieldCipher cipher, TenantId tenant, CancellationToken ct)
    {
        if (stored.Problem is { } problem) return Reply.Refused(problem);
        var answer = JsonSerializer.Deserialize(stored.Value.Data, type)!;
        var value = await database.FirstAsync(tenant, WebhookEndpointSql.FindSecret, [secretOf(answer)], row => row.GetFieldValue<byte[]>(0), ct);
        var secret = value is null ? null : await cipher.OpenTextAsync(tenant, DeliveryStore.SecretField, value, ct);
        return Reply.Stored(stored.Value with { Data = complete(answer, secret) });
    }
}
