namespace Modupay.Reconciliation;

internal enum MatchRule { Return, RfReference, EndToEndId, BankReference, AmountDateCounterparty, OneToMany, ManyToOne }

/// <summary>One rule and its tolerances; what a rule does not look at has no effect on it.</summary>
internal sealed record Rule(MatchRule Kind)
{
    public const int MostDays = 60;
    public const int MostSearched = 25;

    public bool Enabled { get; init; } = true;

    /// <summary>How far the day of booking may be from the day it was due.</summary>
    public int DateWindowDays { get; init; } = 5;

    /// <summary>From how much similarity on, out of 1000, a name counts as the same.</summary>
    public int NameSimilarity { get; init; } = 800;

    /// <summary>Among how many items a sum is searched. The search is exponential in the worst case, so it has a limit.</summary>
    public int MostItems { get; init; } = 15;

    /// <summary>How much a bank may have kept for itself, per currency: none where nothing is said.</summary>
    public IReadOnlyList<Money> FeeTolerance { get; init; } = [];

    public long FeeTolerated(Currency currency) => FeeTolerance.FirstOrDefault(fee => fee.Currency == currency).Minor;
}

/// <summary>The rules of one tenant, in the order they are tried. Every change is a new version, and every match names the one it was made with.</summary>
internal sealed record RuleSet(int Version, IReadOnlyList<Rule> Rules)
{
    /// <summary>What applies to those who never said otherwise.</summary>
    public static RuleSet Default { get; } = new(0, [.. Enum.GetValues<MatchRule>().Select(kind => new Rule(kind))]);
}

internal static class MatchRules
{
    /// <summary>How a match is called that a person made.</summary>
    public const string Person = "person";

    public static string Text(MatchRule rule) => rule switch
    {
        MatchRule.Return => "return",
        MatchRule.RfReference => "rf_reference",
        MatchRule.EndToEndId => "end_to_end_id",
        MatchRule.BankReference => "bank_reference",
        MatchRule.AmountDateCounterparty => "amount_date_counterparty",
        MatchRule.OneToMany => "one_to_many",
        MatchRule.ManyToOne => "many_to_one",
        _ => throw new ArgumentOutOfRangeException(nameof(rule)),
    };

    public static bool TryParse(string text, out MatchRule rule)
    {
        foreach (var known in Enum.GetValues<MatchRule>())
        {
            rule = known;
            if (Text(known) == text) return true;
        }
        rule = default;
        return false;
    }
}
