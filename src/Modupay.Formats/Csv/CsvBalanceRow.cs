using System.Collections.Frozen;

namespace Modupay.Formats.Csv;

/// <summary>
/// Rows that stand among the movements and are none: what the account held before and after, and what went through it. They have a date and an amount
/// like any other, so only their words tell; what follows the words may be a date, never more text, because payers write what they like.
/// </summary>
internal static class CsvBalanceRow
{
    private static readonly string[] Words =
    [
        "opening balance", "closing balance", "beginning balance", "ending balance", "previous balance", "account balance", "kontostand", "balance brought forward", "balance carried forward",
        "anfangssaldo", "endsaldo", "saldovortrag", "alter kontostand", "neuer kontostand", "alter saldo", "neuer saldo", "beginsaldo", "eindsaldo", "solde initial", "solde final",
        "ancien solde", "nouveau solde", "saldo anterior", "saldo inicial", "saldo final", "saldo iniziale", "saldo finale", "saldo początkowe", "saldo końcowe",
        "počáteční zůstatek", "konečný zůstatek", "počiatočný zostatok", "konečný zostatok", "nyitó egyenleg", "záró egyenleg", "ingående saldo", "utgående saldo",
        "sākuma atlikums", "beigu atlikums", "apgrozījums", "algsaldo", "lõppsaldo", "käive", "likutis pradžiai", "likutis pabaigai", "apyvarta", "devir bakiye",
    ];

    private static readonly string[] Links = ["as", "of", "at", "on", "per", "am", "vom", "zum", "au", "du", "al", "em", "op", "k"];

    // Every cell of every row comes by here, and hardly any begins like one of the words.
    private const int Beginning = 4;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Beginnings =
        Words.Select(word => word[..Beginning]).ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    public static bool Is(IReadOnlyList<string> row)
    {
        for (var at = 0; at < row.Count; at++)
        {
            if (Says(row[at])) return true;
        }

        return false;
    }

    private static bool Says(string text)
    {
        var trimmed = text.AsSpan().Trim(" #*:");
        if (trimmed.Length < Beginning || !Beginnings.Contains(trimmed[..Beginning])) return false;
        var cell = trimmed.ToString();
        foreach (var word in Words)
        {
            if (!cell.StartsWith(word, StringComparison.OrdinalIgnoreCase)) continue;
            var rest = cell[word.Length..].Split((char[])[' ', ':', '.', ',', '/', '-'], StringSplitOptions.RemoveEmptyEntries);
            if (Array.TrueForAll(rest, part => part.All(char.IsAsciiDigit) || Links.Contains(part, StringComparer.OrdinalIgnoreCase))) return true;
        }

        return false;
    }
}
