using System.Text.Unicode;
using System.Text;
using Modupay.Formats.Text;

namespace Modupay.Formats.Csv;

/// <summary>Encoding and delimiter of a table: the two things that may be guessed, because a wrong guess shows at once.</summary>
internal static class CsvText
{
    public static Encoding Encoding(ReadOnlySpan<byte> head, string? charset)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])) return System.Text.Encoding.Unicode;
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return System.Text.Encoding.BigEndianUnicode;
        // The sample may end inside a character.
        var whole = head.Length > 4 ? head[..^3] : head;
        for (var cut = 0; cut < 4 && cut < whole.Length; cut++)
        {
            if (Utf8.IsValid(whole[..^cut])) return System.Text.Encoding.UTF8;
        }

        return CodePages.Get(charset ?? "windows-1252") ?? CodePages.Windows1252;
    }

    /// <summary>The candidate that occurs most often outside quotes in the line that has most of them, among the first lines.</summary>
    public static char Delimiter(ReadOnlySpan<byte> head, Encoding encoding)
    {
        var text = encoding.GetString(head);
        var best = ';';
        var most = 0;
        foreach (var candidate in ";,\t|")
        {
            var lines = 0;
            foreach (var line in text.AsSpan().EnumerateLines())
            {
                if (++lines > 20) break;
                var count = Count(line, candidate);
                if (count <= most) continue;
                most = count;
                best = candidate;
            }
        }

        return best;
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
