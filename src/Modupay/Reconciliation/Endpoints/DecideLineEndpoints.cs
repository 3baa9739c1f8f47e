using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>POST /v1/statement-lines/{id}/match, split, return, ignore and undo: what a person decides. Money moves, so each needs an Idempotency-Key.</summary>
internal static class DecideLineEndpoints
{
    private const int MostReason = 500;

    /// <summary>Which items a line is.</summary>
    /// <param name="Items">The items, each once.</param>
    /// <param name="Reason">Why, from 1 to 500 characters; for the history of the line.</param>
    internal sealed record MatchRequest(IReadOnlyList<MatchedItem> Items, string? Reason = null);

    /// <summary>One item that a line settles, wholly or in part.</summary>
    /// <param name="Item">The expected item, <c>xi_…</c>.</param>
    /// <param name="Amount">How much of the item is settled, without a sign; what fits when absent.</param>
    /// <param name="Charges">How much of it the bank kept, without a sign; nothing when absent.</param>
    internal sealed record MatchedItem(string Item, MoneyView? Amount = null, MoneyView? Charges = null);

    /// <summary>What a line is made of.</summary>
    /// <param name="Parts">The parts, each item once.</param>
    /// <param name="Reason">Why, from 1 to 500 characters; for the history of the line.</param>
    internal sealed record SplitRequest(IReadOnlyList<SplitPart> Parts, string Reason);

    /// <summary>A part of a line. It goes to an expected item or to a ledger account.</summary>
    /// <param name="Amount">How much of the line, without a sign.</param>
    /// <param name="Item">The expected item, <c>xi_…</c>; either this or <c>ledgerAccount</c>.</param>
    /// <param name="LedgerAccount">The code of a ledger account, such as <c>fees/bank</c>; either this or <c>item</c>.</param>
    internal sealed record SplitPart(MoneyView Amount, string? Item = null, string? LedgerAccount = null);

    /// <summary>Which order's money came back.</summary>
    /// <param name="Slice">The settled order, <c>sl_…</c>.</param>
    /// <param name="Reason">Why, from 1 to 500 characters; for the history of the line.</param>
    /// <param name="Charges">What the banks kept on the way back, without a sign: line and charges together are the order. Nothing when absent.</param>
    internal sealed record ReturnRequest(string Slice, string Reason, MoneyView? Charges = null);

