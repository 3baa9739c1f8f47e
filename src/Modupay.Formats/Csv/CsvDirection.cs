namespace Modupay.Formats.Csv;

/// <summary>Which way the money went: a sign, a pair of columns, or a word beside an amount without a sign.</summary>
internal static class CsvDirection
{
    /// <summary>Words for "this lowers the balance".</summary>
    public static readonly string[] DebitWords =
    [
        "af", "d", "db", "dr", "deb", "debit", "debet", "debito", "débito", "débit", "s", "soll", "out", "outflow", "-", "dbit", "debetas", "deebet", "debets", "borç", "obciążenie",
        "kiadás", "t", "b", "belastung", "lastschrift", "money out", "paid out", "withdrawal", "expense", "cargo", "dare", "uscita", "wydatek", "výdaj", "odchozí", "дебет",
    ];

    public static readonly string[] CreditWords =
    [
        "bij", "c", "cr", "cre", "cred", "credit", "kredit", "credito", "crédito", "crédit", "h", "haben", "in", "inflow", "+", "crdt", "k", "kreditas", "kreedit", "kredīts", "alacak",
        "uznanie", "bevétel", "j", "a", "gutschrift", "money in", "paid in", "deposit", "income", "abono", "avere", "entrata", "wpływ", "příjem", "příchozí", "кредит",
    ];

    private static readonly string[] Pairs = ["CD", "DK", "HS", "JT", "+-"];

    /// <summary>
    /// How the table says it. Debit and credit columns of which each row fills one are what was booked, whatever the amount beside them is; a word decides
    /// where no amount has a sign, and where the signs are those of a card, against the words on every row.
    /// </summary>
    public static CsvSign Of(IReadOnlyList<IReadOnlyList<string>> rows, CsvColumns columns)
    {
        if (!columns.Has(CsvFields.Amount) || FillsOneOfTwo(rows, columns)) return CsvSign.Columns;
        if (!columns.Has(CsvFields.Flag)) FindFlag(rows, columns);
        if (!columns.Has(CsvFields.Flag)) return CsvSign.Signed;
        return !AnyNegative(rows, columns) || SignsAreOpposite(rows, columns) ? CsvSign.Flag : CsvSign.Signed;
    }

    private static bool IsWord(string text) => IsDebit(text) || IsCredit(text);

    public static bool IsDebit(string text) => DebitWords.Contains(text.Trim(), StringComparer.OrdinalIgnoreCase);

    private static bool IsCredit(string text) => CreditWords.Contains(text.Trim(), StringComparer.OrdinalIgnoreCase);

    private static bool FillsOneOfTwo(IReadOnlyList<IReadOnlyList<string>> rows, CsvColumns columns)
    {
        if (!columns.Has(CsvFields.Credit) || !columns.Has(CsvFields.Debit)) return false;
        var filled = rows.Where(row => IsFilled(row, CsvFields.Amount) || IsFilled(row, CsvFields.Credit) || IsFilled(row, CsvFields.Debit)).ToList();
        return filled.Count > 0 && filled.TrueForAll(row => IsFilled(row, CsvFields.Credit) != IsFilled(row, CsvFields.Debit));

        // A nought is as good as nothing.
        bool IsFilled(IReadOnlyList<string> row, string field) => columns.Value(row, field) is { } text && text.AsSpan().IndexOfAnyInRange('1', '9') >= 0;
    }

    // A column whose name says nothing, or nothing we know, and in which every movement has one of the words. Single letters may mean anything: they have to
    // be a pair that banks use, and both of them have to occur.
    private static void FindFlag(IReadOnlyList<IReadOnlyList<string>> rows, CsvColumns columns)
    {
        var movements = rows.Where(row => columns.Value(row, CsvFields.Amount) is { } amount && CsvAmount.Clean(amount, out _, out _) is not null).ToList();
        if (movements.Count == 0) return;
        for (var at = 0; at < movements.Max(row => row.Count); at++)
        {
            if (columns.IsNumberOrDate(at) || !movements.TrueForAll(row => at < row.Count && IsWord(row[at]))) continue;
            var words = movements.Select(row => row[at].Trim().ToUpperInvariant()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            if (words.Exists(word => word.Length < 2) && !Pairs.Contains(string.Concat(words), StringComparer.Ordinal)) continue;
            columns.Add(CsvFields.Flag, at);
            return;
        }
    }

    private static bool AnyNegative(IReadOnlyList<IReadOnlyList<string>> rows, CsvColumns columns) => rows.Any(row => IsNegative(row, columns) is true);

    private static bool SignsAreOpposite(IReadOnlyList<IReadOnlyList<string>> rows, CsvColumns columns) =>
        rows.All(row => IsNegative(row, columns) is not { } negative || (columns.Value(row, CsvFields.Flag) is { } flag && (negative ? IsCredit(flag) : IsDebit(flag))));

    private static bool? IsNegative(IReadOnlyList<string> row, CsvColumns columns) =>
        columns.Value(row, CsvFields.Amount) is { } value && CsvAmount.Clean(value, out var negative, out _) is not null ? negative : null;
}
