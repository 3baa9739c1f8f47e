namespace Modupay.Formats.Csv;

/// <summary>How a file is to be read: a declared profile, completed or replaced by what its first rows prove.</summary>
internal sealed record CsvPlan(CsvColumns Columns, string DateFormat, char DecimalMark, CsvSign Sign, IReadOnlyList<string> DebitFlags, IReadOnlyList<string> CreditFlags, string? Currency, int HeaderRow, int FooterLines, DialectProfile? Profile)
{
    private const int HeaderWithin = 40;

    /// <summary>There was no header; the columns were told from what stands in them.</summary>
    public bool Inferred { get; init; }

    /// <summary>Something stands below the header.</summary>
    public bool HasRows { get; init; } = true;

    /// <summary>The row the columns were told from; null when there was none.</summary>
    public IReadOnlyList<string>? Header { get; init; }

    public bool IsHeader(IReadOnlyList<string> row) => Header is not null && row.SequenceEqual(Header, StringComparer.Ordinal);

    /// <summary>The account, when the lines above the table name it.</summary>
    public string? Account { get; init; }

    /// <summary>Null with a refusal when columns, dates or amounts could be read in two ways.</summary>
    public static CsvPlan? Make(IReadOnlyList<IReadOnlyList<string>> sample, DialectProfile? declared, out string code, out string message)
    {
        var (headerRow, columns, profile) = Locate(sample, declared);
        var shape = columns is null && declared is null ? CsvShape.Infer(sample) : null;
        if (shape is not null) (headerRow, columns) = (shape.FirstRow - 1, shape.Columns);
        if (columns is null) return Refuse("csv_columns_unknown", "No row names a date and an amount; this file needs a profile.", out code, out message);

        var csv = profile?.Csv;
        var rows = sample.Skip(headerRow + 1).Where(row => row.Count >= 2).ToList();
        if (csv is { FooterLines: > 0 } && rows.Count > csv.FooterLines) rows = rows[..^csv.FooterLines];
        // "Valuta" is a day in one language and a currency in the next; what stands in the column tells.
        if (csv is null && !columns.Has(CsvFields.Currency) && rows.Count > 0 && rows.All(row => CurrencyCodes.IsKnown(columns.Value(row, CsvFields.ValueDate) ?? ""))) columns.Rename(CsvFields.ValueDate, CsvFields.Currency);
        var dateField = columns.Has(CsvFields.BookingDate) ? CsvFields.BookingDate : CsvFields.ValueDate;
        // Nothing to be read needs no format.
        var date = csv?.DateFormat ?? (rows.Count == 0 && shape is null ? "yyyy-MM-dd" : null);
        if (date is null)
        {
            var values = rows.Select(row => columns.Value(row, dateField)).OfType<string>().ToList();
            date = CsvDate.Detect(values, out var problem);
            if (date is null)
                return Refuse(problem, problem == "date_ambiguous" ? "Day or month first? The profile must say." : "The dates follow no format that is known here.", out code, out message);
        }

        if (csv?.DecimalMark is not { } mark)
        {
            if (Mark(rows, columns, csv?.Currency ?? columns.Currency) is not { } proven) return Refuse("amount_ambiguous", "The amounts can be read in two ways; the profile must say which mark is decimal.", out code, out message);
            mark = proven;
        }

        (code, message) = ("", "");
        var sign = csv?.Sign ?? CsvDirection.Of(rows, columns);
        var flags = csv is { DebitFlags.Count: > 0 } ? csv.DebitFlags : CsvDirection.DebitWords;
        // A profile that names its debits means everything else as a credit; without one a word nobody knows is neither.
        IReadOnlyList<string> creditFlags = csv is { DebitFlags.Count: > 0 } ? [] : CsvDirection.CreditWords;
        return new CsvPlan(columns, date, mark, sign, flags, creditFlags, csv?.Currency ?? columns.Currency ?? Shown(rows, columns) ?? CsvPreamble.Currency(sample, headerRow), headerRow, csv?.FooterLines ?? 0, profile)
        {
            Inferred = shape is not null,
            HasRows = rows.Count > 0,
            Header = headerRow >= 0 && shape is null ? sample[headerRow] : null,
            Account = CsvPreamble.Account(sample, headerRow),
        };
    }

