using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Banking.Statements;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>GET /v1/statement-lines: the queue of what is not explained, what each line could be, and what was decided about it.</summary>
internal static class StatementLineEndpoints
{
    private const int MostCandidates = 20;
    private static readonly string[] States = ["unmatched", "partially_matched", "matched", "ignored"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/statement-lines", ListAsync).Needs(Permission.ReconciliationRead).AnswersList<ReconciledLineView>("List booked lines of all statements, newest first").Refuses(400, 422)
            .Takes("state", $"One or more of {string.Join(", ", States)}, separated by commas.")
            .Takes("treasuryAccount", "Only lines of this account (`ta_…`).")
            .Takes("minAmount", "The least amount, in minor units and without a sign: it holds for money in both directions.")
            .Takes("maxAmount", "The largest amount, in minor units and without a sign.")
            .Takes("from", "The first day of booking, `yyyy-MM-dd`.")
            .Takes("to", "The last day of booking, `yyyy-MM-dd`.")
            .Takes("minAgeDays", "Only lines that were booked at least so many days ago.");
        routes.MapGet("/v1/statement-lines/{id}", GetAsync).Needs(Permission.ReconciliationRead).Answers<ReconciledLineView>(StatusCodes.Status200OK, "Read one line with what it is said to be").Refuses(404);
        routes.MapGet("/v1/statement-lines/{id}/candidates", CandidatesAsync).Needs(Permission.ReconciliationRead)
            .AnswersList<CandidateView>("List what a line could be, best first; all on one page").Refuses(404);
        routes.MapGet("/v1/statement-lines/{id}/history", HistoryAsync).Needs(Permission.ReconciliationRead)
            .AnswersList<DecisionView>("List what was decided about a line, oldest first; all on one page").Refuses(404);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, FieldCipher cipher, CancellationToken ct, string? state = null, string? treasuryAccount = null,
        long? minAmount = null, long? maxAmount = null, DateOnly? from = null, DateOnly? to = null, int? minAgeDays = null)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var states = state?.Split(',');
        if (states is not null && !states.All(States.Contains)) return Bad("state", $"One or more of {string.Join(", ", States)}, separated by commas.");
        TreasuryAccountId account = default;
        if (treasuryAccount is not null && !Id.TryParse(treasuryAccount, out account)) return Bad("treasuryAccount", "Not the id of a treasury account (ta_…).");
        if (minAgeDays is < 0 or > 36_500) return Bad("minAgeDays", "Days since the booking.");

