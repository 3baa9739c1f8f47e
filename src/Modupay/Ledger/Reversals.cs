namespace Modupay.Ledger;

/// <summary>The ledger is never edited: what was wrong is undone by a journal that says the opposite, once.</summary>
internal static class Reversals
{
    public static async Task<Result<Posted>> ReverseAsync(UnitOfWork unit, string source, JournalId id, DateOnly effectiveOn, string description, CancellationToken ct)
    {
        var journal = await Journals.FindAsync(unit, id, ct);
        var moved = journal?.Postings.Where(posting => posting.Layer == Layer.Posted).Select(posting => posting with { Amount = -posting.Amount }).ToList() ?? [];
        return moved.Count == 0
            ? new Problem(Errors.JournalUnknown, journal is null ? $"There is no journal {id}." : $"{id} moved nothing; a hold is voided, not reversed.")
            : await LedgerDoor.PostAsync(unit, new Journal(source, effectiveOn, description, moved) { Kind = JournalKind.Reversal, Related = id }, ct);
    }
}
