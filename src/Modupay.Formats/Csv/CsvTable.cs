using System.Text;

namespace Modupay.Formats.Csv;

/// <summary>Rows of RFC 4180 text with any delimiter: quotes may hold delimiters, line ends and doubled quotes. One row at a time, bounded.</summary>
internal sealed class CsvTable(TextReader reader, char delimiter)
{
    private const int MaxColumns = 1000;
    private const int MaxCell = 64 * 1024;

    private readonly StringBuilder cell = new();
    private readonly List<string> cells = [];
    private int line = 1;

    /// <summary>Line on which the last row began.</summary>
    public int RowLine { get; private set; }

    public bool SawNul { get; private set; }

    /// <summary>Null at the end. Blank lines are rows without cells.</summary>
    public IReadOnlyList<string>? Read()
    {
        cells.Clear();
        cell.Clear();
        RowLine = line;
        if (reader.Peek() < 0) return null;

        var quoted = false;
        var wasQuoted = false;
        while (true)
        {
            var next = reader.Read();
            if (next < 0)
            {
                if (quoted) throw new CsvRefusal("csv_quote_open", "A quote is never closed.", RowLine);
                return End(wasQuoted);
            }

            var character = (char)next;
            if (quoted)
            {
                if (character != '"') Add(character);
                else if (reader.Peek() == '"') Add((char)reader.Read());
                else quoted = false;
                if (character == '\n') line++;
                continue;
            }

            switch (character)
            {
                case '"' when IsBlank(cell):
                    cell.Clear();
                    quoted = wasQuoted = true;
                    break;
                case '\r' or '\n':
                    if (character == '\r' && reader.Peek() == '\n') _ = reader.Read();
                    line++;
                    return End(wasQuoted);
                case var mark when mark == delimiter:
                    TakeCell();
                    wasQuoted = true;
                    break;
                default:
                    Add(character);
                    break;
            }
        }
    }

    private void Add(char character)
    {
        if (character == '\0')
        {
            SawNul = true;
            return;
        }

        if (cell.Length >= MaxCell) throw new CsvRefusal("csv_cell_too_long", $"A cell is longer than {MaxCell} characters.", RowLine);
        cell.Append(character);
    }

    private void TakeCell()
    {
        if (cells.Count >= MaxColumns) throw new CsvRefusal("csv_too_wide", $"A row has more than {MaxColumns} columns.", RowLine);
        cells.Add(cell.ToString().Trim());
        cell.Clear();
    }

    private List<string> End(bool anything)
    {
        if (anything || !IsBlank(cell)) TakeCell();
        return [.. cells];
    }

    private static bool IsBlank(StringBuilder text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsWhiteSpace(text[at]) && text[at] != '\uFEFF') return false;
        }

        return true;
    }
}

/// <summary>Ends the reading of a table; caught once and turned into a problem.</summary>
internal sealed class CsvRefusal(string code, string message, int line) : Exception(message)
{
    public string Code { get; } = code;

    public int Line { get; } = line;
}