        var today = Today(database);
        var latest = minAgeDays is { } age ? today.AddDays(-age) : (DateOnly?)null;
        var filter = new LineFilter(states, treasuryAccount is null ? null : account, minAmount, maxAmount, from, to is null || latest < to ? latest ?? to : to);
        var views = await database.ReadAsync(caller.Tenant, async session =>
            await ReconciledLineView.OfAsync(session, await StatementLines.ListAsync(session, page.Value.Before, page.Value.Fetch, filter, ct), today, Names(caller, cipher), ct), ct);
        var (items, next) = page.Value.Cut(views, view => Id.TryParse<StatementLineId>(view.Id, out var id) ? id.Value : Guid.Empty);
        return Reply.Ok(items, ReconciliationJson.Default.IReadOnlyListReconciledLineView, next);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        if (!Id.TryParse<StatementLineId>(id, out var line)) return Reply.Refused(Unknown());
        return await database.ReadAsync(caller.Tenant, session => ReconciledLineView.FindAsync(session, line, Today(database), Names(caller, cipher), ct), ct) is { } view
            ? Reply.Ok(view, ReconciliationJson.Default.ReconciledLineView)
            : Reply.Refused(Unknown());
    }

    private static async Task<IResult> CandidatesAsync(string id, Caller caller, Database database, FieldCipher cipher, CancellationToken ct)
    {
        if (!Id.TryParse<StatementLineId>(id, out var lineId)) return Reply.Refused(Unknown());
        var candidates = await database.ReadAsync(caller.Tenant, async session =>
        {
            if (await StatementLines.FindAsync(session, lineId, ct) is not { TreasuryAccount: not null, Status: "booked" } line) return null;
            // A line that is matched or ignored is reduced again: a person may want to know what else it could have been.
            var open = (await session.FirstAsync(OpenLineSql.Find, [new[] { lineId.Value }], OpenLineSql.Read, ct))?.Line
                ?? (await TakeInLines.ReduceAsync(session, cipher, new CounterpartyKeyring(cipher, caller.Tenant), [line], ct)).FirstOrDefault();
            return open is null ? [] : await SuggestAsync(session, open, ct);
        }, ct);
        return candidates is null ? Reply.Refused(Unknown()) : Reply.Ok(candidates, ReconciliationJson.Default.IReadOnlyListCandidateView);
    }

    private static async Task<IReadOnlyList<CandidateView>> SuggestAsync(Session session, OpenLine line, CancellationToken ct)
    {
        var items = await session.ListAsync(CandidateSql.Suggestions,
        [
            session.Tenant.Value, (long)SqlCandidates.MostSuggested, line.Account.Value, line.Amount.Minor, line.Amount.Currency.Code, line.RfReference, line.EndToEndId, line.BankReference,
            line.BatchReferences.ToArray(), line.Counterparty, line.BookedOn,
        ], row => ItemSql.ReadOpen(row), ct);
        var orders = await new SqlCandidates(session).OrdersNamedByAsync(line, ct);
        var best = items.Select(item => (Item: item, Score: Score.OfSuggestion(line, item))).Concat(orders.Select(order => (Item: order, Score: Score.OfSuggestedReturn(line, order)))).OrderByDescending(pair => pair.Score).ThenBy(pair => pair.Item.Id.Value).Take(MostCandidates).ToList();
        var views = (await session.ListAsync(ItemSql.Find, [best.Select(pair => pair.Item.Id.Value).ToArray()], ExpectedItem.Read, ct)).ToDictionary(item => item.Id, ExpectedItemView.Of);
        return [.. best.Select(pair => new CandidateView(views[pair.Item.Id], pair.Score, EvidenceView.Of(Evidence.Of(line, pair.Item), line.Amount.Currency), pair.Item.Order is not null))];
    }

    private static async Task<IResult> HistoryAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<StatementLineId>(id, out var line)) return Reply.Refused(Unknown());
        var history = await database.ReadAsync(caller.Tenant, async session =>
        {
            if (await StatementLines.FindAsync(session, line, ct) is null) return null;
            var matches = (await session.ListAsync(MatchSql.AllOf, [line.Value], Match.Read, ct)).ToLookup(match => match.Decision);
            return await session.ListAsync(MatchSql.DecisionsOf, [line.Value], row => new DecisionView(new DecisionId(row.GetGuid(0)).ToString(), row.GetString(1), row.GetString(2), row.GetString(3),
                row.GetString(4), row.GetInt32(6), row.GetFieldValue<DateTimeOffset>(7), row.Text(5), [.. matches[new(row.GetGuid(0))].Select(MatchView.Of)]), ct);
        }, ct);
        return history is null ? Reply.Refused(Unknown()) : Reply.Ok(history, ReconciliationJson.Default.IReadOnlyListDecisionView);
    }

    // Whoever decides what a line is has to see whose it is.
    private static FieldCipher? Names(Caller caller, FieldCipher cipher) => caller.May(Permission.ReconciliationWrite) ? cipher : null;

    internal static DateOnly Today(Database database) => DateOnly.FromDateTime(database.Time.GetUtcNow().UtcDateTime);

    internal static Problem Unknown() => new(Errors.NotFound, "There is no such statement line, or it is not booked on an account of ours.");

    private static Reply Bad(string field, string message) => Reply.Refused(new Problem(Errors.InvalidRequest, "Some values cannot be accepted.", [new(field, "invalid", message)]));
}
