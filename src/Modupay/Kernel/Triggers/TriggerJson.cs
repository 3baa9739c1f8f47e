using System.Text.Json;
using System.Text.Json.Serialization;

namespace Modupay.Triggers;

/// <summary>How trigger envelopes are read and written. Fields AWS adds later are ignored; fields we rely on must be there.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SqsBatch))]
[JsonSerializable(typeof(SqsBatchAnswer))]
[JsonSerializable(typeof(EventBridgeEvent<ObjectCreated>), TypeInfoPropertyName = "ObjectCreatedEvent")]
[JsonSerializable(typeof(EventBridgeEvent<JsonElement>), TypeInfoPropertyName = "AnyEvent")]
[JsonSerializable(typeof(ScheduledRun))]
[JsonSerializable(typeof(WorkflowTask))]
internal sealed partial class TriggerJson : JsonSerializerContext;
