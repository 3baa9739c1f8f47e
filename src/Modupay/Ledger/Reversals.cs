namespace Modupay.Ledger;

/// <summary>The ledger is never edited: what was wrong is undone by a journal that says the opposite, once.</summary>
internal static class Reversals
{
    public static async Task<Result<Posted>> ReverseAsync(UnitOfWork unit, string source, JournalId id, DateOnly effectiveOn, string description, CancellationToken ct)
    {
        if (await Journals.FindAsync(unit, id, ct) is not { } journal) return new Problem(Errors.JournalUnknown, $"There is no journal {id}.");
        var opposite = Of(journal, source, effectiveOn, description);
        return opposite.Problem is { } refused ? refused : await LedgerDoor.PostAsync(unit, opposite.Value, ct);
    }

    /// <summary>The journal that says the opposite of another one, for who posts it together with others.</summary>
    public static Result<Journal> Of(StoredJournal journal, string source, DateOnly effectiveOn, string description)
    {
        var moved = journal.Postings.Where(posting => posting.Layer == Layer.Posted).Select(posting => posting with { Amount = -posting.Amount }).ToList();
        return moved.Count == 0
            ? new Problem(Errors.JournalUnknown, $"{journal.Id} moved nothing; a hold is voided, not reversed.")
            : new Journal(source, effectiveOn, description, moved) { Kind = JournalKind.Reversal, Related = journal.Id };
    }
}
