using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Audit.Endpoints;
using Modupay.Http;

namespace Modupay.Audit;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(IReadOnlyList<AuditEntryView>))]
[JsonSerializable(typeof(Envelope<AuditEntryView>))]
[JsonSerializable(typeof(ListEnvelope<AuditEntryView>))]
[JsonSerializable(typeof(AuditVerificationView))]
[JsonSerializable(typeof(Envelope<AuditVerificationView>))]
internal sealed partial class AuditJson : JsonSerializerContext;
