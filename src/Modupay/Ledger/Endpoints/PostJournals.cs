using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Ledger.Endpoints;

/// <summary>Journals that are sent together.</summary>
/// <param name="Journals">From 1 to 5000 journals, in their order.</param>
/// <param name="Atomic"><c>true</c>: all of them or none; absent or <c>false</c>: each for itself.</param>
internal sealed record JournalBatchRequest(IReadOnlyList<JournalRequest> Journals, bool Atomic = false);

/// <summary>POST /v1/ledger/journals and /v1/ledger/journals:batch.</summary>
internal static class PostJournals
{
    private const int MostPerBatch = 5000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/ledger/journals", PostAsync).Needs(Permission.LedgerWrite).RequiresKey().Accepts<JournalRequest>("application/json").Answers<PostedView>(StatusCodes.Status201Created, "Post a journal, or hold it").Refuses(400, 409, 422);
        routes.MapPost("/v1/ledger/journals:batch", PostBatchAsync).Needs(Permission.LedgerWrite).RequiresKey().Accepts<JournalBatchRequest>("application/json").Answers<PostedBatchView>(StatusCodes.Status200OK, "Post many journals").Refuses(400, 409, 422);
    }

    private static async Task<IResult> PostAsync(Body<JournalRequest> body, HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var asked = IdempotencyKey.Required(http).And(body.Content.Then(request => request.Parse()));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, journal) = asked.Value;
        return await database.OnceAsync(caller.Tenant, key, body.Fingerprint, StatusCodes.Status201Created, LedgerJson.Default.PostedView, async unit =>
        {
            var posted = await LedgerDoor.PostAsync(unit, journal, ct);
            if (posted.Problem is { } problem) return problem;
            var stored = await Journals.FindBySourceAsync(unit, journal.Source, ct);
            if (posted.Value == Posted.New) AuditLog.Record(unit, caller.Actor, AuditActions.JournalPosted, stored!.Id.ToString(), Change.Set("source", journal.Source));
            return new PostedView(journal.Source, Text(posted.Value), stored!.Id.ToString());
        }, ct);
    }

    private static async Task<IResult> PostBatchAsync(Body<JournalBatchRequest> body, HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var sent = IdempotencyKey.Required(http).And(body.Content.Then(Parse));
        if (sent.Problem is { } refused) return Reply.Refused(refused);
        var (key, asked) = sent.Value;

        var atomic = body.Content.Value.Atomic;
        return await database.OnceAsync(caller.Tenant, key, body.Fingerprint, StatusCodes.Status200OK, LedgerJson.Default.PostedBatchView, async unit =>
        {
            var outcomes = await LedgerDoor.PostChainsAsync(unit, atomic ? [asked] : [.. asked.Select(journal => new[] { journal })], ct);
            if (atomic && Cause(asked, outcomes) is { } cause) return cause;
            var ids = await Journals.FindIdsAsync(unit, [.. asked.Where((_, i) => outcomes[i].Problem is null).Select(journal => journal.Source)], ct);
            var views = outcomes.Select((outcome, i) => outcome.Problem is { } problem
                ? new PostedView(asked[i].Source, problem.Error.Code, Detail: problem.Detail)
                : new PostedView(asked[i].Source, Text(outcome.Value), ids[asked[i].Source].ToString())).ToList();
            // One entry however many there are: the ledger itself has each of them, in a chain of its own.
            if (views.Where(view => view.Outcome == "new").Select(view => view.Source).ToList() is [var first, ..] sources)
                AuditLog.Record(unit, caller.Actor, AuditActions.JournalsPosted, first, Change.Set("sources", string.Join(' ', sources)));
            return new PostedBatchView(views.Count(view => view.Outcome == "new"), views.Count(view => view.Outcome == "repeated"), outcomes.Count(outcome => outcome.Problem is not null), views);
        }, ct);
    }

    private static Result<List<Journal>> Parse(JournalBatchRequest batch)
    {
        if (batch.Journals.Count is 0 or > MostPerBatch) return Problem.Invalid("journals", "out_of_range", $"From 1 to {MostPerBatch}.");
        var journals = batch.Journals.Select((request, i) => request.Parse($"journals[{i}].")).ToList();
        return journals.Find(journal => journal.Problem is not null).Problem is { } refused ? refused : journals.ConvertAll(journal => journal.Value);
    }

    /// <summary>The refusal that took the others with it.</summary>
    private static Problem? Cause(List<Journal> asked, IReadOnlyList<Result<Posted>> outcomes)
    {
        for (var i = 0; i < asked.Count; i++)
            if (outcomes[i].Problem is { } problem && problem.Error != Errors.LinkedRefused) return problem with { Fields = [new($"journals[{i}]", problem.Error.Code, problem.Detail)] };
        return null;
    }

    internal static string Text(Posted posted) => posted == Posted.New ? "new" : "repeated";
}
