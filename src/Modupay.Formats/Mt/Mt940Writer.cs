using System.Text;

namespace Modupay.Formats;

/// <summary>
/// Writes MT940 in the German dialect, as a bank of ours would send it: for simulated banks, samples and tests.
/// Characters outside the SWIFT set are transliterated or become a full stop.
/// </summary>
public static class Mt940Writer
{
    private const int LineWidth = 65;
    private const int SubfieldWidth = 27;

    /// <summary>Bytes of one file with the statements in order; CRLF line ends, each statement closed by a dash.</summary>
    public static byte[] Write(IEnumerable<Mt940Statement> statements)
    {
        var text = new StringBuilder();
        foreach (var statement in statements) Append(text, statement);
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static void Append(StringBuilder text, Mt940Statement statement)
    {
        var decimals = CurrencyCodes.DecimalsOrTwo(statement.Currency);
        Line(text, ":20:" + Cut(Swift(statement.Reference), 16));
        Line(text, ":25:" + Cut(Swift(statement.Account), 35));
        Line(text, $":28C:{statement.Sequence:00000}/{statement.Page:000}");
        Line(text, ":60F:" + Balance(statement.OpeningMinor, statement.OpeningDate, statement.Currency, decimals));
        var closing = statement.OpeningMinor;
        foreach (var entry in statement.Entries)
        {
            closing += entry.AmountMinor;
            Append(text, entry, decimals);
        }

        Line(text, ":62F:" + Balance(closing, statement.ClosingDate, statement.Currency, decimals));
        Line(text, "-");
    }

    private static void Append(StringBuilder text, Mt940Entry entry, int decimals)
    {
        var mark = (entry.AmountMinor >= 0, entry.Reversal) switch { (true, false) => "C", (false, false) => "D", (true, true) => "RD", _ => "RC" };
        var client = Cut(Swift(entry.ClientReference ?? "NONREF"), 16);
        var bank = entry.BankReference is { Length: > 0 } own ? "//" + Cut(Swift(own), 16) : "";
        Line(text, $":61:{entry.ValueDate:yyMMdd}{entry.BookingDate:MMdd}{mark}{Amount(Math.Abs(entry.AmountMinor), decimals)}{entry.TransactionType}{client}{bank}");

        var information = new StringBuilder(":86:").Append(entry.BusinessCode);
        Subfield(information, 0, Cut(entry.BookingText, SubfieldWidth));
        var remittance = Chunks(Remittance(entry)).ToList();
        // Ten subfields from 20 and four from 60 are all there are; what is longer was never delivered by any bank either.
        for (var at = 0; at < remittance.Count && at < 14; at++) Subfield(information, at < 10 ? 20 + at : 50 + at, remittance[at]);
        Subfield(information, 30, entry.CounterpartyBic);
        Subfield(information, 31, entry.CounterpartyAccount);
        var name = Chunks(Swift(entry.CounterpartyName ?? "")).ToList();
        for (var at = 0; at < name.Count && at < 2; at++) Subfield(information, 32 + at, name[at]);
        if (entry.TextKey is { } key) Subfield(information, 34, key);

        Wrap(text, information.ToString());
    }

    // A line that began with a colon or a dash could be taken for a tag or for the end of the message.
    private static void Wrap(StringBuilder text, string field)
    {
        for (var at = 0; at < field.Length;)
        {
            var length = Math.Min(LineWidth, field.Length - at);
            while (at + length < field.Length && length > 1 && (field[at + length] is ':' or '-')) length--;
            Line(text, field.Substring(at, length));
            at += length;
        }
    }

    private static string Remittance(Mt940Entry entry)
    {
        var text = new StringBuilder();
        Attribute("EREF", entry.EndToEndId);
        Attribute("KREF", entry.ClientReference);
        Attribute("MREF", entry.MandateId);
        Attribute("CRED", entry.CreditorId);
        Attribute("SVWZ", entry.Remittance);
        return text.ToString();

        // Every attribute begins in a subfield of its own, so its predecessor is filled up.
        void Attribute(string name, string? value)
        {
            if (string.IsNullOrEmpty(value)) return;
            while (text.Length % SubfieldWidth != 0) text.Append(' ');
            text.Append(name).Append('+').Append(Swift(value));
        }
    }

    private static IEnumerable<string> Chunks(string text)
    {
        for (var at = 0; at < text.Length; at += SubfieldWidth) yield return text.Substring(at, Math.Min(SubfieldWidth, text.Length - at)).TrimEnd();
    }

    private static void Subfield(StringBuilder text, int number, string? value)
    {
        if (!string.IsNullOrEmpty(value)) text.Append('?').Append(number.ToString("00")).Append(value.Replace('?', ' '));
    }

    private static string Balance(long minor, DateOnly date, string currency, int decimals) =>
        $"{(minor < 0 ? 'D' : 'C')}{date:yyMMdd}{currency}{Amount(Math.Abs(minor), decimals)}";

    private static string Amount(long minor, int decimals) => decimals == 0 ? $"{minor}," : MinorUnits.Print(minor, decimals, ',');

    private static string Cut(string text, int length) => text.Length > length ? text[..length] : text;

    private static void Line(StringBuilder text, string line) => text.Append(line).Append("\r\n");

    // SWIFT's x set; a leading colon or dash would end the field.
    private static string Swift(string text)
    {
        var swift = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            swift.Append(character switch
            {
                'ä' => "ae",
                'ö' => "oe",
                'ü' => "ue",
                'Ä' => "Ae",
                'Ö' => "Oe",
                'Ü' => "Ue",
                'ß' => "ss",
                '&' => "+",
                'à' or 'á' or 'â' or 'ã' or 'å' => "a",
                'è' or 'é' or 'ê' or 'ë' => "e",
                'ì' or 'í' or 'î' or 'ï' => "i",
                'ò' or 'ó' or 'ô' or 'õ' or 'ø' => "o",
                'ù' or 'ú' or 'û' => "u",
                'ç' => "c",
                'ñ' => "n",
                'É' or 'È' => "E",
                'Ç' => "C",
                _ when char.IsAsciiLetterOrDigit(character) || "/-?:().,'+ ".Contains(character, StringComparison.Ordinal) => character.ToString(),
                _ => ".",
            });
        }

        return swift.ToString();
    }
}

