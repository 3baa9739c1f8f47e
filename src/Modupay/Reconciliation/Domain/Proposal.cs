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

    /// <summary>Of a return, the bank's code for why.</summary>
    public string? ReturnReason { get; init; }

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
        if (item.Order is not null && line.IsReturn) agreed.Add(line.ReturnReason is null ? "return" : "return_reason");
        Agree("rf_reference", line.RfReference, item.RfReference);
        Agree("end_to_end_id", line.EndToEndId, item.EndToEndId);
        Agree("bank_reference", line.BankReference, item.BankReference);
        if (item.Order is not null)
        {
            Agree("original_reference", line.OriginalReference, Relation.Same(line.OriginalReference, item.BankReference) ? item.BankReference : item.EndToEndId);
            Agree("customer_reference", line.CustomerReference, item.EndToEndId);
        }
        if (item.Order is null ? Relation.SameBatch(line, item) : item.BatchId is not null && line.References.Contains(item.BatchId, StringComparer.Ordinal)) Agree("batch_id", item.BatchId, item.BatchId);
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
            ReturnReason = item.Order is null ? null : line.ReturnReason,
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

    /// <param name="byOrder">The line names the order itself, not only its payout.</param>
    public static int OfReturn(bool byOrder, long fee) => Clamp((byOrder ? 990 : 950) - (fee > 0 ? FeeCosts : 0));

    public static int OfBatch(bool whole) => whole ? 900 : 800;

    public static int OfDay(bool whole) => whole ? 820 : 700;

    public static int OfPart(bool byReference) => byReference ? 920 : 780;

    /// <summary>For a person who looks for the order that a line brings back: that the line says so counts most.</summary>
    public static int OfSuggestedReturn(OpenLine line, OpenItem order) =>
        Clamp(OfAmount(line, order) + (Returns.NamesOrder(line, order) ? 450 : 300) + (line.IsReturn ? 250 : 0));

    /// <summary>For a person who looks for an item: everything that agrees adds up.</summary>
    public static int OfSuggestion(OpenLine line, OpenItem item)
    {
        var reference = Relation.SameReference(line, item) ? 450 : Relation.SameBatch(line, item) ? 300 : Relation.Contradicts(line, item) ? -100 : 0;
        var counterparty = Relation.SameCounterparty(line, item) ? 200 : Names.Similarity(line.Name, item.Name) / 6;
        return Clamp(OfAmount(line, item) + reference + counterparty + Math.Max(0, 100 - 10 * Relation.DaysApart(line, item)));
    }

    private static int OfAmount(OpenLine line, OpenItem item) => Relation.Fee(line, item) switch
    {
        0 => 250,
        var fee when Math.Abs(fee) <= Math.Abs(item.Open.Minor) / 50 => 150,
        _ => Math.Abs(line.Amount.Minor) < Math.Abs(item.Open.Minor) ? 60 : 0,
    };

    private static int Clamp(int score) => Math.Clamp(score, 0, Most);
}
