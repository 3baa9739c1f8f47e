using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements;

/// <summary>GET /v1/statements, /v1/statements/{id} and /v1/statements/{id}/lines.</summary>
internal static class ReadStatements
{
    internal static readonly string[] FileStates = ["registered", "parsed", "stored", "reconciled", "archived", "quarantined"];
    private static readonly string[] LineStates = ["unmatched", "matched", "partially_matched", "ignored"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/statements", ListAsync).Needs(Permission.StatementsRead).AnswersList<StatementFileView>("List statement files, newest first").Refuses(400, 422)
            .Takes("state", "Only files in this state.", FileStates);
        routes.MapGet("/v1/statements/{id}", GetAsync).Needs(Permission.StatementsRead).Answers<StatementFileView>(StatusCodes.Status200OK, "Read one statement file: its statements, balances and problems").Refuses(404);
        routes.MapGet("/v1/statements/{id}/lines", LinesAsync).Needs(Permission.StatementsRead).AnswersList<StatementLineView>("List the lines of a statement file, in file order").Refuses(400, 404, 422)
            .Takes("state", "Only lines in this state.", LineStates);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, CancellationToken ct, string? state = null)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        if (state is not null && !FileStates.Contains(state))
            return Reply.Refused(new Problem(Errors.InvalidRequest, "There is no such state.", [new("state", "unknown", $"One of {string.Join(", ", FileStates)}.")]));
        var rows = await database.ListAsync(caller.Tenant, StatementSql.ListFiles, [page.Value.Before, page.Value.Fetch, state], StatementFile.Read, ct);
        var (items, next) = page.Value.Cut(rows, file => file.Id.Value);
        return Reply.Ok([.. items.Select(StatementFileView.Of)], StatementsJson.Default.IReadOnlyListStatementFileView, next);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<StatementFileId>(id, out var fileId)) return Reply.Refused(Unknown());
        var view = await database.ReadAsync(caller.Tenant, async session =>
        {
            if (await session.FirstAsync(StatementSql.FindFile, [fileId.Value], StatementFile.Read, ct) is not { } file) return null;
            var statements = await session.ListAsync(StatementSql.StatementsOf, [fileId.Value], BankStatement.Read, ct);
            var problems = await session.ListAsync(StatementSql.ProblemsOf, [fileId.Value], row => new StatementProblemView(row.GetString(0), row.GetInt32(1), row.GetInt32(2), row.GetString(3), row.GetString(4), row.Text(5)), ct);
            var arrivals = await session.ListAsync(StatementSql.ArrivalsOf, [fileId.Value], row => new StatementArrivalView(row.GetString(0), row.GetFieldValue<DateTimeOffset>(1)), ct);
            return StatementFileView.Of(file) with { Arrivals = arrivals, Statements = [.. statements.Select(StatementView.Of)], Problems = problems };
        }, ct);
        return view is null ? Reply.Refused(Unknown()) : Reply.Ok(view, StatementsJson.Default.StatementFileView);
    }

    private static async Task<IResult> LinesAsync(string id, HttpRequest request, Caller caller, Database database, FieldCipher cipher, CancellationToken ct, string? state = null)
    {
        if (!Id.TryParse<StatementFileId>(id, out var fileId)) return Reply.Refused(Unknown());
        var page = PageRequest.From(request, firstPage: Guid.Empty);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        if (state is not null && !LineStates.Contains(state))
            return Reply.Refused(new Problem(Errors.InvalidRequest, "There is no such state.", [new("state", "unknown", $"One of {string.Join(", ", LineStates)}.")]));

        var names = caller.May(Permission.ReconciliationWrite);
        var views = await database.ReadAsync(caller.Tenant, async session =>
        {
            if (await session.FirstAsync(StatementSql.FindFile, [fileId.Value], StatementFile.Read, ct) is null) return null;
            var lines = await session.ListAsync(StatementSql.LinesOf, [fileId.Value, page.Value.Before, page.Value.Fetch, state], BankStatementLine.Read, ct);
            var parties = names ? await StatementLines.CounterpartiesAsync(session, cipher, [.. lines.Select(line => line.Id.Value)], ct) : [];
            return lines.ConvertAll(line => StatementLineView.Of(line, parties.GetValueOrDefault(line.Id)?.Name));
        }, ct);
        if (views is null) return Reply.Refused(Unknown());
        var (items, next) = page.Value.Cut(views, view => Id.TryParse<StatementLineId>(view.Id, out var line) ? line.Value : Guid.Empty);
        return Reply.Ok(items, StatementsJson.Default.IReadOnlyListStatementLineView, next);
    }

    private static Problem Unknown() => new(Errors.NotFound, "There is no such statement file.");
}
