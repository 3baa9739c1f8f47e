namespace Modupay.Reconciliation;

/// <summary>
/// Holds what the engine would say against what was found true in the end, pair by pair. Of what a rule says, precision is the share that is true; of
/// what is true, recall is the share that the rule says. Both in thousandths, so that no rounding flatters.
/// </summary>
internal static class BackTest
{
    internal sealed record RuleResult(string Rule, int Proposed, int Correct, int? PrecisionPpt, int? RecallPpt);

    public static IReadOnlyList<RuleResult> Compare(RuleSet rules, IReadOnlyList<Proposal> proposals, IReadOnlySet<(StatementLineId, ExpectedItemId)> truth)
    {
        var pairs = proposals.SelectMany(proposal => proposal.Parts.Select(part => (proposal.Rule, Pair: (proposal.Line.Id, part.Item.Id)))).ToList();
        return
        [
            .. rules.Rules.Where(rule => rule.Enabled).Select(rule => Of(MatchRules.Text(rule.Kind), [.. pairs.Where(pair => pair.Rule == rule.Kind).Select(pair => pair.Pair)], truth)),
            Of("all", [.. pairs.Select(pair => pair.Pair)], truth),
        ];
    }

    private static RuleResult Of(string rule, List<(StatementLineId, ExpectedItemId)> proposed, IReadOnlySet<(StatementLineId, ExpectedItemId)> truth)
    {
        var correct = proposed.Count(truth.Contains);
        return new(rule, proposed.Count, correct, Share(correct, proposed.Count), Share(correct, truth.Count));
    }

    private static int? Share(int part, int whole) => whole == 0 ? null : (int)(1000L * part / whole);
}
