using System.Buffers.Binary;

namespace Modupay.Formats.Mt.Information;

/// <summary>
/// SEPA attributes inside a remittance: <c>EREF+</c>, <c>MREF+</c>, <c>SVWZ+</c> … also with a colon, also glued to the value before.
/// A line feed marks where a subfield ended before its margin: an identifier is complete there, a sentence goes on after a blank.
/// </summary>
internal static class SepaKeywords
{
    public static bool Recognises(ReadOnlySpan<byte> text) => text.IndexOf("SVWZ+"u8) >= 0 || text.IndexOf("EREF+"u8) >= 0;

    public static void Read(ReadOnlySpan<byte> text, ref TextDraft draft)
    {
        var at = 0;
        uint keyword = 0;
        while (at <= text.Length)
        {
            var next = Next(text, at, out var nextKeyword, out var valueStart);
            Take(keyword, next < 0 ? text[at..] : text[at..next], ref draft);
            if (next < 0) return;
            keyword = nextKeyword;
            at = valueStart;
        }
    }

    private static int Next(ReadOnlySpan<byte> text, int from, out uint keyword, out int valueStart)
    {
        keyword = 0;
        valueStart = 0;
        var at = from;
        while (at < text.Length)
        {
            var found = text[at..].IndexOfAny((byte)'+', (byte)':');
            if (found < 0) return -1;
            at += found;
            var length = Length(text, from, at, out keyword);
            if (length > 0)
            {
                valueStart = at + 1;
                if (valueStart < text.Length && text[valueStart] is (byte)' ' or (byte)'\n') valueStart++;
                return at - length;
            }

            at++;
        }

        return -1;
    }

    // With a plus the keyword may be glued to what precedes it (EREF+12MREF+…); a colon is too common for that.
    private static int Length(ReadOnlySpan<byte> text, int from, int mark, out uint keyword)
    {
        keyword = 0;
        var plus = text[mark] == '+';
        if (mark - 4 >= from)
        {
            keyword = BinaryPrimitives.ReadUInt32BigEndian(text[(mark - 4)..]);
            if (IsKeyword(keyword, plus) && (plus || mark - 4 == from || !char.IsAsciiLetterOrDigit((char)text[mark - 5]))) return 4;
        }

        if (plus && mark - 3 >= from && CodeWord.Pack(text.Slice(mark - 3, 3)) == CodeWord.Bic && (mark - 3 == from || !char.IsAsciiLetter((char)text[mark - 4])))
        {
            keyword = CodeWord.Bic;
            return 3;
        }

        return plus ? 0 : Labelled(text, from, mark, out keyword);
    }

    // "IBAN: DE…" and "BIC: …" are labels when what follows is one; in any other sentence they are words.
    private static int Labelled(ReadOnlySpan<byte> text, int from, int mark, out uint keyword)
    {
        keyword = 0;
        var length = mark - 4 >= from && text.Slice(mark - 4, 4).SequenceEqual("IBAN"u8) ? 4 : mark - 3 >= from && text.Slice(mark - 3, 3).SequenceEqual("BIC"u8) ? 3 : 0;
        if (length == 0 || (mark - length > from && char.IsAsciiLetterOrDigit((char)text[mark - length - 1]))) return 0;
        var value = FirstWord(text[(mark + 1)..]);
        var proven = length == 4 ? value.Length is >= 15 and <= 34 && Iban.IsValid(System.Text.Encoding.ASCII.GetString(value))
            : value.Length is 8 or 11 && value[..6].ContainsAnyExceptInRange((byte)'A', (byte)'Z') is false;
        if (!proven) return 0;
        keyword = length == 4 ? CodeWord.Iban : CodeWord.Bic;
        return length;
    }

    private static ReadOnlySpan<byte> FirstWord(ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(" \n"u8);
        var end = text.IndexOfAny((byte)' ', (byte)'\n');
        return end < 0 ? text : text[..end];
    }

    private static bool IsKeyword(uint word, bool plus) => word switch
    {
        CodeWord.Eref or CodeWord.Kref or CodeWord.Mref or CodeWord.Cred or CodeWord.Svwz or CodeWord.Abwa or CodeWord.Abwe => true,
        CodeWord.Debt or CodeWord.Coam or CodeWord.Oamt or CodeWord.Iban or CodeWord.Purp or CodeWord.Rref or CodeWord.Rtrn or CodeWord.Mdat => plus,
        _ => false,
    };

    private static void Take(uint keyword, ReadOnlySpan<byte> value, ref TextDraft draft)
    {
        value = value.Trim(" \n"u8);
        if (value.IsEmpty) return;
        if (keyword is 0 or CodeWord.Svwz)
        {
            draft.Remittance = InformationReader.Append(draft.Remittance, Sentence(value, ref draft));
            return;
        }

        var end = keyword is CodeWord.Iban or CodeWord.Bic && value.Length > FirstWord(value).Length ? Identifier(keyword, value) : value.IndexOf((byte)'\n');
        var identifier = end < 0 ? value : value[..end].TrimEnd((byte)' ');
        var text = draft.Text(identifier);
        switch (keyword)
        {
            case CodeWord.Eref: draft.EndToEndId = text; break;
            case CodeWord.Kref: draft.ClientReference = text; break;
            case CodeWord.Mref: draft.MandateId = text; break;
            case CodeWord.Cred or CodeWord.Debt: draft.CreditorId = text; break;
            case CodeWord.Abwa or CodeWord.Abwe: draft.UltimateName = text; break;
            case CodeWord.Iban: draft.Account ??= text; break;
            case CodeWord.Bic: draft.Bic ??= text; break;
            case CodeWord.Purp: draft.PurposeCode = text; break;
            case CodeWord.Rtrn: draft.ReturnReason = text; break;
            case CodeWord.Oamt when Supplement.Money(identifier, "EUR") is { } original: draft.Original ??= new OriginalAmount(original.Minor, original.Currency); break;
            case CodeWord.Coam when Supplement.Money(identifier, "EUR") is { } charge: (draft.Charges ??= []).Add(new Charge(charge.Minor, charge.Currency, Included: true)); break;
            case CodeWord.Rref: draft.TransactionId ??= text; break;
            default: draft.Remittance = InformationReader.Append(draft.Remittance, text); break;
        }

        if (end >= 0) Take(0, value[end..], ref draft);
    }

    // An account may be printed in groups of four; a BIC and an account without blanks end with their first word.
    private static int Identifier(uint keyword, ReadOnlySpan<byte> value)
    {
        var line = value.IndexOf((byte)'\n');
        var whole = line < 0 ? value : value[..line];
        return keyword == CodeWord.Iban && Iban.IsValid(System.Text.Encoding.ASCII.GetString(whole)) ? line : FirstWord(value).Length;
    }

    private static string Sentence(ReadOnlySpan<byte> value, ref TextDraft draft)
    {
        if (value.IndexOf((byte)'\n') < 0) return draft.Text(value);
        var line = draft.Take(value.Length);
        value.Replace(line, (byte)'\n', (byte)' ');
        return draft.Text(line);
    }
}
