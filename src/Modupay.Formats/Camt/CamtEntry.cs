namespace Modupay.Formats.Camt;

/// <summary>One <c>Ntry</c> as it stands in the file; <see cref="CamtLines"/> makes lines of it.</summary>
internal sealed class CamtEntry
{
    public CamtAmount? Amount;
    public bool? Credit;
    public bool Reversal;
    public string? Status;
    public bool StatusHasCode;
    public DateOnly? BookingDate;
    public DateOnly? ValueDate;
    public string? Reference;
    public string? BankReference;
    public string? BatchMessageId;
    public string? BatchPaymentId;
    public int? BatchSize;
    public string? AdditionalInformation;
    public FilePosition Position;

    /// <summary>What the entry says outside its details: code, charges, amounts before exchange.</summary>
    public CamtDetail Own = new();

    public List<CamtDetail> Details = [];
}

/// <summary>One <c>TxDtls</c>. The same fields also serve what an entry says about itself.</summary>
internal sealed class CamtDetail
{
    public CamtAmount? Amount;
    public CamtAmount? TransactionAmount;
    public CamtAmount? InstructedAmount;
    public CamtAmount? CounterValue;
    public decimal? Rate;
    public bool? Credit;
    public string? EndToEndId;
    public string? InstructionId;
    public string? PaymentId;
    public string? TransactionId;
    public string? Uetr;
    public string? MandateId;
    public string? BankReference;
    public string? ChequeNumber;
    public string? OtherReference;
    public string? Code;
    public string? ProprietaryCode;
    public CamtParty Debtor = new();
    public CamtParty Creditor = new();
    public string? Remittance;
    public string? StructuredReference;
    public string? AdditionalInformation;
    public string? Purpose;
    public string? ReturnReason;
    public string? ReturnInformation;
    public List<Charge>? Charges;
}

internal sealed class CamtParty
{
    public string? Name;
    public string? Account;
    public string? Bic;
    public string? UltimateName;
    public string? CreditorId;

    public bool IsEmpty => Name is null && Account is null && UltimateName is null;
}

/// <summary>Positive, in minor units.</summary>
internal readonly record struct CamtAmount(long Minor, string Currency);
