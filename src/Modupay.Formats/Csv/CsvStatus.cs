namespace Modupay.Formats.Csv;

/// <summary>Exports of apps list what is only reserved, and what came to nothing, beside what was booked. A word nobody knows means booked.</summary>
internal static class CsvStatus
{
    private static readonly string[] Pending =
        ["pending", "vorgemerkt", "in behandeling", "en attente", "à venir", "pendiente", "in attesa", "pendente", "oczekuj", "processing", "in progress", "reserv", "väntande", "authorised", "authorized", "čekající", "függő", "venter", "väntar", "ikke bokført"];

    private static readonly string[] Void = ["declined", "failed", "reverted", "cancelled", "canceled", "rejected", "denied", "expired", "abgelehnt", "fehlgeschlagen", "refusé", "rechazad", "odrzucon"];

    public static EntryStatus Of(string? word)
    {
        if (word is null) return EntryStatus.Booked;
        if (Pending.Any(part => word.Contains(part, StringComparison.OrdinalIgnoreCase))) return EntryStatus.Pending;
        return Void.Any(part => word.Contains(part, StringComparison.OrdinalIgnoreCase)) ? EntryStatus.Information : EntryStatus.Booked;
    }
}
