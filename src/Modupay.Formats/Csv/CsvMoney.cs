namespace Modupay.Formats.Csv;

/// <summary>
/// Which of the columns of numbers are the amounts, where no name says so. One column with decimals and signs, or with a word beside it; otherwise balances
/// must prove it, row by row: the amounts lead from each to the next.
/// </summary>
internal static class CsvMoney
{
    private const int FewestToProve = 3;

    // Pairs and triples of columns are tried. A bank prints five columns of numbers; a hundred are somebody's attempt at our time.
    private const int MostNumbers = 16;

    /// <param name="money">Columns of numbers that may be movements.</param>
    /// <param name="numbers">All columns of numbers: any of them may be the balance.</param>
    public static bool Find(List<IReadOnlyList<string>> rows, List<int> money, List<int> numbers, List<int> halves, CsvColumns columns)
    {
        if (numbers.Count > MostNumbers || halves.Count > MostNumbers) return false;
        var amounts = money.FindAll(column => HasDecimals(rows, column));
        money = money.FindAll(column => IsMoney(rows, column));
        if (amounts.Count == 1 && Single(rows, amounts[0], columns)) return true;
        return Running(rows, money, numbers, columns) || BeforeAndAfter(rows, money, numbers, columns) || Halves(rows, numbers, halves, columns);
    }

    private static bool Single(List<IReadOnlyList<string>> rows, int column, CsvColumns columns)
    {
        columns.Add(CsvFields.Amount, column);
        if (rows.Exists(row => Sign(row[column]) < 0) || CsvDirection.Of(rows, columns) is CsvSign.Flag) return true;
        columns.Remove(CsvFields.Amount);
        return false;
    }

    // An amount, signed or with a word beside it, and the balance after it.
    private static bool Running(List<IReadOnlyList<string>> rows, List<int> money, List<int> numbers, CsvColumns columns)
    {
        foreach (var amount in money)
        {
            columns.Add(CsvFields.Amount, amount);
            var flagged = CsvDirection.Of(rows, columns) is CsvSign.Flag;
            foreach (var balance in numbers.Where(balance => balance != amount))
            {
                if (!IsProven(rows, row => flagged ? Directed(Minor(row[amount]), columns.Value(row, CsvFields.Flag)) : Minor(row[amount]), balance)) continue;
                columns.Add(CsvFields.Balance, balance);
                return true;
            }

            columns.Remove(CsvFields.Amount);
            columns.Remove(CsvFields.Flag);
        }

        return false;
    }

    // The balance before the amount, and after it or not: where one row ends the next begins, upwards or downwards.
    private static bool BeforeAndAfter(List<IReadOnlyList<string>> rows, List<int> money, List<int> numbers, CsvColumns columns)
    {
        foreach (var amount in money)
        {
            foreach (var before in numbers.Where(before => before != amount))
            {
                foreach (var after in numbers.Where(after => after != amount && after != before))
                {
                    if (!Leads(rows, before, amount, after)) continue;
                    columns.Add(CsvFields.Amount, amount);
                    columns.Add(CsvFields.Balance, after);
                    return true;
                }

                if (rows.Count < FewestToProve || !Leads(rows, before, amount, after: null)) continue;
                columns.Add(CsvFields.Amount, amount);
                return true;
            }
        }

        return false;
    }

    private static bool Leads(List<IReadOnlyList<string>> rows, int before, int amount, int? after)
    {
        var (forward, backward) = (true, true);
        (Int128 From, Int128 To)? last = null;
        foreach (var row in rows)
        {
            if (Minor(row[amount]) is not ({ } change and not 0) || Minor(row[before]) is not { } from) return false;
            var to = (Int128)from + change;
            if (after is { } shown && (Minor(row[shown]) is not { } said || said != to)) return false;
            forward &= last is null || last.Value.To == from;
            backward &= last is null || last.Value.From == to;
            last = (from, to);
        }

        return rows.Count > 1 && (forward || backward);
    }

    // Two columns of which each row fills one: the balance says which of them lowers it.
    private static bool Halves(List<IReadOnlyList<string>> rows, List<int> numbers, List<int> halves, CsvColumns columns)
    {
        foreach (var debit in halves)
        {
            foreach (var credit in halves)
            {
                if (debit == credit || rows.Exists(row => row[debit].Length > 0 == row[credit].Length > 0)) continue;
                var balance = numbers.FindIndex(column => IsProven(rows, row => row[credit].Length > 0 ? Minor(row[credit]) : -Math.Abs(Minor(row[debit]) ?? 0), column));
                if (balance < 0) continue;
                columns.Add(CsvFields.Debit, debit);
                columns.Add(CsvFields.Credit, credit);
                columns.Add(CsvFields.Balance, numbers[balance]);
                return true;
            }
        }

        return false;
    }

    private static bool IsProven(List<IReadOnlyList<string>> rows, Func<IReadOnlyList<string>, long?> amount, int balance)
    {
        if (rows.Count < FewestToProve) return false;
        var balances = new CsvBalances();
        foreach (var row in rows)
        {
            // Noughts prove every balance that stands still.
            if (amount(row) is not ({ } change and not 0) || Minor(row[balance]) is not { } after) return false;
            balances.Add(change, after, null);
        }

        return balances.Result("").Proven is true;
    }

    // Numbers without decimals are as often references as amounts.
    private static bool HasDecimals(List<IReadOnlyList<string>> rows, int column)
    {
        char? mark = null;
        foreach (var row in rows)
        {
            if (CsvAmount.Clean(row[column], out _, out _) is not { } clean) return false;
            var evidence = CsvAmount.Evidence(clean, out var open);
            if (open || (mark is not null && evidence is not null && evidence != mark)) return false;
            mark ??= evidence;
        }

        return mark is not null;
    }

    // Row numbers lead from each to the next as well, by one.
    private static bool IsMoney(List<IReadOnlyList<string>> rows, int column) =>
        rows.Exists(row => CsvAmount.Clean(row[column], out var negative, out _) is { } clean && (negative || CsvAmount.Evidence(clean, out _) is not null));

    private static long? Directed(long? minor, string? word) => minor is null || word is null ? null : CsvDirection.IsDebit(word) ? -Math.Abs(minor.Value) : Math.Abs(minor.Value);

    private static int Sign(string text) => Minor(text) is { } minor ? Math.Sign(minor) : 0;

    private static long? Minor(string text)
    {
        if (CsvAmount.Clean(text, out var negative, out _) is not { } clean) return null;
        var mark = CsvAmount.Evidence(clean, out _) ?? '.';
        return CsvAmount.TryParse(clean, mark, 2, out var minor) is null ? negative ? -minor : minor : null;
    }
}
