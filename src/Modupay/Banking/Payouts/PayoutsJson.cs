using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Http;

namespace Modupay.Banking.Payouts;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(CreatePayout.Request))]
[JsonSerializable(typeof(Envelope<PayoutView>))]
[JsonSerializable(typeof(ListEnvelope<PayoutView>))]
[JsonSerializable(typeof(PayoutMessage))]
internal sealed partial class PayoutsJson : JsonSerializerContext;

/// <summary>What the dispatch queue carries: which slice, never what is in it.</summary>
internal sealed record PayoutMessage(string Tenant, string Slice);
