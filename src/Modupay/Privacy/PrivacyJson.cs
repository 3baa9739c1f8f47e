using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Http;

namespace Modupay.Privacy;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(EraseDataSubject.Request), TypeInfoPropertyName = "EraseDataSubjectRequest")]
[JsonSerializable(typeof(EraseDataSubject.Response), TypeInfoPropertyName = "EraseDataSubjectResponse")]
[JsonSerializable(typeof(Envelope<EraseDataSubject.Response>))]
[JsonSerializable(typeof(EncryptionKeyEndpoints.KeyView))]
[JsonSerializable(typeof(IReadOnlyList<EncryptionKeyEndpoints.KeyView>))]
[JsonSerializable(typeof(Envelope<EncryptionKeyEndpoints.KeyView>))]
[JsonSerializable(typeof(ListEnvelope<EncryptionKeyEndpoints.KeyView>))]
internal sealed partial class PrivacyJson : JsonSerializerContext;
