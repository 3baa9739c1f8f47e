using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <param name="Ambiguous">Lines that could have been several things, and wait for a person.</param>
/// <param name="Proposals">The first of them.</param>
internal sealed record RunView(string Mode, int RulesVersion, int Lines, int Matched, int Ambiguous, IReadOnlyList<RuleCountView> ByRule, IReadOnlyList<ProposalView>? Proposals = null,
    IReadOnlyList<RuleQualityView>? Quality = null);

internal sealed record RuleCountView(string Rule, int Lines);

internal sealed record ProposalView(string Line, string Rule, int Score, IReadOnlyList<ProposedPartView> Parts);

internal sealed record ProposedPartView(string ExpectedItem, MoneyView Amount, MoneyView ItemAmount, EvidenceView Evidence);

/// <summary>How a rule would have done, pair by pair: of what it says, the share that is true; of what is true, the share that it says.</summary>
internal sealed record RuleQualityView(string Rule, int Proposed, int Correct, string? Precision, string? Recall)
{
    public static RuleQualityView Of(BackTest.RuleResult result) => new(result.Rule, result.Proposed, result.Correct, Share(result.PrecisionPpt), Share(result.RecallPpt));

    private static string? Share(int? thousandths) => thousandths is { } share ? string.Create(CultureInfo.InvariantCulture, $"{share / 1000}.{share % 1000:000}") : null;
}

/// <summary>POST /v1/reconciliation/runs: runs the rules over what is open, tries them without effect, or tests them against what was found true in the past.</summary>
internal static class RunEndpoints
{
    private const int MostShown = 200;

    /// <param name="Mode">apply, dry_run or back_test.</param>
    /// <param name="Rules">Other rules than those that are in force, for a dry run or a back-test.</param>
    internal sealed record Request(string Mode, DateOnly? From = null, DateOnly? To = null, IReadOnlyList<string>? TreasuryAccounts = null, IReadOnlyList<RuleView>? Rules = null);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/reconciliation/runs", HandleAsync).Needs(Permission.ReconciliationWrite).Accepts<Request>("application/json")
        .Answers<RunView>(StatusCodes.Status200OK, "Run the rules over open lines, try them, or test them against the past").Refuses(400, 422);

    private static async Task<IResult> HandleAsync(Body<Request> body, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var request = body.Content.Value;
        if (request.Mode is not ("apply" or "dry_run" or "back_test")) return Bad("mode", "apply, dry_run or back_test.");
        if (request.Rules is not null && request.Mode == "apply") return Bad("rules", "Only the rules in force have an effect.");
        if (request.From > request.To) return Bad("to", "Not before from.");
        var accounts = new List<Guid>();
        foreach (var text in request.TreasuryAccounts ?? [])
        {
            if (!Id.TryParse<TreasuryAccountId>(text, out var account)) return Bad("treasuryAccounts", "Ids of treasury accounts (ta_…).");
            accounts.Add(account.Value);
        }
        var rules = request.Rules is null ? null : RuleEndpoints.Parse(request.Rules) is { Problem: null } parsed ? new RuleSet(-1, parsed.Value) : (RuleSet?)null;
        if (request.Rules is not null && rules is null) return Reply.Refused(RuleEndpoints.Parse(request.Rules).Problem!);
        var scope = new LineScope(request.From ?? DateOnly.MinValue, request.To ?? DateOnly.MaxValue, accounts.Count == 0 ? null : [.. accounts]);

        var view = request.Mode switch
        {
            // Every line is decided once whoever asks, so this needs no key.
            "apply" => await ApplyAsync(caller, database, scope, ct),
            "dry_run" => await TryAsync(caller, database, scope, rules, ct),
            _ => await new BackTestRun(database, cipher).RunAsync(caller.Tenant, scope, rules, ct),
        };
        return view.Problem is { } refused ? Reply.Refused(refused) : Reply.Ok(view.Value, ReconciliationJson.Default.RunView);
    }

    private static async Task<Result<RunView>> ApplyAsync(Caller caller, Database database, LineScope scope, CancellationToken ct)
    {
        var (version, lines) = await database.ReadAsync(caller.Tenant, async session =>
            ((await RuleSets.CurrentAsync(session, ct)).Version, (await ReconcileLines.OpenAsync(session, scope, Guid.Empty, BackTestRun.MostLines + 1, ct)).Count), ct);
        if (lines > BackTestRun.MostLines) return BackTestRun.TooLarge();
        var report = await new ReconcileLines(database).RunAsync(caller.Tenant, scope, ct);
        return new RunView("apply", version, lines, report.Matched, report.Ambiguous, [.. report.ByRule.Select(rule => new RuleCountView(rule.Key, rule.Value))]);
    }

    private static Task<Result<RunView>> TryAsync(Caller caller, Database database, LineScope scope, RuleSet? rules, CancellationToken ct) => database.ReadAsync<Result<RunView>>(caller.Tenant, async session =>
    {
        var used = rules ?? await RuleSets.CurrentAsync(session, ct);
        var lines = await ReconcileLines.OpenAsync(session, scope, Guid.Empty, BackTestRun.MostLines + 1, ct);
        return lines.Count > BackTestRun.MostLines ? BackTestRun.TooLarge() : Of("dry_run", used, lines.Count, await Matcher.RunAsync(used, lines, new SqlCandidates(session), ct));
    }, ct);

    internal static RunView Of(string mode, RuleSet rules, int lines, MatchOutcome outcome) => new(mode, rules.Version, lines, outcome.Proposals.Count, outcome.Ambiguous.Count,
        [.. outcome.Proposals.CountBy(proposal => proposal.Rule).OrderBy(count => count.Key).Select(count => new RuleCountView(MatchRules.Text(count.Key), count.Value))],
        [
            .. outcome.Proposals.Take(MostShown).Select(proposal => new ProposalView(proposal.Line.Id.ToString(), MatchRules.Text(proposal.Rule), proposal.Parts[0].Score,
                [
                    .. proposal.Parts.Select(part => new ProposedPartView(part.Item.Id.ToString(), new(part.LineMinor, part.Item.Open.Currency.Code), new(part.ItemMinor, part.Item.Open.Currency.Code),
                        EvidenceView.Of(part.Evidence, part.Item.Open.Currency))),
                ])),
        ]);

    private static Reply Bad(string field, string message) => Reply.Refused(new Problem(Errors.InvalidRequest, "Some values cannot be accepted.", [new(field, "invalid", message)]));
}
