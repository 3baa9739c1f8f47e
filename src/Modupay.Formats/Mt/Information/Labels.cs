using System.Buffers;

namespace Modupay.Formats.Mt.Information;

/// <summary>Text with labels, as ABN AMRO prints SEPA transactions: <c>SEPA OVERBOEKING IBAN: … BIC: … NAAM: … OMSCHRIJVING: … KENMERK: …</c>.</summary>
internal static class Labels
{
    private enum Label { Text, Account, Bic, Name, Remittance, EndToEndId, Mandate, Creditor }

    private static readonly (byte[] Word, Label Label)[] Known =
    [
        ("IBAN"u8.ToArray(), Label.Account), ("BIC"u8.ToArray(), Label.Bic), ("NAAM"u8.ToArray(), Label.Name), ("NAME"u8.ToArray(), Label.Name),
        ("OMSCHRIJVING"u8.ToArray(), Label.Remittance), ("DESCRIPTION"u8.ToArray(), Label.Remittance), ("KENMERK"u8.ToArray(), Label.EndToEndId),
        ("MACHTIGING"u8.ToArray(), Label.Mandate), ("INCASSANT"u8.ToArray(), Label.Creditor), ("REFERENCE"u8.ToArray(), Label.EndToEndId),
    ];

    private static readonly SearchValues<byte> Colon = SearchValues.Create((byte)':');

    public static bool Recognises(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf("IBAN:"u8) < 0) return false;
        return Contains(text, "NAAM:"u8) || Contains(text, "OMSCHRIJVING:"u8) || Contains(text, "KENMERK:"u8) || Contains(text, "INCASSANT:"u8);
    }

    public static void Read(ReadOnlySpan<byte> text, ref TextDraft draft)
    {
        var label = Label.Text;
        var at = 0;
        while (true)
        {
            var next = Next(text, at, out var nextLabel, out var valueStart);
            Take(label, (next < 0 ? text[at..] : text[at..next]).Trim((byte)' '), ref draft);
            if (next < 0) return;
            (label, at) = (nextLabel, valueStart);
        }
    }

    private static int Next(ReadOnlySpan<byte> text, int from, out Label label, out int valueStart)
    {
        label = Label.Text;
        valueStart = 0;
        for (var at = from; at < text.Length; at++)
        {
            var found = text[at..].IndexOfAny(Colon);
            if (found < 0) return -1;
            at += found;
            foreach (var (word, meaning) in Known)
            {
                var start = at - word.Length;
                if (start < from || (start > 0 && char.IsAsciiLetter((char)text[start - 1])) || !System.Text.Ascii.EqualsIgnoreCase(text[start..at], word)) continue;
                label = meaning;
                valueStart = at + 1;
                return start;
            }
        }

        return -1;
    }

    private static void Take(Label label, ReadOnlySpan<byte> value, ref TextDraft draft)
    {
        if (value.IsEmpty) return;
        var text = draft.Text(value);
        switch (label)
        {
            case Label.Text: draft.BookingText = text; break;
            case Label.Account: draft.Account = text; break;
            case Label.Bic: draft.Bic = text; break;
            case Label.Name: draft.Name = text; break;
            case Label.EndToEndId: draft.EndToEndId = text; break;
            case Label.Mandate: draft.MandateId = text; break;
            case Label.Creditor: draft.CreditorId = text; break;
            default: draft.Remittance = InformationReader.Append(draft.Remittance, text); break;
        }
    }

    private static bool Contains(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        for (var at = text.IndexOf(word[^1]); at >= 0;)
        {
            if (at + 1 >= word.Length && System.Text.Ascii.EqualsIgnoreCase(text.Slice(at + 1 - word.Length, word.Length), word)) return true;
            var next = text[(at + 1)..].IndexOf(word[^1]);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return false;
    }
}
