namespace Modupay.Reconciliation;

/// <summary>
/// One line is several items: a bank that books a batch writes its sum. First the items of the batch that the line names, then those that were due on
/// its day. All of them, or else the only choice among them that has the sum.
/// </summary>
internal static class OneToMany
{
    public static void Decide(Rule rule, Board board, IReadOnlyList<Candidate> pairs)
    {
        Decide(rule, board, board.Free(pairs.Where(pair => Relation.SameBatch(pair.Line, pair.Item))), pair => pair.Item.BatchId!, leastWhole: 1, Score.OfBatch);
        Decide(rule, board, board.Free(pairs.Where(pair => Relation.SameDay(pair.Line, pair.Item) && !Relation.Contradicts(pair.Line, pair.Item))), _ => "", leastWhole: 2, Score.OfDay);
    }

    private static void Decide(Rule rule, Board board, List<Candidate> pairs, Func<Candidate, string> group, int leastWhole, Func<bool, int> score)
    {
        var answers = pairs.GroupBy(pair => (pair.Line.Id, Group: group(pair)))
            .Select(group => Solve(rule, group.First().Line, [.. group.Select(pair => pair.Item)], leastWhole))
            .ToLookup(answer => answer.Line.Id);
        var sums = new List<Sum>();
        foreach (var line in answers)
        {
            var possible = line.Where(answer => answer.Kind is not SubsetSum.Kind.None).ToList();
            if (possible is [{ Kind: SubsetSum.Kind.Unique } only]) sums.Add(only);
            else if (possible.Count > 0) board.Doubt([possible[0].Line], possible.SelectMany(answer => answer.Considered));
        }
        DoubtShared(board, sums);
        foreach (var sum in sums.Where(sum => IsFree(board, sum))) board.Match(Propose(sum, score));
    }

    /// <summary>Two sums that share an item are both in doubt, and so is whoever counts on an item that is in doubt: until no more are.</summary>
    private static void DoubtShared(Board board, List<Sum> sums)
    {
        var uses = sums.SelectMany(sum => sum.Items).CountBy(item => item.Id).ToDictionary();
        for (var more = true; more;)
        {
            more = false;
            foreach (var sum in sums.Where(sum => board.IsFree(sum.Line) && (!IsFree(board, sum) || sum.Items.Any(item => uses[item.Id] > 1))))
            {
                board.Doubt([sum.Line], sum.Considered);
                more = true;
            }
        }
    }

    private static bool IsFree(Board board, Sum sum) => board.IsFree(sum.Line) && sum.Items.All(board.IsFree);

    private static Sum Solve(Rule rule, OpenLine line, List<OpenItem> items, int leastWhole)
    {
        var total = items.Aggregate(Int128.Zero, (sum, item) => sum + item.Open.Minor);
        if (total == line.Amount.Minor && items.Count >= leastWhole) return new(line, SubsetSum.Kind.Unique, items, items, IsWhole: true);
        if (items.Count > rule.MostItems || Int128.Abs(total) < Int128.Abs(line.Amount.Minor)) return new(line, SubsetSum.Kind.None, items, [], IsWhole: false);
        var answer = SubsetSum.Find([.. items.Select(item => item.Open.Minor)], line.Amount.Minor);
        // A single item of that amount is no sum; that nothing else agrees is why an earlier rule left it alone.
        return answer.Kind is SubsetSum.Kind.Unique && answer.Places.Count < 2
            ? new(line, SubsetSum.Kind.None, items, [], IsWhole: false)
            : new(line, answer.Kind, items, [.. answer.Places.Select(place => items[place])], IsWhole: false);
    }

    private static Proposal Propose(Sum sum, Func<bool, int> score) => new(sum.Line, MatchRule.OneToMany,
        [.. sum.Items.Select(item => new Part(item, item.Open.Minor, item.Open.Minor, score(sum.IsWhole), Evidence.Of(sum.Line, item, sum.Items.Count)))]);

    private sealed record Sum(OpenLine Line, SubsetSum.Kind Kind, IReadOnlyList<OpenItem> Considered, IReadOnlyList<OpenItem> Items, bool IsWhole);
}
