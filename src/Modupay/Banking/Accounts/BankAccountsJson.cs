using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Http;

namespace Modupay.Banking.Accounts;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(BankProfileEndpoints.Request), TypeInfoPropertyName = "BankProfileRequest")]
[JsonSerializable(typeof(ConnectorEndpoints.Request), TypeInfoPropertyName = "ConnectorRequest")]
[JsonSerializable(typeof(TreasuryAccountEndpoints.Request), TypeInfoPropertyName = "TreasuryAccountRequest")]
[JsonSerializable(typeof(ChangeTreasuryAccount.Request), TypeInfoPropertyName = "ChangeTreasuryAccountRequest")]
[JsonSerializable(typeof(Envelope<BankProfileView>))]
[JsonSerializable(typeof(ListEnvelope<BankProfileView>))]
[JsonSerializable(typeof(Envelope<ConnectorView>))]
[JsonSerializable(typeof(ListEnvelope<ConnectorView>))]
[JsonSerializable(typeof(Envelope<TreasuryAccountView>))]
[JsonSerializable(typeof(ListEnvelope<TreasuryAccountView>))]
internal sealed partial class BankAccountsJson : JsonSerializerContext;
