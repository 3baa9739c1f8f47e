namespace Modupay.Formats.Csv;

/// <summary>
/// A table without a header, told by its contents: a column of certain dates, a column of amounts with decimals, and, where there are two of them,
/// the running balance that proves itself. What is found this way is held, because no bank has said it.
/// </summary>
internal sealed record CsvShape(CsvColumns Columns, int FirstRow)
{
    private const int FewestRows = 2;
    private const int FewestColumns = 3;

    public static CsvShape? Infer(IReadOnlyList<IReadOnlyList<string>> sample)
    {
        var width = sample.GroupBy(row => row.Count).OrderByDescending(group => group.Count()).FirstOrDefault()?.Key ?? 0;
        var rows = sample.Where(row => row.Count == width).ToList();
        if (width < FewestColumns || rows.Count < FewestRows || rows.Count * 10 < sample.Count(row => row.Count > 0) * 8) return null;

        var dates = Where(width, column => IsDate(rows, column));
        var amounts = Where(width, column => !dates.Contains(column) && IsAmount(rows, column));
        if (dates.Count == 0 || Amounts(rows, amounts) is not { } money) return null;

        var columns = new CsvColumns { Width = width };
        columns.Add(CsvFields.BookingDate, dates[0]);
        if (dates.Count > 1) columns.Add(CsvFields.ValueDate, dates[1]);
        columns.Add(CsvFields.Amount, money.Amount);
        if (money.Balance is { } balance) columns.Add(CsvFields.Balance, balance);
        foreach (var column in Where(width, column => !dates.Contains(column) && !amounts.Contains(column))) Name(columns, rows, column);
        return new CsvShape(columns, sample.ToList().FindIndex(row => row.Count == width));
    }

    private static void Name(CsvColumns columns, List<IReadOnlyList<string>> rows, int column)
    {
        if (rows.All(row => CurrencyCodes.IsKnown(row[column]))) columns.Add(CsvFields.Currency, column);
        else if (rows.All(row => row[column] == rows[0][column] && row[column].Length >= 8 && row[column].Any(char.IsAsciiDigit))) columns.Add(CsvFields.OwnAccount, column);
        else if (rows.Any(row => row[column].Any(char.IsLetter))) columns.Add(CsvFields.Remittance, column);
    }

    private static List<int> Where(int width, Func<int, bool> holds) => [.. Enumerable.Range(0, width).Where(holds)];

    private static bool IsDate(List<IReadOnlyList<string>> rows, int column)
    {
        var values = rows.Select(row => row[column]).ToList();
        if (CsvDate.Detect(values, out _) is not { } format) return false;
        return values.All(value => CsvDate.TryParse(value, format, out var date) && date.Year is >= 1980 and < 2100);
    }

    private static bool IsAmount(List<IReadOnlyList<string>> rows, int column)
    {
        char? mark = null;
        foreach (var row in rows)
        {
            if (row[column].Length == 0) return false;
            if (CsvAmount.Clean(row[column], out _, out _) is not { } clean) return false;
            var evidence = CsvAmount.Evidence(clean, out var open);
            if (open || (mark is not null && evidence is not null && evidence != mark)) return false;
            mark ??= evidence;
        }

        return mark is not null;
    }

    /// <summary>One column of signed amounts, or the pair of which the one is the other's running balance.</summary>
    private static (int Amount, int? Balance)? Amounts(List<IReadOnlyList<string>> rows, List<int> candidates)
    {
        if (candidates.Count == 1) return rows.Any(row => row[candidates[0]].Contains('-', StringComparison.Ordinal)) ? (candidates[0], null) : null;
        foreach (var amount in candidates)
        {
            foreach (var balance in candidates)
            {
                if (amount != balance && IsRunning(rows, amount, balance)) return (amount, balance);
            }
        }

        return null;
    }

    private static bool IsRunning(List<IReadOnlyList<string>> rows, int amount, int balance)
    {
        if (rows.Count < FewestRows + 1) return false;
        var balances = new CsvBalances();
        foreach (var row in rows)
        {
            if (Minor(row[amount]) is not { } change || Minor(row[balance]) is not { } after) return false;
            balances.Add(change, after, null);
        }

        return balances.Result("").Proven is true;
    }

    private static long? Minor(string text)
    {
        if (CsvAmount.Clean(text, out var negative, out _) is not { } clean) return null;
        var mark = CsvAmount.Evidence(clean, out _) ?? '.';
        return CsvAmount.TryParse(clean, mark, 2, out var minor) is null ? negative ? -minor : minor : null;
    }
}
