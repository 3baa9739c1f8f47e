namespace Modupay.Formats.Mt;

/// <summary>A line while it is being put together from <c>:61:</c> and <c>:86:</c>. One instance serves a whole file.</summary>
internal sealed class EntryDraft
{
    public int Entry;
    public long AmountMinor;
    public string Currency = "";
    public DateOnly? BookingDate;
    public DateOnly? ValueDate;
    public EntryStatus Status;
    public bool Reversal;
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
    public List<Charge> Charges = [];
    public FilePosition Position;
    public RawText Raw;
    public bool HasInformation;
    public bool Open;

    public void Reset()
    {
        BookingDate = ValueDate = null;
        Status = EntryStatus.Booked;
        Reversal = false;
        EndToEndId = ClientReference = BankReference = TransactionId = MandateId = CreditorId = Remittance = StructuredReference = null;
        Name = UltimateName = Account = Bic = TransactionCode = ProprietaryCode = BookingText = PurposeCode = ReturnReason = null;
        Original = null;
        if (Charges.Count > 0) Charges = [];
        Raw = default;
        HasInformation = false;
        Open = true;
    }

    public StatementLine ToLine() => new()
    {
        Entry = Entry,
        AmountMinor = AmountMinor,
        Currency = Currency,
        BookingDate = BookingDate,
        ValueDate = ValueDate,
        Status = Status,
        Reversal = Reversal,
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
        Charges = Charges.Count > 0 ? Charges : [],
        Original = Original,
        Position = Position,
        Raw = Raw,
    };

    /// <summary>Banks have many ways to say that there is no reference.</summary>
    internal static string? Given(string? reference) => reference switch
    {
        null or "" or "NONREF" or "NOREF" or "NOTPROVIDED" or "NOT PROVIDED" or "NONE" or "EREF" or "KREF" or "PREF" or "MARF" or "." or "-" => null,
        _ => reference,
    };
}
