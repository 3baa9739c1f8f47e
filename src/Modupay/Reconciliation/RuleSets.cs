using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Http;

namespace Modupay.Reconciliation;

internal static class RuleSetSql
{
    internal const string Current = "select version, rules::text from reconciliation.rule_sets where tenant_id = $1 order by version desc limit 1";

    /// <summary>The next version, if nobody was faster.</summary>
    internal const string Insert = """
        insert into reconciliation.rule_sets (tenant_id, version, rules, made_by, made_at)
        select $1, $2 + 1, $3::jsonb, $4, $5 where $2 = coalesce((select max(version) from reconciliation.rule_sets where tenant_id = $1), 0)
        on conflict (tenant_id, version) do nothing
        """;
}

/// <summary>The rules of a tenant, as they are kept and as the API shows them.</summary>
internal static class RuleSets
{
    public static async Task<RuleSet> CurrentAsync(Session session, CancellationToken ct) =>
        await session.FirstAsync(RuleSetSql.Current, [session.Tenant.Value], row => new RuleSet(row.GetInt32(0), Read(row.GetString(1))), ct) ?? RuleSet.Default;

    /// <returns>False when the rules are not at that version any more.</returns>
    public static async Task<bool> ReplaceAsync(UnitOfWork unit, int basedOn, IReadOnlyList<Rule> rules, string madeBy, CancellationToken ct) => await unit.ExecuteAsync(RuleSetSql.Insert,
        [unit.Tenant.Value, basedOn, JsonSerializer.Serialize([.. rules.Select(RuleView.Of)], RuleSetJson.Default.ListRuleView), madeBy, unit.Now], ct) == 1;

    private static List<Rule> Read(string json) => [.. JsonSerializer.Deserialize(json, RuleSetJson.Default.ListRuleView)!.Select(view => view.ToRule().Value)];
}

/// <summary>One rule. What it does not look at has no effect on it.</summary>
/// <param name="Rule">Which rule; each is in the list once, and one that is left out is not used.</param>
/// <param name="Enabled">Whether it is used; absent means <c>true</c>.</param>
/// <param name="DateWindowDays">How many days the booking may be away from the due date: from 0 to 60, 5 when absent.</param>
/// <param name="NameSimilarity">From how much similarity on a name counts as the same: from 500 to 1000, 800 when absent.</param>
/// <param name="MostItems">Among how many items a sum is searched: from 2 to 25, 15 when absent.</param>
/// <param name="FeeTolerance">How much a bank may have kept, one amount per currency; nothing when absent.</param>
internal sealed record RuleView(string Rule, bool Enabled = true, int DateWindowDays = 5, int NameSimilarity = 800, int MostItems = 15, IReadOnlyList<MoneyView>? FeeTolerance = null)
{
    public static RuleView Of(Rule rule) => new(MatchRules.Text(rule.Kind), rule.Enabled, rule.DateWindowDays, rule.NameSimilarity, rule.MostItems, [.. rule.FeeTolerance.Select(MoneyView.Of)]);

    public Result<Rule> ToRule()
    {
        if (!MatchRules.TryParse(Rule, out var kind)) return Bad("rule", "There is no such rule.");
        if (DateWindowDays is < 0 or > Reconciliation.Rule.MostDays) return Bad("dateWindowDays", $"From 0 to {Reconciliation.Rule.MostDays}.");
        // Below half, most names resemble most others.
        if (NameSimilarity is < 500 or > 1000) return Bad("nameSimilarity", "From 500 to 1000.");
        if (MostItems is < 2 or > Reconciliation.Rule.MostSearched) return Bad("mostItems", $"From 2 to {Reconciliation.Rule.MostSearched}.");
        var fees = new List<Money>();
        foreach (var fee in FeeTolerance ?? [])
        {
            var money = Money.Parse(fee.Amount, fee.Currency);
            if (money.Problem is not null || fee.Amount < 0 || fees.Exists(other => other.Currency == money.Value.Currency)) return Bad("feeTolerance", "One amount per currency, none negative.");
            fees.Add(money.Value);
        }
        return new Rule(kind) { Enabled = Enabled, DateWindowDays = DateWindowDays, NameSimilarity = NameSimilarity, MostItems = MostItems, FeeTolerance = fees };
    }

    private static Problem Bad(string field, string message) => new(Errors.InvalidRequest, message, [new(field, "invalid", message)]);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(List<RuleView>))]
internal sealed partial class RuleSetJson : JsonSerializerContext;
