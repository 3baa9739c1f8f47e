using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Ledger.Endpoints;

/// <summary>What ends a hold, or undoes a journal.</summary>
/// <param name="Source">What caused it, from 1 to 196 characters: the same source ends it once, however often it is sent. Answers show it with <c>api:</c> before it.</param>
/// <param name="EffectiveOn">The day on which it counts, <c>yyyy-MM-dd</c>.</param>
/// <param name="Description">At most 500 characters; empty when absent.</param>
/// <param name="Postings">For posting a part of a hold, the rest of which is given back; the whole hold when absent. Voids and reversals do not look at it.</param>
internal sealed record EndJournalRequest(string Source, DateOnly EffectiveOn, string Description = "", IReadOnlyList<JournalPosting>? Postings = null);

/// <summary>POST /v1/ledger/journals/{id}/post, /void and /reverse: what can still happen to a journal, as journals of their own.</summary>
internal static class EndJournals
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "post", AuditActions.HoldPosted, "Post a hold, whole or in part", (unit, id, request, part, ct) => Holds.PostAsync(unit, Source(request), id, request.EffectiveOn, request.Description, part, ct));
        Map(routes, "void", AuditActions.HoldVoided, "Give back a hold", (unit, id, request, _, ct) => Holds.VoidAsync(unit, Source(request), id, request.EffectiveOn, request.Description, ct));
        Map(routes, "reverse", AuditActions.JournalReversed, "Undo a journal by its opposite", (unit, id, request, _, ct) => Reversals.ReverseAsync(unit, Source(request), id, request.EffectiveOn, request.Description, ct));
    }

    private delegate Task<Result<Posted>> End(UnitOfWork unit, JournalId id, EndJournalRequest request, IReadOnlyList<Posting>? part, CancellationToken ct);

    private static void Map(IEndpointRouteBuilder routes, string verb, AuditAction action, string summary, End end) =>
        routes.MapPost($"/v1/ledger/journals/{{id}}/{verb}", (string id, Body<EndJournalRequest> body, HttpRequest http, Caller caller, Database database, CancellationToken ct) =>
                EndAsync(id, body, http, caller, database, action, end, ct))
            .Needs(Permission.LedgerWrite).RequiresKey().Accepts<EndJournalRequest>("application/json").Answers<PostedView>(StatusCodes.Status201Created, summary).Refuses(400, 404, 409, 422);

    private static async Task<IResult> EndAsync(string id, Body<EndJournalRequest> body, HttpRequest http, Caller caller, Database database, AuditAction action, End end, CancellationToken ct)
    {
        var key = IdempotencyKey.Required(http);
        if (key.Problem is { } badKey) return Reply.Refused(badKey);
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        if (!Id.TryParse<JournalId>(id, out var journal)) return Reply.Refused(ReadJournals.Unknown());
        var problems = new List<FieldProblem>();
        var part = body.Content.Value.Postings is { } postings ? JournalRequest.ParsePostings(postings, "postings", problems) : null;
        if (problems.Count > 0) return Reply.Refused(Problem.Invalid(problems));
        return await database.OnceAsync(caller.Tenant, key.Value, body.Fingerprint, StatusCodes.Status201Created, LedgerJson.Default.PostedView, async unit =>
        {
            var posted = await end(unit, journal, body.Content.Value, part, ct);
            if (posted.Problem is { } problem) return problem;
            var stored = await Journals.FindBySourceAsync(unit, Source(body.Content.Value), ct);
            if (posted.Value == Posted.New) AuditLog.Record(unit, caller.Actor, action, id, Change.Set("by", stored!.Id.ToString()), Change.Set("source", stored.Source));
            return new PostedView(stored!.Source, PostJournals.Text(posted.Value), stored.Id.ToString());
        }, ct);
    }

    private static string Source(EndJournalRequest request) => "api:" + request.Source;
}