    /// <summary>Why a person decides so.</summary>
    /// <param name="Reason">From 1 to 500 characters; for the history of the line.</param>
    internal sealed record ReasonRequest(string Reason);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/statement-lines/{id}/match", (string id, Body<MatchRequest> body, HttpRequest http, Caller caller, Database database, CancellationToken ct) =>
                DecideAsync(id, body, http, caller, database, request => PartsOf(request), request => request.Reason, (unit, line, parts, maker) => LineWork.MatchAsync(unit, line, parts, maker, split: false, ct), ct))
            .Needs(Permission.ReconciliationWrite).RequiresKey().Accepts<MatchRequest>("application/json")
            .Answers<ReconciledLineView>(StatusCodes.Status200OK, "Say which expected items a line is, wholly or in part").Refuses(400, 404, 409, 422);
        routes.MapPost("/v1/statement-lines/{id}/split", (string id, Body<SplitRequest> body, HttpRequest http, Caller caller, Database database, CancellationToken ct) =>
                DecideAsync(id, body, http, caller, database, request => PartsOf(request), request => request.Reason, (unit, line, parts, maker) => LineWork.MatchAsync(unit, line, parts, maker, split: true, ct), ct))
            .Needs(Permission.ReconciliationWrite).RequiresKey().Accepts<SplitRequest>("application/json")
            .Answers<ReconciledLineView>(StatusCodes.Status200OK, "Divide a line between expected items and ledger accounts").Refuses(400, 404, 409, 422);
        routes.MapPost("/v1/statement-lines/{id}/return", (string id, Body<ReturnRequest> body, HttpRequest http, Caller caller, Database database, CancellationToken ct) =>
                DecideAsync(id, body, http, caller, database, SliceOf, request => request.Reason,
                    (unit, line, slice, maker) => ReturnLine.RunAsync(unit, line, slice.Id, slice.ChargesMinor, maker, ct), ct))
            .Needs(Permission.ReconciliationWrite).RequiresKey().Accepts<ReturnRequest>("application/json")
            .Answers<ReconciledLineView>(StatusCodes.Status200OK, "Say that a line brings back the money of a settled order").Refuses(400, 404, 409, 422);
        routes.MapPost("/v1/statement-lines/{id}/ignore", (string id, Body<ReasonRequest> body, HttpRequest http, Caller caller, Database database, CancellationToken ct) =>
                DecideAsync(id, body, http, caller, database, _ => (Result<List<PartWanted>>)new List<PartWanted>(), request => request.Reason, (unit, line, _, maker) => LineWork.IgnoreAsync(unit, line, maker, ct), ct))
            .Needs(Permission.ReconciliationWrite).RequiresKey().Accepts<ReasonRequest>("application/json")
            .Answers<ReconciledLineView>(StatusCodes.Status200OK, "Leave a line unexplained for good").Refuses(400, 404, 409, 422);
        routes.MapPost("/v1/statement-lines/{id}/undo", (string id, Body<ReasonRequest> body, HttpRequest http, Caller caller, Database database, FieldCipher cipher, CancellationToken ct) =>
                DecideAsync(id, body, http, caller, database, _ => (Result<List<PartWanted>>)new List<PartWanted>(), request => request.Reason, (unit, line, _, maker) => UndoLine.RunAsync(unit, cipher, line, maker, ct), ct))
            .Needs(Permission.ReconciliationWrite).RequiresKey().Accepts<ReasonRequest>("application/json")
            .Answers<ReconciledLineView>(StatusCodes.Status200OK, "Take back what a line was said to be").Refuses(400, 404, 409, 422);
    }

    private static async Task<IResult> DecideAsync<T, TWanted>(string id, Body<T> body, HttpRequest http, Caller caller, Database database, Func<T, Result<TWanted>> wantedOf, Func<T, string?> reasonOf,
        Func<UnitOfWork, StatementLineId, TWanted, DecisionMaker, Task<Result<StatementLineId>>> decide, CancellationToken ct) where T : class
    {
        var key = IdempotencyKey.Required(http);
        if (key.Problem is { } badKey) return Reply.Refused(badKey);
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        if (!Id.TryParse<StatementLineId>(id, out var line)) return Reply.Refused(StatementLineEndpoints.Unknown());
        var wanted = wantedOf(body.Content.Value);
        if (wanted.Problem is { } refused) return Reply.Refused(refused);
        var reason = reasonOf(body.Content.Value);
        if (reason is not null && (reason.Trim().Length == 0 || reason.Length > MostReason || reason.Any(char.IsControl)))
            return Reply.Refused(new Problem(Errors.ReasonRequired, "Say why.", [new("reason", "length", $"From 1 to {MostReason} characters.")]));

        return await database.OnceAsync<ReconciledLineView>(caller.Tenant, key.Value, body.Fingerprint, StatusCodes.Status200OK, ReconciliationJson.Default.ReconciledLineView, async unit =>
        {
            var decided = await decide(unit, line, wanted.Value, new(caller.Actor.Id, reason?.Trim(), (await RuleSets.CurrentAsync(unit, ct)).Version));
            if (decided.Problem is { } problem) return problem;
            // Without the name: this answer is kept, so that it can be repeated, and names are kept sealed.
            var view = (await ReconciledLineView.FindAsync(unit, line, StatementLineEndpoints.Today(database), null, ct))!;
            AuditLog.Record(unit, caller.Actor, AuditActions.StatementLineDecided, id, Change.Set("state", view.State));
            return view;
        }, ct);
    }

    private static Result<List<PartWanted>> PartsOf(MatchRequest request)
    {
        if (request.Items.Count is 0 or > LineWork.MostParts) return Bad("items", $"From 1 to {LineWork.MostParts} items.");
        var parts = new List<PartWanted>();
        foreach (var item in request.Items)
        {
            if (!Id.TryParse<ExpectedItemId>(item.Item, out var id) || parts.Exists(part => part.Item == id)) return Bad("items.item", "The id of an expected item (xi_…), each once.");
            if (item.Amount is { Amount: <= 0 } || item.Charges is { Amount: < 0 }) return Bad("items.amount", "Amounts carry no sign.");
            if (item.Amount is { } amount && item.Charges is { } charges && amount.Currency != charges.Currency) return Bad("items.charges", "In the currency of the amount.");
            parts.Add(new(id, null, item.Amount?.Amount, item.Charges?.Amount ?? 0) { Currency = item.Amount?.Currency ?? item.Charges?.Currency });
        }
        return parts;
    }

    private static Result<List<PartWanted>> PartsOf(SplitRequest request)
    {
        if (request.Parts.Count is 0 or > LineWork.MostParts) return Bad("parts", $"From 1 to {LineWork.MostParts} parts.");
        var parts = new List<PartWanted>();
        foreach (var part in request.Parts)
        {
            ExpectedItemId id = default;
            if (part.Item is null == part.LedgerAccount is null) return Bad("parts", "Each part is an item or a ledger account.");
            if (part.Item is not null && (!Id.TryParse(part.Item, out id) || parts.Exists(other => other.Item == id))) return Bad("parts.item", "The id of an expected item (xi_…), each once.");
            if (part.Amount.Amount <= 0) return Bad("parts.amount", "Amounts carry no sign.");
            parts.Add(new(part.Item is null ? null : id, part.LedgerAccount, part.Amount.Amount, 0) { Currency = part.Amount.Currency });
        }
        return parts;
    }

    private static Result<(SliceId Id, long ChargesMinor)> SliceOf(ReturnRequest request)
    {
        if (!Id.TryParse<SliceId>(request.Slice, out var slice)) return Bad("slice", "The id of a slice (sl_…).");
        return request.Charges is { Amount: < 0 } ? Bad("charges", "Charges carry no sign.") : (slice, request.Charges?.Amount ?? 0);
    }

    private static Problem Bad(string field, string message) => new(Errors.InvalidRequest, "Some values cannot be accepted.", [new(field, "invalid", message)]);
}
