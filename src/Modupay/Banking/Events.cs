using System.Text.Json;
using System.Text.Json.Serialization;

namespace Modupay.Banking;

// What banking announces, as consumers read it. Each record has its schemas in events/banking; a change here is a change of a public contract.

/// <summary>The data of every <c>payout.*.v1</c>: the payout as it stood right after the fact.</summary>
/// <param name="State">The payout's state, as the API shows it.</param>
/// <param name="SettledAmount">What bank statements have proven so far.</param>
internal sealed record PayoutEvent(
    string PayoutId,
    string Reference,
    string TreasuryAccountId,
    EventMoney Amount,
    string State,
    EventMoney SettledAmount,
    IReadOnlyList<PayoutEventSlice> Slices);

internal sealed record PayoutEventSlice(string SliceId, int Number, string State, EventMoney Amount, string EndToEndId);

/// <summary>The data of every <c>slice.*.v1</c>.</summary>
/// <param name="BookedOn">The day a statement says the bank booked it.</param>
internal sealed record SliceEvent(
    string SliceId,
    string PayoutId,
    int Number,
    EventMoney Amount,
    string EndToEndId,
    string State,
    string? BankReference = null,
    DateOnly? BookedOn = null,
    EventFailure? Failure = null);

/// <summary>The data of <c>statement.received.v1</c> and <c>statement.quarantined.v1</c>: a file, not yet what is in it.</summary>
/// <param name="Sha256">Of the bytes as the bank delivered them, in lower-case hex.</param>
/// <param name="Format">Known once the file has been understood, like the counts.</param>
internal sealed record StatementEvent(
    string StatementFileId,
    string BankProfileId,
    string FileName,
    string Sha256,
    string? Format = null,
    int? Statements = null,
    int? Lines = null,
    EventFailure? Failure = null);

/// <summary>The data of <c>statement.finding_opened.v1</c> and <c>statement.finding_resolved.v1</c>: what does not follow from one statement to the next.</summary>
/// <param name="Kind"><c>balance_gap</c>, <c>sequence_gap</c>, <c>days_missing</c>, <c>duplicate</c>, <c>back_dated</c>, <c>announced_not_booked</c> or <c>account_unknown</c>.</param>
/// <param name="Account">Masked, as everywhere.</param>
/// <param name="Expected">What should have stood there, in words or as a number: a balance in minor units, a statement number.</param>
internal sealed record StatementFindingEvent(
    string FindingId,
    string Kind,
    string StatementId,
    string Account,
    string Currency,
    string? TreasuryAccountId = null,
    string? PreviousStatementId = null,
    string? Expected = null,
    string? Found = null,
    DateOnly? FromOn = null,
    DateOnly? ToOn = null);

/// <summary>Whole minor units of an ISO 4217 currency.</summary>
internal sealed record EventMoney(long Amount, string Currency)
{
    public static EventMoney Of(Money money) => new(money.Minor, money.Currency.Code);
}

/// <summary>A code to switch on and a sentence to read.</summary>
internal sealed record EventFailure(string Code, string Detail);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(PayoutEvent))]
[JsonSerializable(typeof(SliceEvent))]
[JsonSerializable(typeof(StatementEvent))]
[JsonSerializable(typeof(StatementFindingEvent))]
internal sealed partial class BankingEventsJson : JsonSerializerContext;
