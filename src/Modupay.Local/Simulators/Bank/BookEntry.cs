using System.Text.Json;
using System.Text.Json.Serialization;

namespace Modupay.Local.Simulators.Bank;

/// <summary>One line of the bank's journal: something that has happened and cannot be taken back.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(AccountOpened), "account_opened")]
[JsonDerivedType(typeof(OrderReceived), "order_received")]
[JsonDerivedType(typeof(OrderExecuted), "order_executed")]
[JsonDerivedType(typeof(OrderRejected), "order_rejected")]
[JsonDerivedType(typeof(Booked), "booked")]
[JsonDerivedType(typeof(DayClosed), "day_closed")]
internal abstract record BookEntry
{
    internal sealed record AccountOpened(string Iban, string Currency, long BalanceMinor, DateOnly On) : BookEntry;

    /// <summary>An order came in, for the first time or again.</summary>
    internal sealed record OrderReceived(string EndToEndId) : BookEntry;

    /// <summary>Taken and executed in one step: the debtor's account is debited.</summary>
    internal sealed record OrderExecuted(string PaymentId, string RequestId, PaymentOrder Order, DateOnly On) : BookEntry;

    internal sealed record OrderRejected(string PaymentId, PaymentOrder Order, string Code, string Text) : BookEntry;

    internal sealed record Booked(string Iban, Booking Booking) : BookEntry;

    internal sealed record DayClosed(string Iban, int Sequence, long ClosingMinor, DateOnly On) : BookEntry;
}

/// <summary>An order as the bank understood it. Two orders are the same when these are equal.</summary>
internal sealed record PaymentOrder(
    string EndToEndId, string DebtorIban, string CreditorIban, string CreditorName, string? CreditorBic, long AmountMinor, string Currency, string Remittance);

/// <summary>A movement on an account, with everything its statement line will say.</summary>
/// <param name="AmountMinor">Signed: positive raises the balance.</param>
/// <param name="BusinessCode">The German business transaction code: 116 outgoing, 166 incoming, 105 direct debit, 808 charges.</param>
internal sealed record Booking(
    long AmountMinor, DateOnly On, string BankReference, string BusinessCode, string Text, string TransactionType, string Remittance,
    string? EndToEndId = null, string? ClientReference = null, string? MandateId = null, string? CreditorId = null,
    string? CounterpartyName = null, string? CounterpartyIban = null, string? CounterpartyBic = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BookEntry))]
internal sealed partial class BookJson : JsonSerializerContext;
