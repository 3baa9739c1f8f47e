using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Modupay.Audit;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Ledger;
using Modupay.Notifications;
using Modupay.People;
using Modupay.Privacy;
using Modupay.Reconciliation;
using Modupay.Tenancy;

namespace Modupay.Http;

/// <summary>Every type that crosses the API, known at build time.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(ErrorEnvelope))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    public static void Configure(JsonSerializerOptions options)
    {
        // Without Strict a 64-bit integer is documented as "integer or string".
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        // Whoever checked a request before us may have read the other one.
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.TypeInfoResolverChain.Clear();
        JsonSerializerContext[] modules =
        [
            Default,
            TenancyJson.Default,
            BankAccountsJson.Default,
            PayoutsJson.Default,
            StatementsJson.Default,
            ReconciliationJson.Default,
            LedgerJson.Default,
            NotificationsJson.Default,
            AuditJson.Default,
            PrivacyJson.Default,
            PeopleJson.Default,
        ];
        foreach (IJsonTypeInfoResolver module in modules)
            options.TypeInfoResolverChain.Add(module);
    }
}
