namespace Modupay.Reconciliation;

/// <summary>
/// Tries the rules in their order on all lines together, so that a strong rule never comes too late for a line because a weak one served its neighbour
/// first. What two could claim nobody gets, in this rule or in a weaker one: it waits for a person. So the order of lines makes no difference, and
/// running again adds nothing.
/// </summary>
internal static class Matcher
{
    public static async Task<MatchOutcome> RunAsync(RuleSet rules, IReadOnlyList<OpenLine> lines, ICandidates candidates, CancellationToken ct)
    {
        var board = new Board(lines);
        foreach (var rule in rules.Rules.Where(rule => rule.Enabled))
        {
            var open = board.OpenLines();
            if (open.Count == 0) break;
            var found = await candidates.FindAsync(rule, open, ct);
            Decide(rule, board, found);
        }
        return board.Outcome();
    }

    private static void Decide(Rule rule, Board board, CandidateSet found)
    {
        switch (rule.Kind)
        {
            case MatchRule.Return:
                Returns.Decide(rule, board, found);
                break;
            case MatchRule.OneToMany:
                OneToMany.Decide(rule, board, found.Pairs);
                break;
            case MatchRule.ManyToOne:
                ManyToOne.Decide(rule, board, found.Pairs);
                break;
            default:
                OneToOne.Decide(rule, board, found);
                break;
        }
    }
}

/// <param name="Ambiguous">Lines that could have been several things.</param>
/// <param name="Waiting">Lines that give back an order which is not booked yet, so that they can be nothing else and not this yet.</param>
internal sealed record MatchOutcome(IReadOnlyList<Proposal> Proposals, IReadOnlySet<StatementLineId> Ambiguous, IReadOnlySet<StatementLineId> Waiting);

/// <summary>What is still free while the rules are tried one after the other.</summary>
internal sealed class Board(IReadOnlyList<OpenLine> lines)
{
    private readonly Dictionary<StatementLineId, Proposal> _proposals = [];
    // An order is settled by one line and given back by another, and neither is in the other's way.
    private readonly HashSet<(ExpectedItemId, bool AsOrder)> _taken = [];
    private readonly HashSet<StatementLineId> _doubtfulLines = [];
    private readonly HashSet<(ExpectedItemId, bool AsOrder)> _doubtfulItems = [];
    private readonly HashSet<StatementLineId> _held = [];
    private readonly HashSet<StatementLineId> _waiting = [];

    public List<OpenLine> OpenLines() => [.. lines.Where(IsFree).OrderBy(line => line.Id.Value)];

    public List<Candidate> Free(IEnumerable<Candidate> pairs) => [.. pairs.Where(pair => IsFree(pair.Line) && IsFree(pair.Item)).OrderBy(pair => pair.Line.Id.Value).ThenBy(pair => pair.Item.Id.Value)];

    public bool IsFree(OpenLine line) => !_proposals.ContainsKey(line.Id) && !_doubtfulLines.Contains(line.Id) && !_held.Contains(line.Id);

    public bool IsFree(OpenItem item) => !_taken.Contains(Key(item)) && !_doubtfulItems.Contains(Key(item));

    public void Match(Proposal proposal)
    {
        _proposals.Add(proposal.Line.Id, proposal);
        _taken.UnionWith(proposal.Parts.Select(part => Key(part.Item)));
    }

    public void Doubt(IEnumerable<OpenLine> among, IEnumerable<OpenItem> items)
    {
        _doubtfulLines.UnionWith(among.Select(line => line.Id));
        _doubtfulItems.UnionWith(items.Select(Key));
    }

    /// <summary>Keeps a line from the weaker rules without a doubt about what it is.</summary>
    /// <param name="untilSettled">It can be explained once the order is booked; otherwise only by a person.</param>
    public void Hold(OpenLine line, bool untilSettled)
    {
        _held.Add(line.Id);
        if (untilSettled) _waiting.Add(line.Id);
    }

    public MatchOutcome Outcome() => new([.. _proposals.Values.OrderBy(proposal => proposal.Line.Id.Value)], _doubtfulLines, _waiting);

    private static (ExpectedItemId, bool) Key(OpenItem item) => (item.Id, item.Order is not null);
}
