
namespace Modupay.Formats.Mt.Information;

/// <summary>
/// Code words between slashes, as Dutch, Belgian and many other banks write them: <c>/TRTP/SEPA OVERBOEKING/IBAN/…/BIC/…/NAME/…/REMI/…/EREF/…</c>.
/// Values may hold slashes themselves, so only a known word ends a value.
/// </summary>
internal static class SlashCodes
{
    public static bool Recognises(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return false;
        if (text[0] == '/' && Next(text, 0, out _, out _) == 0) return true;
        return text.IndexOf("/REMI/"u8) >= 0 || text.IndexOf("/EREF/"u8) >= 0 || text.IndexOf("/CNTP/"u8) >= 0 || text.IndexOf("/NAME/"u8) >= 0;
    }

    public static void Read(ReadOnlySpan<byte> text, ref TextDraft draft)
    {
        var ultimate = false;
        var at = Next(text, 0, out var word, out var valueStart);
        if (at > 0) Remittance(text[..at], ref draft);
        while (at >= 0)
        {
            var next = Next(text, valueStart - 1, out var nextWord, out var nextStart);
            Take(word, next < 0 ? text[valueStart..] : text[valueStart..Math.Max(next, valueStart)], ref ultimate, ref draft);
            (at, word, valueStart) = (next, nextWord, nextStart);
        }
    }

    // The slash that ends one word may begin the next: /ORDP//NAME/ and /EREF/EREF/ both occur.
    private static int Next(ReadOnlySpan<byte> text, int from, out uint word, out int valueStart)
    {
        word = 0;
        valueStart = 0;
        var at = from;
        while (at < text.Length)
        {
            var found = text[at..].IndexOf((byte)'/');
            if (found < 0) return -1;
            at += found;
            var length = Length(text[(at + 1)..]);
            if (length > 0)
            {
                word = CodeWord.Pack(text.Slice(at + 1, length));
                if (IsKnown(word))
                {
                    valueStart = at + length + 2;
                    return at;
                }
            }

            at++;
        }

        return -1;
    }

    private static int Length(ReadOnlySpan<byte> text)
    {
        for (var length = 0; length < 5 && length < text.Length; length++)
        {
            if (text[length] == '/') return length is >= 2 and <= 4 ? length : 0;
            if (!char.IsAsciiLetterUpper((char)text[length]) && !char.IsAsciiDigit((char)text[length])) return 0;
        }

        return 0;
    }

    private static bool IsKnown(uint word) => word is
        CodeWord.Trtp or CodeWord.Iban or CodeWord.Bic or CodeWord.Name or CodeWord.Remi or CodeWord.Eref or CodeWord.Marf or CodeWord.Csid or CodeWord.Rtrn or
        CodeWord.Ordp or CodeWord.Benm or CodeWord.Isdt or CodeWord.Cntp or CodeWord.Pref or CodeWord.Purp or CodeWord.Ultc or CodeWord.Ultd or CodeWord.Ultb or
        CodeWord.Addr or CodeWord.Adr or CodeWord.Bai or CodeWord.Acno or CodeWord.Clrf or CodeWord.Trcd or CodeWord.Inif or CodeWord.Cref or CodeWord.Kref or
        CodeWord.Mref or CodeWord.Svwz or CodeWord.Ocmt or CodeWord.Chgs or CodeWord.Exch or CodeWord.Nrtx or CodeWord.Sval or CodeWord.Subm or CodeWord.Acct or
        CodeWord.Swoc or CodeWord.Id;

