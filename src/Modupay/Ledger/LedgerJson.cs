using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Http;
using Modupay.Ledger.Endpoints;

namespace Modupay.Ledger;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(AccountEndpoints.OpenRequest))]
[JsonSerializable(typeof(AccountEndpoints.ChangeRequest))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(ChartEndpoints.NodeRequest))]
[JsonSerializable(typeof(Envelope<ChartEndpoints.NodeView>))]
[JsonSerializable(typeof(ListEnvelope<ChartEndpoints.NodeView>))]
[JsonSerializable(typeof(Envelope<EntryEndpoints.ExplanationView>))]
[JsonSerializable(typeof(Envelope<AccountView>))]
[JsonSerializable(typeof(ListEnvelope<AccountView>))]
[JsonSerializable(typeof(ListEnvelope<EntryView>))]
[JsonSerializable(typeof(JournalRequest))]
[JsonSerializable(typeof(JournalBatchRequest))]
[JsonSerializable(typeof(Envelope<PostedView>))]
[JsonSerializable(typeof(Envelope<PostedBatchView>))]
[JsonSerializable(typeof(EndJournalRequest))]
[JsonSerializable(typeof(Envelope<JournalView>))]
[JsonSerializable(typeof(ListEnvelope<JournalView>))]
[JsonSerializable(typeof(Envelope<TrialBalanceView>))]
[JsonSerializable(typeof(Envelope<ProofEndpoints.VerificationView>))]
[JsonSerializable(typeof(Envelope<ProofEndpoints.HeadKeyView>))]
[JsonSerializable(typeof(ListEnvelope<ProofEndpoints.HeadView>))]
[JsonSerializable(typeof(Proof.KeptHead))]
[JsonSerializable(typeof(Envelope<System.Text.Json.Nodes.JsonObject>))]
internal sealed partial class LedgerJson : JsonSerializerContext;
