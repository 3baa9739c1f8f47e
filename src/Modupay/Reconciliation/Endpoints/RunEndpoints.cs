using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>What a run did, or would have done.</summary>
/// <param name="Mode">What was asked for.</param>
/// <param name="RulesVersion">The version of the rules; -1 for rules that came with the request.</param>
/// <param name="Lines">How many lines it looked at.</param>
/// <param name="Matched">How many it explained, or would have.</param>
/// <param name="Ambiguous">Lines that could have been several things, and wait for a person.</param>
/// <param name="ByRule">How many each rule explained.</param>
/// <param name="Proposals">The first 200 of what it would have done; not after <c>apply</c>.</param>
/// <param name="Quality">How the rules would have done; only after <c>back_test</c>.</param>
internal sealed record RunView(string Mode, int RulesVersion, int Lines, int Matched, int Ambiguous, IReadOnlyList<RuleCountView> ByRule, IReadOnlyList<ProposalView>? Proposals = null,
    IReadOnlyList<RuleQualityView>? Quality = null);

/// <summary>What one rule did.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Lines">How many lines it explained.</param>
internal sealed record RuleCountView(string Rule, int Lines);

/// <summary>What a rule would say of a line.</summary>
/// <param name="Line">The line, <c>ln_…</c>.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Score">How sure it is, at most 1000.</param>
/// <param name="Parts">The items it would be.</param>
internal sealed record ProposalView(string Line, string Rule, int Score, IReadOnlyList<ProposedPartView> Parts);

/// <summary>An item that a line would settle.</summary>
/// <param name="ExpectedItem">The expected item, <c>xi_…</c>.</param>
/// <param name="Amount">How much of the line, with the sign of the line.</param>
/// <param name="ItemAmount">How much of the item; the two differ by what the bank kept.</param>
/// <param name="Evidence">Why it would be believed.</param>
internal sealed record ProposedPartView(string ExpectedItem, MoneyView Amount, MoneyView ItemAmount, EvidenceView Evidence);

/// <summary>How a rule would have done, pair by pair: of what it says, the share that is true; of what is true, the share that it says.</summary>
/// <param name="Rule">The rule, or <c>all</c> of them together.</param>
/// <param name="Proposed">How many pairs of line and item it proposed.</param>
/// <param name="Correct">How many of them are true.</param>
/// <param name="Precision">Of what it says, the share that is true: <c>0.000</c> to <c>1.000</c>.</param>
/// <param name="Recall">Of what is true, the share that it says: <c>0.000</c> to <c>1.000</c>.</param>
internal sealed record RuleQualityView(string Rule, int Proposed, int Correct, string? Precision, string? Recall)
{
    public static RuleQualityView Of(BackTest.RuleResult result) => new(result.Rule, result.Proposed, result.Correct, Share(result.PrecisionPpt), Share(result.RecallPpt));

    private static string? Share(int? thousandths) => thousandths is { } share ? string.Create(CultureInfo.InvariantCulture, $"{share / 1000}.{share % 1000:000}") : null;
}

/// <summary>POST /v1/reconciliation/runs: runs the rules over what is open, tries them without effect, or tests them against what was found true in the past.</summary>
internal static class RunEndpoints
{
    private const int MostShown = 200;
    internal static readonly string[] Modes = ["apply", "dry_run", "back_test"];

    /// <summary>What to run the rules over.</summary>
    /// <param name="Mode"><c>apply</c> matches; <c>dry_run</c> tells what it would match; <c>back_test</c> compares what the rules say with what was decided.</param>
    /// <param name="From">The first day of booking; all days when absent.</param>
    /// <param name="To">The last day of booking; all days when absent.</param>
    /// <param name="TreasuryAccounts">Only lines of these accounts (<c>ta_…</c>); of all when absent or empty.</param>
    /// <param name="Rules">Other rules than those that are in force, for a dry run or a back-test.</param>
    internal sealed record Request(string Mode, DateOnly? From = null, DateOnly? To = null, IReadOnlyList<string>? TreasuryAccounts = null, IReadOnlyList<RuleView>? Rules = null);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/reconciliation/runs", HandleAsync).Needs(Permission.ReconciliationWrite).Accepts<Request>("application/json")
        .Answers<RunView>(StatusCodes.Status200OK, "Run the rules over open lines, try them, or test them against the past").Refuses(400, 422);

    private static async Task<IResult> HandleAsync(Body<Request> body, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var request = body.Content.Value;
        if (!Modes.Contains(request.Mode)) return Bad("mode", "apply, dry_run or back_test.");
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
