namespace Modupay.Reconciliation;

/// <summary>
/// Several lines are one item: it is paid in parts. Lines that name it may pay it bit by bit, as long as they do not pay too much; lines that only
/// come from the right counterparty must together be exactly the whole.
/// </summary>
internal static class ManyToOne
{
    public static void Decide(Rule rule, Board board, IReadOnlyList<Candidate> pairs)
    {
        ByReference(board, board.Free(pairs.Where(pair => Relation.SameReference(pair.Line, pair.Item) && IsPart(pair))));
        ByCounterparty(rule, board, board.Free(pairs.Where(pair => IsPart(pair) && !Relation.SameReference(pair.Line, pair.Item) && !Relation.Contradicts(pair.Line, pair.Item)
            && Relation.SameCounterparty(pair.Line, pair.Item) && Relation.InWindow(rule, pair.Line, pair.Item))));
    }

    private static void ByReference(Board board, List<Candidate> pairs)
    {
        var items = pairs.CountBy(pair => pair.Line.Id).ToDictionary();
        foreach (var lines in pairs.GroupBy(pair => pair.Item.Id))
        {
            var item = lines.First().Item;
            if (lines.All(pair => items[pair.Line.Id] == 1) && Sum(lines) <= Int128.Abs(item.Open.Minor)) Match(board, [.. lines], byReference: true);
            else board.Doubt(lines.Select(pair => pair.Line), [item]);
        }
    }

    private static void ByCounterparty(Rule rule, Board board, List<Candidate> pairs)
    {
        var items = pairs.CountBy(pair => pair.Line.Id).ToDictionary();
        foreach (var lines in pairs.GroupBy(pair => pair.Item.Id).Select(group => group.ToList()).Where(lines => lines.Count >= 2 && lines.Count <= rule.MostItems))
            if (lines.TrueForAll(pair => items[pair.Line.Id] == 1) && Sum(lines) == Int128.Abs(lines[0].Item.Open.Minor)) Match(board, lines, byReference: false);
    }

    private static void Match(Board board, List<Candidate> lines, bool byReference)
    {
        foreach (var (line, item) in lines)
            board.Match(new(line, MatchRule.ManyToOne, [new(item, line.Amount.Minor, line.Amount.Minor, Score.OfPart(byReference), Evidence.Of(line, item, 1))]));
    }

    private static bool IsPart(Candidate pair) => pair.Item.IsDivisible && Math.Abs(pair.Line.Amount.Minor) <= Math.Abs(pair.Item.Open.Minor);

    private static Int128 Sum(IEnumerable<Candidate> lines) => lines.Aggregate(Int128.Zero, (sum, pair) => sum + Int128.Abs(pair.Line.Amount.Minor));
}
