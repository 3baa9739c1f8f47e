using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Ledger;
using Modupay.Notifications;
using Modupay.Reconciliation;

namespace Modupay.Http;

/// <summary>Every type that crosses the API, known at build time.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ErrorEnvelope))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    public static void Configure(JsonSerializerOptions options)
    {
        // Without Strict a 64-bit integer is documented as "integer or string".
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.TypeInfoResolverChain.Clear();
        foreach (IJsonTypeInfoResolver module in new JsonSerializerContext[] { Default, BankAccountsJson.Default, PayoutsJson.Default, StatementsJson.Default, ReconciliationJson.Default, LedgerJson.Default, NotificationsJson.Default })
            options.TypeInfoResolverChain.Add(module);
        options.TypeInfoResolverChain.Add(Notifications.NotificationsJson.Default);
    }
}
