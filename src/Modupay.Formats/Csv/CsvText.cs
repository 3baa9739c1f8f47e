using System.Text;
using System.Text.Unicode;
using Modupay.Formats.Text;

namespace Modupay.Formats.Csv;

/// <summary>
/// Encoding and delimiter of a table: the two things that may be guessed, because a wrong guess shows at once: by it, fewer columns of the header have
/// names that are known.
/// </summary>
internal static class CsvText
{
    private const string Delimiters = ";,\t|";
    private const int HeaderWithin = 40;
    private const int Looked = 16 * 1024;

    private static readonly string[] Pages = ["windows-1252", "windows-1250", "iso-8859-2", "ibm852", "ibm850", "windows-1257", "windows-1254", "windows-1251", "windows-1253"];

    public static Encoding Encoding(ReadOnlySpan<byte> head, DialectProfile? declared)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])) return System.Text.Encoding.Unicode;
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return System.Text.Encoding.BigEndianUnicode;
        // The sample may end inside a character.
        var whole = head.Length > 4 ? head[..^3] : head;
        for (var cut = 0; cut < 4 && cut < whole.Length; cut++)
        {
            if (Utf8.IsValid(whole[..^cut])) return System.Text.Encoding.UTF8;
        }

        if (declared is not null) return CodePages.Get(declared.Charset ?? "windows-1252") ?? CodePages.Windows1252;
        var best = CodePages.Windows1252;
        var most = 0;
        foreach (var name in CharsetGuess.OfTable(head) is { } usual ? Pages.Prepend(usual) : Pages)
        {
            if (CodePages.Get(name) is not { } page) continue;
            var text = Beginning(head, page);
            var known = Delimiters.Max(delimiter => Known(text, delimiter));
            if (known > most) (best, most) = (page, known);
        }

        return best;
    }

    /// <summary>The candidate that makes a header with the most names that are known, else the one that occurs most often in a line.</summary>
    public static char Delimiter(ReadOnlySpan<byte> head, Encoding encoding)
    {
        var text = Beginning(head, encoding);
        var best = ';';
        var most = (Known: 0, Count: 0);
        foreach (var candidate in Delimiters)
        {
            var score = (Known(text, candidate), Widest(text, candidate));
            if (score.CompareTo(most) > 0) (best, most) = (candidate, score);
        }

        return best;
    }

    private static string Beginning(ReadOnlySpan<byte> head, Encoding encoding) => encoding.GetString(head[..Math.Min(head.Length, Looked)]);

    private static int Known(string text, char delimiter)
    {
        var most = 0;
        try
        {
            var table = new CsvTable(new StringReader(text), delimiter);
            for (var row = 0; row < HeaderWithin && table.Read() is { } cells; row++) most = Math.Max(most, CsvHeader.Known(cells));
        }
        catch (CsvRefusal)
        {
            // A table cut off inside a quote, or no table by this delimiter. Whoever reads it in earnest will say so.
        }

        return most;
    }

    private static int Widest(string text, char candidate)
    {
        var (lines, most) = (0, 0);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (++lines > 20) break;
            most = Math.Max(most, Count(line, candidate));
        }

        return most;
    }

    private static int Count(ReadOnlySpan<char> line, char candidate)
    {
        var quoted = false;
        var count = 0;
        foreach (var character in line)
        {
            if (character == '"') quoted = !quoted;
            else if (character == candidate && !quoted) count++;
        }

        return count;
    }
}
