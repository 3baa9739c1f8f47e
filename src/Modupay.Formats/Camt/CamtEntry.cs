namespace Modupay.Formats.Camt;

/// <summary>One <c>Ntry</c> as it stands in the file; <see cref="CamtLines"/> makes lines of it. Used again for the next entry, with its details.</summary>
internal sealed class CamtEntry
{
    // A batch of a hundred thousand payments must not be kept for the sake of the next.
    private const int Spares = 64;

    private readonly List<CamtDetail> spare = [];

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

    /// <summary>A batch that names none of its payments.</summary>
    public bool Unsplit;
    public string? AdditionalInformation;
    public FilePosition Position;

    /// <summary>What the entry says outside its details: code, charges, amounts before exchange.</summary>
    public readonly CamtDetail Own = new();

    public readonly List<CamtDetail> Details = [];

    public CamtDetail AddDetail()
    {
        var detail = spare.Count > 0 ? spare[^1] : new CamtDetail();
        if (spare.Count > 0) spare.RemoveAt(spare.Count - 1);
        Details.Add(detail);
        return detail;
    }

    public void Clear()
    {
        (Amount, Credit, Reversal, Status, StatusHasCode, BookingDate, ValueDate) = (null, null, false, null, false, null, null);
        (Reference, BankReference, BatchMessageId, BatchPaymentId, BatchSize, AdditionalInformation, Unsplit) = (null, null, null, null, null, null, false);
        Own.Clear();
        foreach (var detail in Details)
        {
            if (spare.Count == Spares) break;
            detail.Clear();
            spare.Add(detail);
        }

        Details.Clear();
        if (Details.Capacity > Spares) Details.Capacity = Spares;
    }
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
    public string? OriginalReference;
    public string? Code;
    public string? ProprietaryCode;
    public readonly CamtParty Debtor = new();
    public readonly CamtParty Creditor = new();
    public string? Remittance;
    public string? StructuredReference;
    public string? AdditionalInformation;
    public string? Purpose;
    public string? ReturnReason;
    public string? ReturnInformation;

    /// <summary>There was an <c>RtrInf</c>, whatever it said.</summary>
    public bool Returned;
    public List<Charge>? Charges;

    public void Clear()
    {
        (Amount, TransactionAmount, InstructedAmount, CounterValue, Rate, Credit) = (null, null, null, null, null, null);
        (EndToEndId, InstructionId, PaymentId, TransactionId, Uetr, MandateId, BankReference, ChequeNumber, OtherReference) = (null, null, null, null, null, null, null, null, null);
        (OriginalReference, Returned) = (null, false);
        (Code, ProprietaryCode, Remittance, StructuredReference, AdditionalInformation, Purpose, ReturnReason, ReturnInformation, Charges) = (null, null, null, null, null, null, null, null, null);
        Debtor.Clear();
        Creditor.Clear();
    }
}

internal sealed class CamtParty
{
    public string? Name;
    public string? Account;
    public string? Bic;
    public string? UltimateName;
    public string? CreditorId;

    public void Clear() => (Name, Account, Bic, UltimateName, CreditorId) = (null, null, null, null, null);

    public bool IsEmpty => Name is null && Account is null && UltimateName is null;
}

/// <summary>Positive, in minor units.</summary>
internal readonly record struct CamtAmount(long Minor, string Currency);
