using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Banking;
using Modupay.Notifications;

namespace Modupay.Reconciliation;

// What reconciliation announces, as consumers read it. Each record has its schemas in events/reconciliation; a change here is a change of a public contract.

/// <summary>The data of every <c>statement_line.*.v1</c>: the line as it stood right after the decision.</summary>
/// <param name="Reason">What the person said who decided it.</param>
/// <param name="Matches">What the line is, or, when it was undone, what it is not any more.</param>
internal sealed record StatementLineEvent(string LineId, string TreasuryAccountId, EventMoney Amount, DateOnly BookedOn, string State, string DecidedBy, IReadOnlyList<StatementLineEventMatch> Matches,
    string? Reason = null);

/// <param name="Amount">How much of the line it is, with the line's sign.</param>
/// <param name="LedgerAccount">Where the money was moved.</param>
internal sealed record StatementLineEventMatch(string Rule, int Score, EventMoney Amount, string LedgerAccount, string? ExpectedItemId = null, string? SliceId = null);

/// <summary>The data of every <c>expected_item.*.v1</c>.</summary>
/// <param name="Amount">Negative when money goes out.</param>
/// <param name="OpenAmount">What is still expected.</param>
internal sealed record ExpectedItemEvent(string ExpectedItemId, string State, EventMoney Amount, EventMoney OpenAmount, DateOnly DueOn, string? Reference = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(StatementLineEvent))]
[JsonSerializable(typeof(ExpectedItemEvent))]
internal sealed partial class ReconciliationEventsJson : JsonSerializerContext;

internal static class ReconciliationEvents
{
    public static Task PublishAsync(UnitOfWork unit, string type, IReadOnlyList<StatementLineEvent> lines, CancellationToken ct) =>
        NotificationsDoor.PublishAllAsync(unit, type, [.. lines.Select(line => (line.LineId, line))], ReconciliationEventsJson.Default.StatementLineEvent, ct);

    public static Task PublishAsync(UnitOfWork unit, string type, IReadOnlyList<ExpectedItemEvent> items, CancellationToken ct) =>
        NotificationsDoor.PublishAllAsync(unit, type, [.. items.Select(item => (item.ExpectedItemId, item))], ReconciliationEventsJson.Default.ExpectedItemEvent, ct);
}