public sealed record Mt940Statement
{
    public required string Reference { get; init; }
    public required string Account { get; init; }
    public required int Sequence { get; init; }
    public int Page { get; init; } = 1;
    public required string Currency { get; init; }
    public required long OpeningMinor { get; init; }
    public required DateOnly OpeningDate { get; init; }
    public required DateOnly ClosingDate { get; init; }

    /// <summary>The closing balance is computed from these.</summary>
    public required IReadOnlyList<Mt940Entry> Entries { get; init; }
}

public sealed record Mt940Entry
{
    public required long AmountMinor { get; init; }
    public required DateOnly ValueDate { get; init; }
    public required DateOnly BookingDate { get; init; }
    public bool Reversal { get; init; }
    public string TransactionType { get; init; } = "NTRF";

    /// <summary>German business transaction code: 166 incoming, 116 outgoing, 159 returned credit transfer, 808 charges.</summary>
    public string BusinessCode { get; init; } = "166";

    public string BookingText { get; init; } = "GUTSCHRIFT";
    public string? ClientReference { get; init; }
    public string? BankReference { get; init; }
    public string? EndToEndId { get; init; }
    public string? MandateId { get; init; }
    public string? CreditorId { get; init; }
    public string? Remittance { get; init; }
    public string? CounterpartyName { get; init; }
    public string? CounterpartyAccount { get; init; }
    public string? CounterpartyBic { get; init; }

    /// <summary>Text key or return code (?34), <c>901</c> to <c>930</c> for returned payments.</summary>
    public string? TextKey { get; init; }
}
