namespace Modupay.Reconciliation;

/// <summary>What the engine would say of a line: which items it is, by which rule.</summary>
internal sealed record Proposal(OpenLine Line, MatchRule Rule, IReadOnlyList<Part> Parts);

/// <summary>How much of the line is how much of the item. They differ by what the bank kept.</summary>
internal sealed record Part(OpenItem Item, long LineMinor, long ItemMinor, int Score, Evidence Evidence);

/// <summary>Why a match is believed, in terms a person can check. References are ours or the bank's; a counterparty is shown masked.</summary>
internal sealed record Evidence(IReadOnlyList<string> Agreed)
{
    public string? Reference { get; init; }
    public string? Counterparty { get; init; }
    public int? NameSimilarity { get; init; }
    public int? DaysApart { get; init; }
    public long? FeeMinor { get; init; }
    public int? Items { get; init; }

    /// <summary>Everything that the two have in common, whichever rule asked.</summary>
    public static Evidence Of(OpenLine line, OpenItem item, int? items = null)
    {
        var agreed = new List<string>();
        string? reference = null;
        void Agree(string field, string? left, string? right)
        {
            if (!Relation.Same(left, right)) return;
            agreed.Add(field);
            reference ??= left;
        }
        Agree("rf_reference", line.RfReference, item.RfReference);
        Agree("end_to_end_id", line.EndToEndId, item.EndToEndId);
        Agree("bank_reference", line.BankReference, item.BankReference);
        if (Relation.SameBatch(line, item)) Agree("batch_id", item.BatchId, item.BatchId);
        if (item.Account == line.Account) agreed.Add("treasury_account");
        if (Relation.SameCounterparty(line, item)) agreed.Add("counterparty_iban");
        var similarity = Names.Similarity(line.Name, item.Name);
        if (similarity >= Score.SimilarName) agreed.Add("counterparty_name");
        var fee = items is null ? Relation.Fee(line, item) : 0;
        if (fee == 0) agreed.Add(items is null ? "amount" : "sum");
        return new(agreed)
        {
            Reference = reference,
            Counterparty = Relation.SameCounterparty(line, item) ? line.CounterpartyMasked : null,
            NameSimilarity = similarity > 0 ? similarity : null,
            DaysApart = Relation.DaysApart(line, item),
            FeeMinor = fee > 0 ? fee : null,
            Items = items,
        };
    }
}

/// <summary>How sure a match is, from 0 to 1000: what kind of evidence there is first, how well it fits second.</summary>
internal static class Score
{
    public const int Most = 1000;
    public const int SimilarName = 700;
    private const int FeeCosts = 40;
    private const int DayCosts = 5;

    public static int ByReference(MatchRule rule, long fee) => Clamp(rule switch { MatchRule.RfReference => 1000, MatchRule.EndToEndId => 980, _ => 960 } - (fee > 0 ? FeeCosts : 0));

    public static int ByCounterparty(long fee, int days) => Clamp(900 - (fee > 0 ? FeeCosts : 0) - DayCosts * days);

    public static int ByName(int similarity, long fee, int days) => Clamp(600 + similarity / 5 - (fee > 0 ? FeeCosts : 0) - DayCosts * days);

    public static int OfBatch(bool whole) => whole ? 900 : 800;

    public static int OfDay(bool whole) => whole ? 820 : 700;

    public static int OfPart(bool byReference) => byReference ? 920 : 780;

    /// <summary>For a person who looks for an item: everything that agrees adds up.</summary>
    public static int OfSuggestion(OpenLine line, OpenItem item)
    {
        var fee = Relation.Fee(line, item);
        var amount = fee == 0 ? 250 : Math.Abs(fee) <= Math.Abs(item.Open.Minor) / 50 ? 150 : Math.Abs(line.Amount.Minor) < Math.Abs(item.Open.Minor) ? 60 : 0;
        var reference = Relation.SameReference(line, item) ? 450 : Relation.SameBatch(line, item) ? 300 : Relation.Contradicts(line, item) ? -100 : 0;
        var counterparty = Relation.SameCounterparty(line, item) ? 200 : Names.Similarity(line.Name, item.Name) / 6;
        return Clamp(amount + reference + counterparty + Math.Max(0, 100 - 10 * Relation.DaysApart(line, item)));
    }

    private static int Clamp(int score) => Math.Clamp(score, 0, Most);
}
