using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Modupay.Notifications.Delivery;

/// <summary>
/// The order to make one attempt of one delivery. Only the attempt that comes next is made, so a message that is heard twice does nothing the
/// second time.
/// </summary>
internal sealed record DeliveryMessage(TenantId Tenant, DeliveryId Delivery, int Attempt)
{
    public const string Queue = "webhook-delivery";

    /// <summary>One attempt has one message id: setting its time again moves it instead of adding another.</summary>
    public OutboxMessage After(TimeSpan delay)
    {
        var body = new DeliveryMessageBody(Tenant.ToString(), Delivery.ToString(), Attempt);
        var id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{Queue}/{Delivery}/{Attempt}")).AsSpan(0, 16), bigEndian: true);
        return OutboxMessage.Later(id, Queue, JsonSerializer.Serialize(body, DeliveryMessageJson.Default.DeliveryMessageBody), delay);
    }

    public static DeliveryMessage Parse(string text)
    {
        var body = JsonSerializer.Deserialize(text, DeliveryMessageJson.Default.DeliveryMessageBody) ?? throw new JsonException("The delivery message is null.");
        if (!Id.TryParse<TenantId>(body.Tenant, out var tenant) || !Id.TryParse<DeliveryId>(body.Delivery, out var delivery) || body.Attempt < 1)
            throw new JsonException("The delivery message names no delivery.");
        return new(tenant, delivery, body.Attempt);
    }
}

internal sealed record DeliveryMessageBody(string Tenant, string Delivery, int Attempt);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DeliveryMessageBody))]
internal sealed partial class DeliveryMessageJson : JsonSerializerContext;
