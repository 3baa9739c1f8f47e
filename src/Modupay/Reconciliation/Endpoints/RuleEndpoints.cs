using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>The rules in the order they are tried. Version 0 is what the product comes with.</summary>
/// <param name="Version">Counted up with every change.</param>
/// <param name="Rules">The rules, the first one first.</param>
internal sealed record RuleSetView(int Version, IReadOnlyList<RuleView> Rules)
{
    public static RuleSetView Of(RuleSet rules) => new(rules.Version, [.. rules.Rules.Select(RuleView.Of)]);
}

/// <summary>GET and PUT /v1/reconciliation/rules. A change is a new version and touches no match that was made.</summary>
internal static class RuleEndpoints
{
    /// <summary>Rules to go by from now on.</summary>
    /// <param name="BasedOn">The version that was read before it was changed, so that nobody overwrites what he has not seen.</param>
    /// <param name="Rules">All rules that are to be used, in the order they are tried.</param>
    internal sealed record Request(int BasedOn, IReadOnlyList<RuleView> Rules);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/reconciliation/rules", GetAsync).Needs(Permission.ReconciliationRead).Answers<RuleSetView>(StatusCodes.Status200OK, "Read the rules by which lines are explained");
        routes.MapPut("/v1/reconciliation/rules", PutAsync).Needs(Permission.ReconciliationWrite).Accepts<Request>("application/json")
            .Answers<RuleSetView>(StatusCodes.Status200OK, "Replace the rules: order, tolerances, and which are used").Refuses(400, 409, 422);
    }

    private static async Task<IResult> GetAsync(Caller caller, Database database, CancellationToken ct) =>
        Reply.Ok(RuleSetView.Of(await database.ReadAsync(caller.Tenant, session => RuleSets.CurrentAsync(session, ct), ct)), ReconciliationJson.Default.RuleSetView);

    private static async Task<IResult> PutAsync(Body<Request> body, Caller caller, Database database, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var rules = Parse(body.Content.Value.Rules);
        if (rules.Problem is { } refused) return Reply.Refused(refused);
        var replaced = await database.TransactAsync<RuleSet>(caller.Tenant, async unit =>
        {
            var next = new RuleSet(body.Content.Value.BasedOn + 1, rules.Value);
            if (!await RuleSets.ReplaceAsync(unit, body.Content.Value.BasedOn, rules.Value, caller.Actor.Id, ct))
                return new Problem(Errors.RulesChanged, "Read them again, and send basedOn with the version you read.");
            AuditLog.Record(unit, caller.Actor, AuditActions.ReconciliationRulesChanged, $"version {next.Version}");
            return next;
        }, ct);
        return replaced.Problem is { } changed ? Reply.Refused(changed) : Reply.Ok(RuleSetView.Of(replaced.Value), ReconciliationJson.Default.RuleSetView);
    }

    /// <summary>A rule that is left out is not used.</summary>
    internal static Result<IReadOnlyList<Rule>> Parse(IReadOnlyList<RuleView> views)
    {
        var rules = new List<Rule>();
        foreach (var view in views)
        {
            var rule = view.ToRule();
            if (rule.Problem is { } refused) return refused;
            if (rules.Exists(other => other.Kind == rule.Value.Kind)) return new Problem(Errors.InvalidRequest, "A rule is in the list once.", [new("rules.rule", "twice", "Each once.")]);
            rules.Add(rule.Value);
        }
        return rules;
    }
}