    // NAME belongs to the party that was begun last: /ULTD//NAME/ is whom the payer paid for.
    private static void Take(uint word, ReadOnlySpan<byte> value, ref bool ultimate, ref TextDraft draft)
    {
        value = value.Trim((byte)' ');
        if (word is CodeWord.Ultc or CodeWord.Ultd or CodeWord.Ultb) ultimate = true;
        else if (word is CodeWord.Ordp or CodeWord.Benm) ultimate = false;
        if (word == CodeWord.Cntp)
        {
            Counterparty(value, ref draft);
            return;
        }

        if (word is CodeWord.Remi or CodeWord.Svwz)
        {
            Remittance(value, ref draft);
            return;
        }

        if (word == CodeWord.Purp && value.StartsWith("CD/"u8)) value = value[3..];
        value = value.TrimEnd("/ "u8);
        if (value.IsEmpty) return;
        switch (word)
        {
            case CodeWord.Trtp: draft.BookingText = draft.Shared(value); break;
            case CodeWord.Iban or CodeWord.Acno or CodeWord.Acct: draft.Account ??= draft.Text(value); break;
            case CodeWord.Bic: draft.Bic = draft.Shared(value); break;
            case CodeWord.Name when ultimate: draft.UltimateName = draft.Text(value); break;
            case CodeWord.Name: draft.Name = draft.Text(value); break;
            case CodeWord.Ordp or CodeWord.Benm: draft.Name ??= draft.Text(value); break;
            case CodeWord.Eref: draft.EndToEndId = draft.Text(value); break;
            case CodeWord.Marf or CodeWord.Mref: draft.MandateId = draft.Text(value); break;
            case CodeWord.Csid: draft.CreditorId = draft.Shared(value); break;
            case CodeWord.Rtrn: draft.ReturnReason = draft.Shared(value); break;
            case CodeWord.Purp: draft.PurposeCode = draft.Shared(value); break;
            case CodeWord.Ultc or CodeWord.Ultd or CodeWord.Ultb: draft.UltimateName = draft.Text(value); break;
            case CodeWord.Kref or CodeWord.Cref: draft.ClientReference = draft.Text(value); break;
            case CodeWord.Pref: draft.ClientReference ??= draft.Text(value); break;
            case CodeWord.Trcd: draft.ProprietaryCode = draft.Shared(value); break;
            case CodeWord.Bai: draft.ProprietaryCode ??= draft.Text(value); break;
            // What :61: says in its supplementary details comes first.
            case CodeWord.Ocmt when Supplement.Money(value, null) is { } original: draft.Original ??= new OriginalAmount(original.Minor, original.Currency); break;
            case CodeWord.Exch when draft.Original is { Rate: null } original: draft.Original = original with { Rate = Supplement.ExchangeRate(value) }; break;
            case CodeWord.Chgs when draft.Charges is null && Supplement.Money(value, null) is { } charge: draft.Charges = [new Charge(charge.Minor, charge.Currency, Included: true)]; break;
            default: break; // Settlement dates, addresses, clearing references: understood and of no use to a line.
        }
    }

    // ING: account / BIC / name / town.
    private static void Counterparty(ReadOnlySpan<byte> value, ref TextDraft draft)
    {
        for (var part = 0; part < 3 && !value.IsEmpty; part++)
        {
            var end = value.IndexOf((byte)'/');
            var text = (end < 0 ? value : value[..end]).Trim((byte)' ');
            value = end < 0 ? default : value[(end + 1)..];
            if (text.IsEmpty) continue;
            switch (part)
            {
                case 0: draft.Account = draft.Text(text); break;
                case 1: draft.Bic = draft.Shared(text); break;
                default: draft.Name = draft.Text(text); break;
            }
        }
    }

    // USTD//text/ is unstructured, STRD/CUR/reference/ structured with the name of the scheme before it.
    private static void Remittance(ReadOnlySpan<byte> value, ref TextDraft draft)
    {
        if (value.StartsWith("STRD/"u8))
        {
            value = value[5..];
            var scheme = value.IndexOf((byte)'/');
            if (scheme >= 0) value = value[(scheme + 1)..];
            value = value.Trim("/ "u8);
            if (!value.IsEmpty) draft.StructuredReference = draft.Text(value);
            return;
        }

        if (value.StartsWith("USTD//"u8)) value = value[6..];
        value = value.Trim((byte)' ');
        if (value.EndsWith("/"u8)) value = value[..^1].TrimEnd((byte)' ');
        if (!value.IsEmpty) draft.Remittance = InformationReader.Append(draft.Remittance, draft.Text(value));
    }
}
