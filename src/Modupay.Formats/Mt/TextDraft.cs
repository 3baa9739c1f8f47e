namespace Modupay.Formats.Mt;

/// <summary>The words of a line while they are being put together from <c>:61:</c> and <c>:86:</c>.</summary>
internal sealed class TextDraft
{
    public string? EndToEndId;
    public string? ClientReference;
    public string? BankReference;
    public string? TransactionId;
    public string? MandateId;
    public string? CreditorId;
    public string? Remittance;
    public string? StructuredReference;
    public string? Name;
    public string? UltimateName;
    public string? Account;
    public string? Bic;
    public string? TransactionCode;
    public string? ProprietaryCode;
    public string? BookingText;
    public string? PurposeCode;
    public string? ReturnReason;
    public OriginalAmount? Original;
    public List<Charge>? Charges;

    public void Clear()
    {
        EndToEndId = ClientReference = BankReference = TransactionId = MandateId = CreditorId = Remittance = StructuredReference = null;
        Name = UltimateName = Account = Bic = TransactionCode = ProprietaryCode = BookingText = PurposeCode = ReturnReason = null;
        (Original, Charges) = (null, null);
    }

    public LineTexts ToTexts() => new()
    {
        EndToEndId = Given(EndToEndId),
        ClientReference = Given(ClientReference),
        BankReference = Given(BankReference),
        TransactionId = TransactionId,
        MandateId = MandateId,
        CreditorId = CreditorId,
        Remittance = Remittance is { Length: 0 } ? null : Remittance,
        StructuredReference = StructuredReference ?? (RfReference.TryFind(Remittance, out var rf) ? rf.Value : null),
        Counterparty = Name is null && Account is null && Bic is null && UltimateName is null ? Counterparty.Unknown : new Counterparty(Name, Account, Bic, UltimateName),
        TransactionCode = TransactionCode,
        ProprietaryCode = ProprietaryCode,
        BookingText = BookingText,
        PurposeCode = PurposeCode,
        ReturnReason = ReturnReason,
        Charges = (IReadOnlyList<Charge>?)Charges ?? [],
        Original = Original,
    };

    /// <summary>Banks have many ways to say that there is no reference.</summary>
    internal static string? Given(string? reference) => reference switch
    {
        null or "" or "NONREF" or "NOREF" or "NOTPROVIDED" or "NOT PROVIDED" or "NONE" or "EREF" or "KREF" or "PREF" or "MARF" or "." or "-" => null,
        _ => reference,
    };
}