    private static (int Row, CsvColumns? Columns, DialectProfile? Profile) Locate(IReadOnlyList<IReadOnlyList<string>> sample, DialectProfile? declared)
    {
        if (declared?.Csv is { Header: false } bare) return (bare.SkipLines - 1, Declared(bare, null), declared);
        for (var at = declared?.Csv?.SkipLines ?? 0; at < sample.Count && at < HeaderWithin; at++)
        {
            var profile = declared ?? DialectProfiles.DetectCsv(sample[at]);
            var columns = profile?.Csv is { } csv ? Declared(csv, sample[at]) : CsvHeader.Recognise(sample[at]);
            if (columns is null) continue;
            // A delimiter behind the last name makes no column of its own; a bank may fill it all the same.
            columns.Width = sample[at].ToList().FindLastIndex(cell => cell.Length > 0) + 1;
            columns.MostWidth = sample[at].Count;
            return (at, columns, profile);
        }

        return default;
    }

    private static CsvColumns? Declared(CsvProfile profile, IReadOnlyList<string>? header)
    {
        var columns = new CsvColumns();
        foreach (var (field, names) in profile.Columns)
        {
            foreach (var name in names)
            {
                var at = header is null ? -1 : IndexOf(header, name);
                if (at < 0 && int.TryParse(name, out var number)) at = number - 1;
                if (at >= 0) columns.Add(field, at);
            }
        }

        return columns.Has(CsvFields.Amount) || columns.Has(CsvFields.Credit) || columns.Has(CsvFields.Debit) ? columns : null;
    }

    private static int IndexOf(IReadOnlyList<string> header, string name)
    {
        for (var at = 0; at < header.Count; at++)
        {
            if (string.Equals(header[at].Trim('\uFEFF'), name, StringComparison.OrdinalIgnoreCase)) return at;
        }

        return -1;
    }

    private static char? Mark(List<IReadOnlyList<string>> rows, CsvColumns columns, string? currency)
    {
        if (Mark(rows, columns, currency, [CsvFields.Amount, CsvFields.Credit, CsvFields.Debit], out var open) is { } said) return said;
        // The balances are printed by the same program. What the amounts prove they need not agree with.
        return open is null ? null : Mark(rows, columns, currency, [CsvFields.Balance], out _) ?? (open is true ? null : '.');
    }

    // Null with open when nothing was proven, null without when two things were.
    private static char? Mark(List<IReadOnlyList<string>> rows, CsvColumns columns, string? currency, string[] fields, out bool? open)
    {
        char? proven = null;
        open = false;
        foreach (var row in rows)
        {
            foreach (var field in fields)
            {
                if (columns.Value(row, field) is not { } value || CsvAmount.Clean(value, out _, out _) is not { } clean) continue;
                var evidence = CsvAmount.Evidence(clean, out var undecided);
                // 250.000 can only be grouped where the currency has no decimals.
                if (undecided && CurrencyCodes.TryGetDecimals((columns.Value(row, CsvFields.Currency) ?? currency ?? "").ToUpperInvariant(), out var decimals) && decimals == 0)
                    (evidence, undecided) = (clean.Contains('.', StringComparison.Ordinal) ? ',' : '.', false);
                open = open is true || undecided;
                if (evidence is null) continue;
                if (proven is not null && proven != evidence)
                {
                    open = null;
                    return null;
                }

                proven = evidence;
            }
        }

        return proven;
    }

    // The currency all amounts wear.
    private static string? Shown(List<IReadOnlyList<string>> rows, CsvColumns columns)
    {
        var shown = rows.SelectMany(row => (string?[])[columns.Value(row, CsvFields.Amount), columns.Value(row, CsvFields.Credit), columns.Value(row, CsvFields.Debit)])
            .OfType<string>().Select(CsvAmount.Currency).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return shown.Count == 1 ? shown[0] : null;
    }

    private static CsvPlan? Refuse(string why, string text, out string code, out string message)
    {
        (code, message) = (why, text);
        return null;
    }
}
