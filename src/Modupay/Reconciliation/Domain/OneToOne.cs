namespace Modupay.Reconciliation;

/// <summary>
/// One line is one item: by a reference, or by amount, date and counterparty. The better the fit the earlier it is looked at; a fit counts only if
/// neither side has another one that is as good.
/// </summary>
internal static class OneToOne
{
    private const int Fits = 4;

    public static void Decide(Rule rule, Board board, CandidateSet found) => Decide(board, found, Fits, pair => FitOf(rule, pair), pair => board.Match(Propose(rule, pair)));

    /// <param name="fitOf">From 0, the best; null when the two do not fit at all.</param>
    /// <param name="only">What to do with two that fit nobody else as well.</param>
    public static void Decide(Board board, CandidateSet found, int fits, Func<Candidate, int?> fitOf, Action<Candidate> only)
    {
        for (var fit = 0; fit < fits; fit++)
        {
            var pairs = board.Free(found.Pairs.Where(pair => fitOf(pair) == fit));
            var lines = pairs.CountBy(pair => pair.Line.Id).ToDictionary();
            var items = pairs.CountBy(pair => pair.Item.Id).ToDictionary();
            bool IsOnly(Candidate pair) => lines[pair.Line.Id] == 1 && items[pair.Item.Id] == 1 && !found.CutShort.Contains(pair.Line.Id);

            foreach (var pair in pairs.Where(IsOnly)) only(pair);
            var doubtful = pairs.Where(pair => !IsOnly(pair)).ToList();
            board.Doubt(doubtful.Select(pair => pair.Line), doubtful.Select(pair => pair.Item));
        }
    }

    /// <summary>From 0, the best: the exact amount before one that lacks the bank's fee, an IBAN before a name.</summary>
    private static int? FitOf(Rule rule, Candidate pair)
    {
        if (!Relation.IsFee(rule, pair.Line, pair.Item)) return null;
        var fee = Relation.Fee(pair.Line, pair.Item) > 0 ? 1 : 0;
        if (rule.Kind is not MatchRule.AmountDateCounterparty) return fee;
        if (Relation.Contradicts(pair.Line, pair.Item)) return null;
        return (Relation.SameCounterparty(pair.Line, pair.Item) ? 0 : 2) + fee;
    }

    private static Proposal Propose(Rule rule, Candidate pair)
    {
        var (line, item) = pair;
        var (fee, days) = (Relation.Fee(line, item), Relation.DaysApart(line, item));
        var score = rule.Kind is not MatchRule.AmountDateCounterparty ? Score.ByReference(rule.Kind, fee)
            : Relation.SameCounterparty(line, item) ? Score.ByCounterparty(fee, days)
            : Score.ByName(Names.Similarity(line.Name, item.Name), fee, days);
        return new(line, rule.Kind, [new(item, line.Amount.Minor, item.Open.Minor, score, Evidence.Of(line, item))]);
    }
}
