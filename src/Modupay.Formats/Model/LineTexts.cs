namespace Modupay.Formats;

/// <summary>Everything a line says in words: references, parties, codes. Filled while the line is read, and never changed afterwards.</summary>
public sealed record LineTexts
{
    public static readonly LineTexts None = new();

    public string? EndToEndId { get; internal set; }

    /// <summary>The reference the account owner gave: <c>:61:</c> customer reference, <c>KREF</c>, <c>InstrId</c> or <c>PmtInfId</c>.</summary>
    public string? ClientReference { get; internal set; }

    /// <summary>The bank's own key: after <c>//</c> in <c>:61:</c>, <c>AcctSvcrRef</c>. Not unique at every bank.</summary>
    public string? BankReference { get; internal set; }

    public string? TransactionId { get; internal set; }
    public string? MandateId { get; internal set; }
    public string? CreditorId { get; internal set; }

    /// <summary>What the payer wrote.</summary>
    public string? Remittance { get; internal set; }

    /// <summary>A reference a machine can trust: ISO 11649 (RF), Swiss QR, Nordic or Belgian creditor references.</summary>
    public string? StructuredReference { get; internal set; }

    public Counterparty Counterparty { get; internal set; } = Counterparty.Unknown;

    /// <summary>ISO domain-family-subfamily (<c>PMNT-RCDT-ESCT</c>) or the SWIFT type (<c>NTRF</c>).</summary>
    public string? TransactionCode { get; internal set; }

    /// <summary>The bank's own code: the German business transaction code, <c>NTRF+166+931</c>, and the like.</summary>
    public string? ProprietaryCode { get; internal set; }

    /// <summary>How the bank names the transaction ("GUTSCHRIFT", "SEPA OVERBOEKING").</summary>
    public string? BookingText { get; internal set; }

    public string? PurposeCode { get; internal set; }
    public string? ReturnReason { get; internal set; }

    /// <summary>What the payment that is given back was called, where the bank says it apart from the entry's own references.</summary>
    public string? OriginalReference { get; internal set; }

    /// <summary>There was return information, even if it gives no reason.</summary>
    internal bool HasReturnInformation { get; set; }

    public IReadOnlyList<Charge> Charges { get; internal set; } = [];
    public OriginalAmount? Original { get; internal set; }

    /// <summary>By value, the charges included.</summary>
    public bool Equals(LineTexts? other) => other is not null && EndToEndId == other.EndToEndId && ClientReference == other.ClientReference && BankReference == other.BankReference
        && TransactionId == other.TransactionId && MandateId == other.MandateId && CreditorId == other.CreditorId && Remittance == other.Remittance && StructuredReference == other.StructuredReference
        && Counterparty == other.Counterparty && TransactionCode == other.TransactionCode && ProprietaryCode == other.ProprietaryCode
        && BookingText == other.BookingText && PurposeCode == other.PurposeCode && ReturnReason == other.ReturnReason && OriginalReference == other.OriginalReference
        && HasReturnInformation == other.HasReturnInformation && Original == other.Original
        && Charges.SequenceEqual(other.Charges);

    public override int GetHashCode() => HashCode.Combine(EndToEndId, ClientReference, BankReference, Remittance, Counterparty, TransactionCode);
}
