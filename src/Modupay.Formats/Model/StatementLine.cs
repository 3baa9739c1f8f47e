namespace Modupay.Formats;

/// <summary>
/// One movement, the same whatever file it came from. A batch entry that names its payments becomes one line per payment;
/// the lines of an entry always add up to the entry, so summing lines never loses or doubles money.
/// </summary>
public sealed record StatementLine
{
    /// <summary>Ordinal of the bank's entry (<c>:61:</c>, <c>Ntry</c>, CSV row) within the statement, from 1.</summary>
    public required int Entry { get; init; }

    /// <summary>Which payment of a batch entry this is, from 1 to <see cref="Parts"/>.</summary>
    public int Part { get; init; } = 1;

    public int Parts { get; init; } = 1;

    /// <summary>Signed: positive raises the account's balance.</summary>
    public required long AmountMinor { get; init; }

    /// <summary>ISO 4217; empty when a fragment never says it.</summary>
    public required string Currency { get; init; }

    public DateOnly? BookingDate { get; init; }
    public DateOnly? ValueDate { get; init; }

    /// <summary>Only booked lines move the booked balance.</summary>
    public EntryStatus Status { get; init; }

    /// <summary>The entry takes back an earlier one. The sign of the amount already says in which direction.</summary>
    public bool Reversal { get; init; }

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

    /// <summary>The payments of a batch whose own amounts do not add up to the entry: for the eye, not for the sums.</summary>
    public IReadOnlyList<StatementLine> Details { get; init; } = [];

    public required FilePosition Position { get; init; }

    /// <summary>The bytes of the entry as the bank wrote them, for text formats; XML is found again by <see cref="Position"/>.</summary>
    public RawText Raw { get; init; }
}

public enum EntryStatus
{
    Booked,
    Pending,

    /// <summary>Said for information only; no money moves.</summary>
    Information,

    /// <summary>Announced (MT942 <c>EC</c>/<c>ED</c>, camt <c>FUTR</c>).</summary>
    Expected,
}

public sealed record Counterparty(string? Name = null, string? Account = null, string? Bic = null, string? UltimateName = null)
{
    public static readonly Counterparty Unknown = new();

    /// <summary>The account when it proves to be an IBAN; domestic numbers stay in <see cref="Account"/> only.</summary>
    public string? Iban => Formats.Iban.TryParse(Account, out var iban) ? iban.Value : null;
}

/// <summary>Charges are information: when <c>Included</c> they are already inside the amount.</summary>
public sealed record Charge(long AmountMinor, string Currency, bool Included, string? Bearer = null);

/// <summary>The amount before exchange or deduction, positive, in its own currency; the rate as the bank printed it.</summary>
public sealed record OriginalAmount(long AmountMinor, string Currency, decimal? Rate = null);

/// <summary>Where in the file: line and column count from 1, the offset in bytes from 0 and only where bytes were read directly.</summary>
public readonly record struct FilePosition(int Line, int Column = 1, long Offset = -1);
