using System.Text;
using System.Text.Unicode;

namespace Modupay.Formats.Text;

/// <summary>
/// Which of the code pages of a country a file is in. The letters of the language decide: read by a wrong page, most of them become signs. The
/// country stands at the head of the account's IBAN; without one the currency tells it.
/// </summary>
internal static class CharsetGuess
{
    private const string Western = "äöüßéèêëàâçñáíóúìòùîïôûœæøåõãðþÿ", Central = "áäčďéěíĺľňóôöőŕřšťúůüűýž", Polish = "ąćęłńóśźż", Southern = "čćđšž", Romanian = "ăâîşţșț",
        Baltic = "āąčēęėģīįķļņõäöüšūųžģ", Turkish = "çğıöşüâîİ", Greek = "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ", Cyrillic = "абвгдежзийклмнопрстуфхцчшщъыьэюяёєіїў";

    private const string Marks = "€£‘“”„–—…•°§«»´·¿¡²³ºª®©™½¼";

    private static readonly string[] WesternPages = ["windows-1252", "ibm850"], CentralPages = ["windows-1250", "iso-8859-2", "ibm852"], BalticPages = ["windows-1257", "iso-8859-13"],
        TurkishPages = ["windows-1254", "ibm857"], GreekPages = ["windows-1253", "iso-8859-7", "ibm737"], CyrillicPages = ["windows-1251", "cp866", "iso-8859-5"], HebrewPages = ["windows-1255"];

    private static readonly Dictionary<string, string> Currencies = new(StringComparer.Ordinal)
    {
        ["PLN"] = "PL",
        ["CZK"] = "CZ",
        ["HUF"] = "HU",
        ["RON"] = "RO",
        ["BGN"] = "BG",
        ["TRY"] = "TR",
        ["UAH"] = "UA",
        ["RUB"] = "RU",
        ["KZT"] = "KZ",
        ["ILS"] = "IL",
        ["RSD"] = "RS",
        ["BAM"] = "BA",
    };

    /// <summary>Null where the beginning of the file says nothing and Western Europe's page is the likeliest; uncertain when it is not the country's usual page.</summary>
    public static (string? Page, bool Uncertain) OfMt(ReadOnlySpan<byte> head)
    {
        var country = CountryOf(head);
        var (letters, pages) = Language(country);
        if (System.Text.Ascii.IsValid(head)) return (country.Length == 0 || pages == WesternPages ? null : pages[0], false);

        var best = 0;
        var most = int.MinValue;
        for (var at = 0; at < pages.Length; at++)
        {
            if (CodePages.Get(pages[at]) is not { } page || Score(head, page, letters) is var score && score <= most) continue;
            (best, most) = (at, Score(head, page, letters));
        }

        return (best == 0 && pages == WesternPages ? null : pages[best], best > 0);
    }

    /// <summary>The usual page of the country whose currency a table names; null when it names none of these.</summary>
    public static string? OfTable(ReadOnlySpan<byte> head)
    {
        foreach (var (currency, country) in Currencies)
        {
            if (head.IndexOf(Encoding.ASCII.GetBytes(currency)) >= 0) return Language(country).Pages[0];
        }

        return null;
    }

    // Letters of the language count for a page, everything else against it. Lines that are UTF-8 are no evidence.
    private static int Score(ReadOnlySpan<byte> head, Encoding page, string letters)
    {
        var score = 0;
        foreach (var range in head.SplitAny((byte)'\r', (byte)'\n'))
        {
            var line = head[range];
            if (System.Text.Ascii.IsValid(line) || Utf8.IsValid(line)) continue;
            var text = page.GetString(line);
            for (var at = 0; at < text.Length; at++)
            {
                if (text[at] >= 0x80) score += Fits(text, at, letters) ? 1 : -1;
            }
        }

        return score;
    }

    // What is a quotation mark or a dash by one page is a letter by another, so the place decides: marks stand at the edge of a word, and no capital
    // follows a small letter. Only the apostrophe stands within.
    private static bool Fits(string text, int at, string letters)
    {
        var (before, after) = (at > 0 ? text[at - 1] : ' ', at + 1 < text.Length ? text[at + 1] : ' ');
        if (text[at] == '\u2019') return true;
        if (Marks.Contains(text[at], StringComparison.Ordinal)) return !(char.IsLetter(before) && char.IsLetter(after));
        return letters.Contains(char.ToLowerInvariant(text[at]), StringComparison.Ordinal) && !(char.IsUpper(text[at]) && char.IsLower(before));
    }

    private static (string Letters, string[] Pages) Language(string country) => country switch
    {
        "PL" => (Polish, CentralPages),
        "CZ" or "SK" or "HU" => (Central, CentralPages),
        "HR" or "SI" or "BA" or "AL" or "ME" or "RS" => (Southern, CentralPages),
        "RO" => (Romanian, CentralPages),
        "LT" or "LV" or "EE" => (Baltic, BalticPages),
        "TR" or "AZ" => (Turkish, TurkishPages),
        "GR" or "CY" => (Greek, GreekPages),
        "BG" or "MK" or "UA" or "BY" or "KZ" or "RU" => (Cyrillic, CyrillicPages),
        "IL" => ("אבגדהוזחטיךכלםמןנסעףפץצקרשת", HebrewPages),
        _ => (Western, WesternPages),
    };

    private static string CountryOf(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf(":25:"u8);
        if (at >= 0)
        {
            var account = head[(at + 4)..].TrimStart(" /"u8);
            if (account.Length > 4 && char.IsAsciiLetterUpper((char)account[0]) && char.IsAsciiLetterUpper((char)account[1]) && MtDigit(account[2]) && MtDigit(account[3]))
                return Encoding.ASCII.GetString(account[..2]);
        }

        // C or D, six digits of date, three letters of currency.
        at = head.IndexOf(":60F:"u8);
        if (at < 0 || head.Length < at + 15) return "";
        return Currencies.GetValueOrDefault(Encoding.ASCII.GetString(head.Slice(at + 12, 3)), "");
    }

    private static bool MtDigit(byte character) => character is >= (byte)'0' and <= (byte)'9';
}
