using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Ledger.Proof;
using Modupay.Tenancy;

namespace Modupay.Ledger.Endpoints;

/// <summary>GET /v1/ledger/journals, one of them, and its receipt.</summary>
internal static class ReadJournals
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/ledger/journals", ListAsync).Needs(Permission.LedgerRead).AnswersList<JournalView>("List journals, newest first").Refuses(400, 422)
            .Takes("from", "The first effective day, `yyyy-MM-dd`.")
            .Takes("to", "The last effective day, `yyyy-MM-dd`.")
            .Takes("source", "Only the journal of this source as answers show it, `api:` and what was sent.");
        routes.MapGet("/v1/ledger/journals/{id}", GetAsync).Needs(Permission.LedgerRead).Answers<JournalView>(StatusCodes.Status200OK, "Read one journal with its postings").Refuses(404);
        routes.MapGet("/v1/ledger/journals/{id}/receipt", ReceiptAsync).Needs(Permission.LedgerRead)
            .Answers<System.Text.Json.Nodes.JsonObject>(StatusCodes.Status200OK, "Proof that the journal is in the ledger, which can be checked without this API").Refuses(404);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, CancellationToken ct, DateOnly? from = null, DateOnly? to = null, string? source = null)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var rows = await database.ReadAsync(caller.Tenant, session => Journals.PageAsync(session, page.Value.Before, page.Value.Fetch, from, to, source, ct), ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id.Value);
        return Reply.Ok([.. items.Select(JournalView.Of)], LedgerJson.Default.IReadOnlyListJournalView, next);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<JournalId>(id, out var journal)) return Reply.Refused(Unknown());
        var found = await database.ReadAsync(caller.Tenant, session => Journals.FindAsync(session, journal, ct), ct);
        return found is null ? Reply.Refused(Unknown()) : Reply.Ok(JournalView.Of(found), LedgerJson.Default.JournalView);
    }

    private static async Task<IResult> ReceiptAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<JournalId>(id, out var journal)) return Reply.Refused(Unknown());
        var receipt = await database.ReadAsync(caller.Tenant, session => Receipt.OfAsync(session, journal, ct), ct);
        return receipt is null ? Reply.Refused(new(Errors.NotFound, "There is no such journal, or it is not sealed yet.")) : Reply.Ok(receipt, LedgerJson.Default.JsonObject);
    }

    internal static Problem Unknown() => new(Errors.NotFound, "There is no such journal.");
}
