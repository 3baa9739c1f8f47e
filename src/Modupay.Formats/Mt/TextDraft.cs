using System.Text;
using Modupay.Formats.Text;

namespace Modupay.Formats.Mt;

/// <summary>
/// The words of a line while they are being put together from <c>:61:</c> and <c>:86:</c>. Lives on the stack and fills what the line keeps: a line of
/// a long file costs its strings and nothing else.
/// </summary>
/// <param name="plain">The line is ASCII without control characters, so that no piece of it needs to be looked at again.</param>
/// <param name="space">Room for texts that are joined before they are read; three times the line is enough.</param>
internal ref struct TextDraft(TextDecoder decoder, bool plain, Span<byte> space)
{
    private readonly LineTexts texts = new();
    private Span<byte> space = space;

    public string? Name;
    public string? UltimateName;
    public string? Account;
    public string? Bic;
    public List<Charge>? Charges;

    public string? EndToEndId { readonly get => texts.EndToEndId; set => texts.EndToEndId = value; }
    public string? ClientReference { readonly get => texts.ClientReference; set => texts.ClientReference = value; }
    public string? BankReference { readonly get => texts.BankReference; set => texts.BankReference = value; }
    public string? TransactionId { readonly get => texts.TransactionId; set => texts.TransactionId = value; }
    public string? MandateId { readonly get => texts.MandateId; set => texts.MandateId = value; }
    public string? CreditorId { readonly get => texts.CreditorId; set => texts.CreditorId = value; }
    public string? Remittance { readonly get => texts.Remittance; set => texts.Remittance = value; }
    public string? StructuredReference { readonly get => texts.StructuredReference; set => texts.StructuredReference = value; }
    public string? TransactionCode { readonly get => texts.TransactionCode; set => texts.TransactionCode = value; }
    public string? ProprietaryCode { readonly get => texts.ProprietaryCode; set => texts.ProprietaryCode = value; }
    public string? BookingText { readonly get => texts.BookingText; set => texts.BookingText = value; }
    public string? PurposeCode { readonly get => texts.PurposeCode; set => texts.PurposeCode = value; }
    public string? ReturnReason { readonly get => texts.ReturnReason; set => texts.ReturnReason = value; }
    public OriginalAmount? Original { readonly get => texts.Original; set => texts.Original = value; }

    public readonly string Text(ReadOnlySpan<byte> bytes) => plain ? string.Create(bytes.Length, bytes, static (text, ascii) => Ascii.ToUtf16(ascii, text, out _)) : decoder.Decode(bytes);

    /// <summary>For words that repeat from line to line.</summary>
    public readonly string Shared(ReadOnlySpan<byte> bytes) => decoder.DecodeShared(bytes);

    /// <summary>Null when nothing but blanks is there.</summary>
    public readonly string? Word(ReadOnlySpan<byte> bytes) => bytes.Trim((byte)' ') is { IsEmpty: false } word ? Text(word) : null;

    public readonly string? SharedWord(ReadOnlySpan<byte> bytes) => bytes.Trim((byte)' ') is { IsEmpty: false } word ? Shared(word) : null;

    /// <summary>Whether the bytes are an IBAN, which is then the other account: some banks put it where others have a bank code or a sentence.</summary>
    public bool AccountIn(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is < 15 or > 42 || !Iban.IsValid(Text(bytes.Trim((byte)' ')))) return false;
        Account = Text(bytes.Trim((byte)' '));
        return true;
    }

    public Span<byte> Take(int length)
    {
        var taken = space[..length];
        space = space[length..];
        return taken;
    }

    public LineTexts ToTexts()
    {
        if (EndToEndId is { } endToEnd && Given(endToEnd) is null) EndToEndId = null;
        if (ClientReference is { } client && Given(client) is null) ClientReference = null;
        if (BankReference is { } bank && Given(bank) is null) BankReference = null;
        if (Remittance is { } remittance)
        {
            if (remittance.Length == 0) Remittance = null;
            else if (StructuredReference is null && RfReference.TryFind(remittance, out var rf)) StructuredReference = rf.Value;
        }

        Account ??= AccountElsewhere();
        if (Name is not null || Account is not null || Bic is not null || UltimateName is not null) texts.Counterparty = new Counterparty(Name, Account, Bic, UltimateName);
        if (Charges is not null) texts.Charges = Charges;
        return texts;
    }

    // Some banks put the other account where the customer's reference belongs, others into the sentence.
    private readonly string? AccountElsewhere()
    {
        if (ClientReference is { Length: >= 15 and <= 34 } && Iban.IsValid(ClientReference)) return ClientReference;
        return Iban.TryFind(Remittance, out var iban) ? iban.Value : null;
    }

    /// <summary>Banks have many ways to say that there is no reference.</summary>
    internal static string? Given(string? reference) => reference switch
    {
        null or "" or "NONREF" or "NOREF" or "NOTPROVIDED" or "NOT PROVIDED" or "NONE" or "EREF" or "KREF" or "PREF" or "MARF" or "." or "-" => null,
        _ => reference,
    };
}
