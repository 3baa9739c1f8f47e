using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;

namespace Modupay.Reconciliation;

/// <summary>Reconciliation over HTTP. Inside the product its door is <see cref="ReconciliationDoor"/>.</summary>
internal static class ReconciliationModule
{
    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        ExpectedItemEndpoints.Map(routes);
        StatementLineEndpoints.Map(routes);
        DecideLineEndpoints.Map(routes);
        RuleEndpoints.Map(routes);
        RunEndpoints.Map(routes);
        CompareBalances.Map(routes);
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(ExpectedItemEndpoints.Request), TypeInfoPropertyName = "ExpectedItemRequest")]
[JsonSerializable(typeof(DecideLineEndpoints.MatchRequest))]
[JsonSerializable(typeof(DecideLineEndpoints.SplitRequest))]
[JsonSerializable(typeof(DecideLineEndpoints.ReasonRequest))]
[JsonSerializable(typeof(RuleEndpoints.Request), TypeInfoPropertyName = "RulesRequest")]
[JsonSerializable(typeof(RunEndpoints.Request), TypeInfoPropertyName = "RunRequest")]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(Envelope<ExpectedItemView>))]
[JsonSerializable(typeof(ListEnvelope<ExpectedItemView>))]
[JsonSerializable(typeof(Envelope<ReconciledLineView>))]
[JsonSerializable(typeof(ListEnvelope<ReconciledLineView>))]
[JsonSerializable(typeof(ListEnvelope<CandidateView>))]
[JsonSerializable(typeof(ListEnvelope<DecisionView>))]
[JsonSerializable(typeof(Envelope<RuleSetView>))]
[JsonSerializable(typeof(Envelope<RunView>))]
[JsonSerializable(typeof(Envelope<BalanceComparisonView>))]
// Query parameters of the lists above, which the OpenAPI document describes.
[JsonSerializable(typeof(DateOnly?))]
[JsonSerializable(typeof(long?))]
[JsonSerializable(typeof(int?))]
[JsonSerializable(typeof(bool?))]
internal sealed partial class ReconciliationJson : JsonSerializerContext;
