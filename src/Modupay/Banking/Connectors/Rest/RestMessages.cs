using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Formats;

namespace Modupay.Banking.Connectors.Rest;

/// <summary>The order as NextGenPSD2 1.3 writes it.</summary>
internal sealed record OrderMessage(
    string EndToEndIdentification,
    AccountMessage DebtorAccount,
    string DebtorName,
    AmountMessage InstructedAmount,
    AccountMessage CreditorAccount,
    string CreditorName,
    string? CreditorAgent,
    string? RemittanceInformationUnstructured,
    StructuredRemittanceMessage? RemittanceInformationStructured)
{
    public static OrderMessage Of(BankOrder order)
    {
        // A reference that a machine can trust travels in the field for it; a bank may shorten free text, but never a reference.
        var structured = RfReference.TryParse(order.Remittance, out var reference) ? new StructuredRemittanceMessage(reference.Value, "SCOR") : null;
        return new(order.EndToEndId, new(order.DebtorIban), order.DebtorName, new(order.Amount.Currency.Code, order.Amount.Decimal()),
            new(order.CreditorIban), order.CreditorName, order.CreditorBic, structured is null ? order.Remittance : null, structured);
    }
}

internal sealed record AccountMessage(string Iban);

/// <param name="Amount">A decimal string with the currency's own number of digits after the dot.</param>
internal sealed record AmountMessage(string Currency, string Amount);

internal sealed record StructuredRemittanceMessage(string Reference, string ReferenceType);

/// <summary>
/// Whatever a bank answers, in one record: only what we act on, and nothing required, because a bank that leaves something out must be
/// met with doubt and not with an exception.
/// </summary>
internal sealed record BankReply(
    string? PaymentId = null,
    string? TransactionStatus = null,
    [property: JsonPropertyName("_links")] BankLinks? Links = null,
    IReadOnlyList<BankMessage?>? TppMessages = null,
    IReadOnlyList<FoundPayment?>? Payments = null)
{
    // What is kept of a bank's words about a refusal. They end up in a row and before a person's eyes.
    private const int MaxText = 500;

    /// <summary>The first error the bank names; warnings are not decisions.</summary>
    public BankError? Error => (TppMessages ?? [])
        .Where(message => message is { Category: "ERROR", Code.Length: > 0 and <= 100 })
        .Select(message => new BankError(message!.Code!, message.Text is { Length: > MaxText } text ? text[..MaxText] : message.Text ?? ""))
        .FirstOrDefault();

    /// <summary>Null for whatever is not such a JSON object, which includes the pages that gateways send in a bank's name.</summary>
    public static BankReply? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, RestJson.Default.BankReply);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal sealed record BankLinks(JsonElement? ScaRedirect = null);

internal sealed record BankMessage(string? Category = null, string? Code = null, string? Text = null);

internal sealed record FoundPayment(string? PaymentId = null);

internal sealed record BankError(string Code, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(OrderMessage))]
[JsonSerializable(typeof(BankReply))]
internal sealed partial class RestJson : JsonSerializerContext;
