namespace Modupay.Reconciliation;

internal sealed record Candidate(OpenLine Line, OpenItem Item);

/// <param name="CutShort">Lines that have more candidates than were looked at, so that the only one that was seen need not be the only one.</param>
internal sealed record CandidateSet(IReadOnlyList<Candidate> Pairs, IReadOnlySet<StatementLineId> CutShort);

/// <summary>Who knows which items a rule should look at. Pairs that a person took apart are never among them.</summary>
internal interface ICandidates
{
    Task<CandidateSet> FindAsync(Rule rule, IReadOnlyList<OpenLine> lines, CancellationToken ct);
}

/// <summary>Items that are at hand: those of a back-test, or of a test.</summary>
internal sealed class CandidatesAtHand(IReadOnlyList<OpenItem> items, IReadOnlySet<(StatementLineId, ExpectedItemId)> rejected) : ICandidates
{
    private readonly ILookup<(string, int), OpenItem> _items = items.ToLookup(item => (item.Open.Currency.Code, Math.Sign(item.Due.Minor)));

    public Task<CandidateSet> FindAsync(Rule rule, IReadOnlyList<OpenLine> lines, CancellationToken ct) => Task.FromResult(new CandidateSet(
    [
        .. from line in lines
           from item in _items[(line.Amount.Currency.Code, Math.Sign(line.Amount.Minor))]
           where Relation.Holds(rule, line, item) && !rejected.Contains((line.Id, item.Id)) && !IsCrowded(rule, line, item)
           select new Candidate(line, item),
    ], new HashSet<StatementLineId>()));

    /// <summary>A day with very many items says nothing about a sum; only its batches do.</summary>
    private bool IsCrowded(Rule rule, OpenLine line, OpenItem item) => rule.Kind is MatchRule.OneToMany && !Relation.SameBatch(line, item)
        && _items[(line.Amount.Currency.Code, Math.Sign(line.Amount.Minor))].Count(other => Relation.SameDay(line, other)) > rule.MostItems;
}
