namespace Modupay.Formats.Csv;

/// <summary>
/// A table without a header, or with names nobody has met, told by its contents: a column of certain dates, and amounts that carry their sign, have a word
/// for their direction beside them, or prove themselves against balances. What is found this way is held, because no bank has said it.
/// </summary>
internal sealed record CsvShape(CsvColumns Columns, int FirstRow)
{
    private const int FewestRows = 2;
    private const int FewestColumns = 3;
    private const int MostHeaderRows = 3;

    public static CsvShape? Infer(IReadOnlyList<IReadOnlyList<string>> sample)
    {
        var width = sample.GroupBy(row => row.Count).OrderByDescending(group => group.Count()).FirstOrDefault()?.Key ?? 0;
        var rows = sample.Where(row => row.Count == width).ToList();
        if (width < FewestColumns || rows.Count * 10 < sample.Count(row => row.Count > 0) * 8) return null;

        var named = new CsvColumns();
        for (var skipped = 0; skipped <= MostHeaderRows && rows.Count >= FewestRows; skipped++)
        {
            if (Tell(rows, width, named) is { } columns)
            {
                columns.Width = rows.Max(row => row.ToList().FindLastIndex(cell => cell.Length > 0)) + 1;
                return new CsvShape(columns, sample.ToList().IndexOf(rows[0]));
            }

            // A row with an amount in it is no header.
            if (rows[0].Any(cell => CsvAmount.Clean(cell, out _, out _) is not null)) return null;
            named = CsvHeader.Named(rows[0]);
            rows.RemoveAt(0);
        }

        return null;
    }

    // A header that names no amount may still name the balance, and a balance is not to be taken for one.
    private static CsvColumns? Tell(List<IReadOnlyList<string>> rows, int width, CsvColumns named)
    {
        var dates = Where(width, column => IsDate(rows, column));
        if (dates.Count == 0) return null;
        var numbers = Where(width, column => !dates.Contains(column) && IsNumber(rows, column));
        var columns = new CsvColumns();
        columns.Add(CsvFields.BookingDate, dates[0]);
        if (dates.Count > 1) columns.Add(CsvFields.ValueDate, dates[1]);
        var halves = Where(width, column => !dates.Contains(column) && IsHalf(rows, column));
        var money = numbers.FindAll(column => !named.IsNoMovement(column));
        if (!CsvMoney.Find(rows, money, numbers, halves, columns)) return null;
        foreach (var column in Where(width, column => !columns.IsNumberOrDate(column))) Name(columns, rows, column);
        return columns;
    }

    private static void Name(CsvColumns columns, List<IReadOnlyList<string>> rows, int column)
    {
        if (rows.TrueForAll(row => CurrencyCodes.IsKnown(row[column]))) columns.Add(CsvFields.Currency, column);
        else if (rows.TrueForAll(row => row[column] == rows[0][column] && row[column].Length >= 8 && row[column].Any(char.IsAsciiDigit))) columns.Add(CsvFields.OwnAccount, column);
        else if (rows.Exists(row => row[column].Any(char.IsLetter))) columns.Add(CsvFields.Remittance, column);
    }

    private static List<int> Where(int width, Func<int, bool> holds) => [.. Enumerable.Range(0, width).Where(holds)];

    private static bool IsDate(List<IReadOnlyList<string>> rows, int column)
    {
        var values = rows.ConvertAll(row => row[column]);
        if (CsvDate.Detect(values, out _) is not { } format) return false;
        return values.TrueForAll(value => CsvDate.TryParse(value, format, out var date) && date.Year is >= 1980 and < 2100);
    }

    private static bool IsNumber(List<IReadOnlyList<string>> rows, int column) => rows.TrueForAll(row => CsvAmount.Clean(row[column], out _, out _) is not null);

    private static bool IsHalf(List<IReadOnlyList<string>> rows, int column) =>
        rows.Exists(row => row[column].Length > 0) && rows.Exists(row => row[column].Length == 0)
        && rows.TrueForAll(row => row[column].Length == 0 || CsvAmount.Clean(row[column], out _, out _) is not null);
}
