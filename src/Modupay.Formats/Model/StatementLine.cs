namespace Modupay.Formats;

/// <summary>
/// One movement, the same whatever file it came from. A batch entry that names its payments becomes one line per payment;
/// the lines of an entry always add up to the entry, so summing lines never loses or doubles money.
/// </summary>
public sealed record StatementLine
{
    private LineTexts? texts;

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

    /// <summary>Read from the raw text when first asked for; a line whose words nobody wants costs no strings.</summary>
    public LineTexts Texts
    {
        get => texts ??= Source?.Read(this) ?? LineTexts.None;
        init => texts = value;
    }

    public string? EndToEndId => Texts.EndToEndId;
    public string? ClientReference => Texts.ClientReference;
    public string? BankReference => Texts.BankReference;
    public string? TransactionId => Texts.TransactionId;
    public string? MandateId => Texts.MandateId;
    public string? CreditorId => Texts.CreditorId;
    public string? Remittance => Texts.Remittance;
    public string? StructuredReference => Texts.StructuredReference;
    public Counterparty Counterparty => Texts.Counterparty;
    public string? TransactionCode => Texts.TransactionCode;
    public string? ProprietaryCode => Texts.ProprietaryCode;
    public string? BookingText => Texts.BookingText;
    public string? PurposeCode => Texts.PurposeCode;
    public string? ReturnReason => Texts.ReturnReason;
    public string? OriginalReference => Texts.OriginalReference;

    /// <summary>The bank says that the entry gives a payment back: by its return information, or by its code. <see cref="Reversal"/> is the bank mending an entry of its own.</summary>
    public bool IsReturn => Texts.HasReturnInformation || Texts.ReturnReason is not null || ReturnCodes.Names(Texts.TransactionCode, Texts.ProprietaryCode);

    public IReadOnlyList<Charge> Charges => Texts.Charges;
    public OriginalAmount? Original => Texts.Original;

    /// <summary>The payments of a batch whose own amounts do not add up to the entry: for the eye, not for the sums.</summary>
    public IReadOnlyList<StatementLine> Details { get; init; } = [];

    public required FilePosition Position { get; init; }

    /// <summary>The bytes of the entry as the bank wrote them, for text formats; XML is found again by <see cref="Position"/>.</summary>
    public RawText Raw { get; init; }

    internal ILineTextSource? Source { get; init; }

    /// <summary>Where in <see cref="Raw"/> the references and the information begin; only the source knows what it means.</summary>
    internal int ReferencesAt { get; init; }

    internal int InformationAt { get; init; } = -1;

    internal bool SeveralInformations { get; init; }

    /// <summary>Nothing in <see cref="Raw"/> needs a code page or hides a control character.</summary>
    internal bool Plain { get; init; }

    /// <summary>Whether the words were read already makes no difference.</summary>
    public bool Equals(StatementLine? other) => other is not null && Entry == other.Entry && Part == other.Part && Parts == other.Parts && AmountMinor == other.AmountMinor
        && Currency == other.Currency && BookingDate == other.BookingDate && ValueDate == other.ValueDate && Status == other.Status && Reversal == other.Reversal
        && Position == other.Position && Raw == other.Raw && Texts == other.Texts && Details.SequenceEqual(other.Details);

    public override int GetHashCode() => HashCode.Combine(Entry, Part, AmountMinor, Currency, BookingDate, ValueDate, Position);
}

/// <summary>Reads the words of a line out of its raw text.</summary>
internal interface ILineTextSource
{
    LineTexts Read(StatementLine line);
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
