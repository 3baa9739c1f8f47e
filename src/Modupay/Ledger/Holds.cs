namespace Modupay.Ledger;

internal static class HoldSql
{
    internal const string Due = "select journal_id from ledger.holds where tenant_id = $1 and expires_at <= $2 order by journal_id limit $3";

    internal const string TenantsWithDue = "select distinct tenant_id from ledger.holds where expires_at <= $1";
}

/// <summary>
/// The second phase. A hold is a pending journal; another journal ends it, once: it is posted (whole, or a part and the rest is given back), voided,
/// or it expires.
/// </summary>
internal static class Holds
{
    /// <summary>Posts what was on hold, or the given part of it.</summary>
    public static async Task<Result<Posted>> PostAsync(
        UnitOfWork unit, string source, JournalId hold, DateOnly effectiveOn, string description, IReadOnlyList<Posting>? part, CancellationToken ct)
    {
        var journal = await EndAsync(unit, source, hold, JournalKind.Post, effectiveOn, description, part, ct);
        return journal.Problem is { } problem ? problem : await LedgerDoor.PostAsync(unit, journal.Value, ct);
    }

    /// <summary>Gives back what was on hold.</summary>
    public static async Task<Result<Posted>> VoidAsync(UnitOfWork unit, string source, JournalId hold, DateOnly effectiveOn, string description, CancellationToken ct)
    {
        var journal = await EndAsync(unit, source, hold, JournalKind.Void, effectiveOn, description, [], ct);
        return journal.Problem is { } problem ? problem : await LedgerDoor.PostAsync(unit, journal.Value, ct);
    }

    /// <summary>Gives back what was held too long. Until this runs an expired hold still counts, and can only be voided.</summary>
    /// <returns>How many holds expired.</returns>
    public static async Task<int> ExpireDueAsync(UnitOfWork unit, int most, CancellationToken ct)
    {
        var due = await unit.ListAsync(HoldSql.Due, [unit.Tenant.Value, unit.Now, most], row => row.GetGuid(0), ct);
        if (due.Count == 0) return 0;
        var today = DateOnly.FromDateTime(unit.Now.UtcDateTime);
        var journals = (await Journals.FindAllAsync(unit, [.. due], ct))
            .Select(hold => Ending($"expire:{hold.Id}", hold, JournalKind.Expire, today, "Hold expired", []));
        var outcomes = await LedgerDoor.PostChainsAsync(unit, [.. journals.Select(journal => new[] { journal })], ct);
        return outcomes.Count(outcome => outcome.Problem is null);
    }

    private static async Task<Result<Journal>> EndAsync(
        UnitOfWork unit, string source, JournalId id, JournalKind kind, DateOnly effectiveOn, string description, IReadOnlyList<Posting>? part, CancellationToken ct)
    {
        if (await Journals.FindAsync(unit, id, ct) is not { Kind: "pending" } hold) return new Problem(Errors.HoldUnknown, $"{id} is not a hold.");
        part ??= [.. hold.Postings.Select(posting => posting with { Layer = Layer.Posted })];
        var exceeded = part.GroupBy(Place).FirstOrDefault(group => Sum(group) > Sum(hold.Postings.Where(posting => Place(posting) == group.Key)));
        return exceeded is null
            ? Ending(source, hold, kind, effectiveOn, description, part)
            : new Problem(Errors.HoldExceeded, $"{id} holds less on '{exceeded.Key.Account}' than '{source}' would post.");
    }

    private static Journal Ending(string source, StoredJournal hold, JournalKind kind, DateOnly effectiveOn, string description, IReadOnlyList<Posting> posted) =>
        new(source, effectiveOn, description, [.. hold.Postings.Select(posting => posting with { Layer = Layer.Released }), .. posted]) { Kind = kind, Related = hold.Id };

    private static (string Account, Currency Currency, bool Debit) Place(Posting posting) => (posting.Account, posting.Amount.Currency, posting.Amount.Minor > 0);

    private static Int128 Sum(IEnumerable<Posting> postings) => postings.Aggregate(Int128.Zero, (sum, posting) => sum + Int128.Abs(posting.Amount.Minor));
}
