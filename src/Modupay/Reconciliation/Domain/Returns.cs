namespace Modupay.Reconciliation;

/// <summary>
/// A credit brings back the money of an order that was carried out: the bank says that it gives a payment back, names ours, and the amount is the
/// order's. A line that says so and names an order of ours can be nothing else, so what does not fit waits: for the order to be booked, or for a person.
/// </summary>
internal static class Returns
{
    private const int Fits = 4;

    public static void Decide(Rule rule, Board board, CandidateSet found)
    {
        // Whoever names an order may name the payout it belongs to as well, and does not mean the payout's other orders.
        var direct = found.Pairs.Where(pair => NamesOrder(pair.Line, pair.Item)).Select(pair => pair.Line.Id).ToHashSet();
        var meant = found with { Pairs = [.. found.Pairs.Where(pair => !direct.Contains(pair.Line.Id) || NamesOrder(pair.Line, pair.Item))] };
        OneToOne.Decide(board, meant, Fits, pair => FitOf(rule, pair), pair =>
        {
            if (pair.Item.Order is OrderStage.Settled) board.Match(Propose(pair));
            else board.Hold(pair.Line, untilSettled: pair.Item.Order is OrderStage.Unsettled);
        });
        foreach (var line in found.Pairs.Select(pair => pair.Line).Where(board.IsFree).DistinctBy(line => line.Id)) board.Hold(line, untilSettled: false);
    }

    /// <summary>Whether the line could be the order coming back, if it said that it is a return.</summary>
    public static bool Names(OpenLine line, OpenItem item) => item is { Order: not null, Due.Minor: > 0 } && line.Amount.Minor > 0 && line.Amount.Currency == item.Open.Currency && item.Account == line.Account
        && (NamesOrder(line, item) || NamesPayout(line, item));

    /// <summary>Our end-to-end id proves itself wherever it stands; the bank's reference counts only where banks put theirs.</summary>
    public static bool NamesOrder(OpenLine line, OpenItem item) => (item.EndToEndId is { } endToEnd && line.References.Contains(endToEnd, StringComparer.Ordinal))
        || Relation.Same(line.BankReference, item.BankReference) || Relation.Same(line.OriginalReference, item.BankReference);

    private static bool NamesPayout(OpenLine line, OpenItem item) => item.BatchId is { } payout && line.References.Contains(payout, StringComparer.Ordinal);

    /// <summary>From 0, the best: by the order before by its payout, the whole amount before one that lacks what the banks kept.</summary>
    private static int? FitOf(Rule rule, Candidate pair) => !Relation.IsFee(rule, pair.Line, pair.Item) ? null
        : (NamesOrder(pair.Line, pair.Item) ? 0 : 2) + (Relation.Fee(pair.Line, pair.Item) > 0 ? 1 : 0);

    private static Proposal Propose(Candidate pair)
    {
        var (line, item) = pair;
        var score = Score.OfReturn(NamesOrder(line, item), Relation.Fee(line, item));
        return new(line, MatchRule.Return, [new(item, line.Amount.Minor, item.Due.Minor, score, Evidence.Of(line, item))]);
    }
}
