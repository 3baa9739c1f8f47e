using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Http;
using Modupay.Tenancy.Endpoints;

namespace Modupay.Tenancy;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(OrganizationEndpoints.CreateRequest), TypeInfoPropertyName = "CreateOrganizationRequest")]
[JsonSerializable(typeof(OrganizationEndpoints.ChangeRequest), TypeInfoPropertyName = "ChangeOrganizationRequest")]
[JsonSerializable(typeof(Envelope<OrganizationView>))]
[JsonSerializable(typeof(ListEnvelope<OrganizationView>))]
[JsonSerializable(typeof(DepartmentEndpoints.CreateRequest), TypeInfoPropertyName = "CreateDepartmentRequest")]
[JsonSerializable(typeof(DepartmentEndpoints.ChangeRequest), TypeInfoPropertyName = "ChangeDepartmentRequest")]
[JsonSerializable(typeof(Envelope<DepartmentView>))]
[JsonSerializable(typeof(ListEnvelope<DepartmentView>))]
[JsonSerializable(typeof(ApiKeyEndpoints.CreateRequest), TypeInfoPropertyName = "CreateApiKeyRequest")]
[JsonSerializable(typeof(ApiKeyEndpoints.RollRequest), TypeInfoPropertyName = "RollApiKeyRequest")]
[JsonSerializable(typeof(Envelope<ApiKeyView>))]
[JsonSerializable(typeof(ListEnvelope<ApiKeyView>))]
internal sealed partial class TenancyJson : JsonSerializerContext;
