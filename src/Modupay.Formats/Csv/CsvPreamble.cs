namespace Modupay.Formats.Csv;

/// <summary>The lines many banks print above the table: whose account it is, in which currency, with what balance.</summary>
internal static class CsvPreamble
{
    /// <summary>A code behind a cell that says "currency", or behind an amount; null when there are two.</summary>
    public static string? Currency(IReadOnlyList<IReadOnlyList<string>> sample, int header)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in sample.Take(Math.Max(header, 0)))
        {
            for (var at = 0; at < row.Count; at++)
            {
                if (at > 0 && row[at].Length == 3 && CsvHeader.Names(row[at - 1], CsvFields.Currency) && CurrencyCodes.Find(row[at].ToUpperInvariant()) is { } code) found.Add(code);
                else if (CsvAmount.Clean(row[at], out _, out _) is not null && CsvAmount.Currency(row[at]) is { } worn) found.Add(worn);
            }
        }

        return found.Count == 1 ? found.Single() : null;
    }

    /// <summary>An IBAN; null when there are two.</summary>
    public static string? Account(IReadOnlyList<IReadOnlyList<string>> sample, int header)
    {
        var found = sample.Take(Math.Max(header, 0)).SelectMany(row => row).Select(cell => Iban.TryParse(cell, out var iban) || Iban.TryFind(cell, out iban) ? iban.Value : null).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return found.Count == 1 ? found[0] : null;
    }
}
