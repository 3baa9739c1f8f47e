using System.Text;
using Modupay.Formats.Text;

namespace Modupay.Formats.Mt;

/// <summary>
/// The words of a line while they are being put together from <c>:61:</c> and <c>:86:</c>. Lives on the stack: a line of a long file costs the
/// strings it keeps and nothing else.
/// </summary>
/// <param name="plain">The line is ASCII without control characters, so that no piece of it needs to be looked at again.</param>
/// <param name="space">Room for texts that are joined before they are read; three times the line is enough.</param>
internal ref struct TextDraft(TextDecoder decoder, bool plain, Span<byte> space)
{
    private Span<byte> space = space;

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

    public readonly string Text(ReadOnlySpan<byte> bytes) => plain ? string.Create(bytes.Length, bytes, static (text, ascii) => Ascii.ToUtf16(ascii, text, out _)) : decoder.Decode(bytes);

    /// <summary>For words that repeat from line to line.</summary>
    public readonly string Shared(ReadOnlySpan<byte> bytes) => decoder.DecodeShared(bytes);

    /// <summary>Null when nothing but blanks is there.</summary>
    public readonly string? Word(ReadOnlySpan<byte> bytes) => bytes.Trim((byte)' ') is { IsEmpty: false } word ? Text(word) : null;

    public readonly string? SharedWord(ReadOnlySpan<byte> bytes) => bytes.Trim((byte)' ') is { IsEmpty: false } word ? Shared(word) : null;

    public Span<byte> Take(int length)
    {
        var taken = space[..length];
        space = space[length..];
        return taken;
    }

    public LineTexts ToTexts()
    {
        Account ??= AccountElsewhere();
        return Texts();
    }

    // Some banks put the other account where the customer's reference belongs, others into the sentence.
    private readonly string? AccountElsewhere()
    {
        if (ClientReference is { Length: >= 15 and <= 34 } && Iban.IsValid(ClientReference)) return ClientReference;
        return Iban.TryFind(Remittance, out var iban) ? iban.Value : null;
    }

    private readonly LineTexts Texts() => new()
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
