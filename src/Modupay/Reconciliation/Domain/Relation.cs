namespace Modupay.Reconciliation;

/// <summary>What a line and an item have to do with each other. The same questions, word for word, are asked in CandidateSql; a test compares the answers.</summary>
internal static class Relation
{
    /// <summary>Nothing else is worth asking of two that are not.</summary>
    public static bool Comparable(OpenLine line, OpenItem item) => item.Order is null && line.Amount.Currency == item.Open.Currency && Math.Sign(line.Amount.Minor) == Math.Sign(item.Open.Minor)
        && (item.Account is null || item.Account == line.Account);

    /// <summary>Whether the rule would look at the two at all.</summary>
    public static bool Holds(Rule rule, OpenLine line, OpenItem item) => rule.Kind is MatchRule.Return ? line.IsReturn && Returns.Names(line, item) : Comparable(line, item) && rule.Kind switch
    {
        MatchRule.RfReference => Same(line.RfReference, item.RfReference),
        MatchRule.EndToEndId => Same(line.EndToEndId, item.EndToEndId),
        MatchRule.BankReference => Same(line.BankReference, item.BankReference),
        MatchRule.AmountDateCounterparty => IsFee(rule, line, item) && InWindow(rule, line, item) && (SameCounterparty(line, item) || SimilarName(rule, line, item)),
        MatchRule.OneToMany => SameBatch(line, item) || SameDay(line, item),
        MatchRule.ManyToOne => item.IsDivisible && (SameReference(line, item) || (SameCounterparty(line, item) && InWindow(rule, line, item))),
        _ => throw new ArgumentOutOfRangeException(nameof(rule)),
    };

    /// <summary>What the bank would have kept: it takes from what comes in and adds to what goes out, so it is never negative.</summary>
    public static long Fee(OpenLine line, OpenItem item) => item.Due.Minor - line.Amount.Minor;

    public static bool IsFee(Rule rule, OpenLine line, OpenItem item) => Fee(line, item) is var fee && fee >= 0 && fee <= rule.FeeTolerated(line.Amount.Currency);

    public static bool InWindow(Rule rule, OpenLine line, OpenItem item) => DaysApart(line, item) <= rule.DateWindowDays;

    public static int DaysApart(OpenLine line, OpenItem item) => Math.Abs(line.BookedOn.DayNumber - item.DueOn.DayNumber);

    public static bool SameCounterparty(OpenLine line, OpenItem item) => line.Counterparty is { } counterparty && counterparty == item.Counterparty;

    public static bool SimilarName(Rule rule, OpenLine line, OpenItem item) => Names.Similarity(line.Name, item.Name) >= rule.NameSimilarity;

    public static bool SameReference(OpenLine line, OpenItem item) =>
        Same(line.RfReference, item.RfReference) || Same(line.EndToEndId, item.EndToEndId) || Same(line.BankReference, item.BankReference);

    public static bool SameBatch(OpenLine line, OpenItem item) => item.BatchId is not null && line.BatchReferences.Contains(item.BatchId, StringComparer.Ordinal);

    public static bool SameDay(OpenLine line, OpenItem item) => item.Account == line.Account && item.DueOn == line.BookedOn;

    /// <summary>Both name a reference and it is not the same one: whatever else agrees, somebody said that these two do not belong together.</summary>
    public static bool Contradicts(OpenLine line, OpenItem item) => Differ(line.RfReference, item.RfReference) || Differ(line.EndToEndId, item.EndToEndId);

    public static bool Same(string? left, string? right) => left is not null && string.Equals(left, right, StringComparison.Ordinal);

    private static bool Differ(string? left, string? right) => left is not null && right is not null && !string.Equals(left, right, StringComparison.Ordinal);
}
