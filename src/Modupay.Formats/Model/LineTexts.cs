namespace Modupay.Formats;

/// <summary>Everything a line says in words: references, parties, codes.</summary>
public sealed record LineTexts
{
    public static readonly LineTexts None = new();

    public string? EndToEndId { get; init; }

    /// <summary>The reference the account owner gave: <c>:61:</c> customer reference, <c>KREF</c>, <c>InstrId</c> or <c>PmtInfId</c>.</summary>
    public string? ClientReference { get; init; }

    /// <summary>The bank's own key: after <c>//</c> in <c>:61:</c>, <c>AcctSvcrRef</c>. Not unique at every bank.</summary>
    public string? BankReference { get; init; }

    public string? TransactionId { get; init; }
    public string? MandateId { get; init; }
    public string? CreditorId { get; init; }

    /// <summary>What the payer wrote.</summary>
    public string? Remittance { get; init; }

    /// <summary>A reference a machine can trust: ISO 11649 (RF), Swiss QR, Nordic or Belgian creditor references.</summary>
    public string? StructuredReference { get; init; }

    public Counterparty Counterparty { get; init; } = Counterparty.Unknown;

    /// <summary>ISO domain-family-subfamily (<c>PMNT-RCDT-ESCT</c>) or the SWIFT type (<c>NTRF</c>).</summary>
    public string? TransactionCode { get; init; }

    /// <summary>The bank's own code: the German business transaction code, <c>NTRF+166+931</c>, and the like.</summary>
    public string? ProprietaryCode { get; init; }

    /// <summary>How the bank names the transaction ("GUTSCHRIFT", "SEPA OVERBOEKING").</summary>
    public string? BookingText { get; init; }

    public string? PurposeCode { get; init; }
    public string? ReturnReason { get; init; }
    public IReadOnlyList<Charge> Charges { get; init; } = [];
    public OriginalAmount? Original { get; init; }

    /// <summary>By value, the charges included.</summary>
    public bool Equals(LineTexts? other) => other is not null && EndToEndId == other.EndToEndId && ClientReference == other.ClientReference && BankReference == other.BankReference
        && TransactionId == other.TransactionId && MandateId == other.MandateId && CreditorId == other.CreditorId && Remittance == other.Remittance && StructuredReference == other.StructuredReference
        && Counterparty == other.Counterparty && TransactionCode == other.TransactionCode && ProprietaryCode == other.ProprietaryCode
        && BookingText == other.BookingText && PurposeCode == other.PurposeCode && ReturnReason == other.ReturnReason && Original == other.Original
        && Charges.SequenceEqual(other.Charges);

    public override int GetHashCode() => HashCode.Combine(EndToEndId, ClientReference, BankReference, Remittance, Counterparty, TransactionCode);
}
