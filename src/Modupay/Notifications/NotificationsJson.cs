using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Http;
using Modupay.Notifications.Delivery;
using Modupay.Notifications.Endpoints;
using Modupay.Notifications.Events;

namespace Modupay.Notifications;

/// <summary>Every type of this module that crosses the API or leaves in a webhook.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(WebhookEndpointDisabled))]
[JsonSerializable(typeof(EventEnvelope[]))]
[JsonSerializable(typeof(Envelope<EventEnvelope>))]
[JsonSerializable(typeof(ListEnvelope<EventEnvelope>))]
[JsonSerializable(typeof(WebhookEndpoint[]))]
[JsonSerializable(typeof(Envelope<WebhookEndpoint>))]
[JsonSerializable(typeof(ListEnvelope<WebhookEndpoint>))]
[JsonSerializable(typeof(WebhookDelivery[]))]
[JsonSerializable(typeof(Envelope<WebhookDelivery>))]
[JsonSerializable(typeof(ListEnvelope<WebhookDelivery>))]
[JsonSerializable(typeof(CreateWebhookEndpoint.Request), TypeInfoPropertyName = "CreateWebhookEndpointRequest")]
[JsonSerializable(typeof(CreateWebhookEndpoint.Response), TypeInfoPropertyName = "CreateWebhookEndpointResponse")]
[JsonSerializable(typeof(CreateWebhookEndpoint.Stored), TypeInfoPropertyName = "CreateWebhookEndpointStored")]
[JsonSerializable(typeof(Envelope<CreateWebhookEndpoint.Response>), TypeInfoPropertyName = "CreateWebhookEndpointEnvelope")]
[JsonSerializable(typeof(ChangeWebhookEndpoint.Request), TypeInfoPropertyName = "ChangeWebhookEndpointRequest")]
[JsonSerializable(typeof(RotateWebhookSecret.Request), TypeInfoPropertyName = "RotateWebhookSecretRequest")]
[JsonSerializable(typeof(RotateWebhookSecret.Response), TypeInfoPropertyName = "RotateWebhookSecretResponse")]
[JsonSerializable(typeof(RotateWebhookSecret.Stored), TypeInfoPropertyName = "RotateWebhookSecretStored")]
[JsonSerializable(typeof(Envelope<RotateWebhookSecret.Response>), TypeInfoPropertyName = "RotateWebhookSecretEnvelope")]
[JsonSerializable(typeof(ReplayWebhooks.Request), TypeInfoPropertyName = "ReplayWebhooksRequest")]
[JsonSerializable(typeof(ReplayWebhooks.Response), TypeInfoPropertyName = "ReplayWebhooksResponse")]
[JsonSerializable(typeof(Envelope<ReplayWebhooks.Response>), TypeInfoPropertyName = "ReplayWebhooksEnvelope")]
[JsonSerializable(typeof(ResendWebhook.Request), TypeInfoPropertyName = "ResendWebhookRequest")]
internal sealed partial class NotificationsJson : JsonSerializerContext;
