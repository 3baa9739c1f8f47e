using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Banking.Connectors;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Accounts;

/// <summary>How orders reach a bank. Secrets appear as references (<c>secret:bank/…</c>), here as everywhere.</summary>
/// <param name="Id">Its id, <c>con_…</c>.</param>
/// <param name="Kind">How it speaks; <c>rest</c> in this version.</param>
/// <param name="Configuration">What a connector of its kind needs to know: addresses, signing, limits.</param>
/// <param name="Priority">The lowest is tried first.</param>
/// <param name="Enabled">Whether orders go through it.</param>
internal sealed record ConnectorView(string Id, string BankProfile, string Kind, JsonElement Configuration, int Priority, bool Enabled, DateTimeOffset CreatedAt);

/// <summary>/v1/connectors: the ways to a bank, tried in order of priority.</summary>
internal static class ConnectorEndpoints
{
    /// <summary>A way to a bank.</summary>
    /// <param name="BankProfile">The bank, <c>bp_…</c>.</param>
    /// <param name="Kind"><c>rest</c> is the only kind of this version.</param>
    /// <param name="Configuration">What a connector of its kind needs to know. Secrets are named (<c>secret:bank/…</c>), never sent.</param>
    /// <param name="Priority">The lowest is tried first; 0 when absent.</param>
    internal sealed record Request(string BankProfile, string Kind, JsonElement Configuration, int Priority = 0);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/connectors", CreateAsync).Needs(Permission.BankAccountsWrite).Accepts<Request>("application/json").Answers<ConnectorView>(StatusCodes.Status201Created, "Add a connector to a bank").Refuses(400, 409, 422);
        routes.MapGet("/v1/connectors", ListAsync).Needs(Permission.BankAccountsRead).AnswersList<ConnectorView>("List connectors, newest first").Refuses(400, 422);
    }

    private static async Task<IResult> CreateAsync(Body<Request> body, HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(Validate));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, (profile, request)) = asked.Value;

        return await database.OnceAsync<ConnectorView>(caller.Tenant, key, body.Fingerprint, StatusCodes.Status201Created, BankAccountsJson.Default.ConnectorView, async unit =>
        {
            if (await unit.FirstAsync(BankAccountSql.FindProfile, [profile.Value], row => row.GetString(1), ct) is null)
                return new Problem(Errors.InvalidRequest, "There is no such bank.", [new("bankProfile", "unknown", "No such bank profile.")]);
            var id = Id.New<ConnectorId>(unit.Time);
            await unit.ExecuteAsync(BankAccountSql.InsertConnector, [id.Value, unit.Tenant.Value, profile.Value, request.Kind, request.Configuration.GetRawText(), request.Priority, unit.Now], ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.ConnectorCreated, id.ToString(), Change.Set("bankProfile", profile.ToString()), Change.Set("kind", request.Kind),
                Change.Set("priority", request.Priority.ToString()), Change.Set("configuration", request.Configuration.GetRawText()));
            return new ConnectorView(id.ToString(), profile.ToString(), request.Kind, request.Configuration, request.Priority, true, unit.Now);
        }, ct);
    }

    private static Result<(BankProfileId Profile, Request Request)> Validate(Request request)
    {
        var problems = new List<FieldProblem>();
        if (!Id.TryParse<BankProfileId>(request.BankProfile, out var profile)) problems.Add(new("bankProfile", "invalid", "Not the id of a bank profile (bp_…)."));
        if (BankConnectors.Check(request.Kind, request.Configuration.GetRawText()) is { } problem)
            problems.AddRange(problem.Fields ?? [new("configuration", problem.Error.Code, problem.Detail)]);
        return problems.Count > 0 ? Problem.Invalid(problems) : (profile, request);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, CancellationToken ct)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var rows = await database.ListAsync(caller.Tenant, BankAccountSql.ListConnectors, [page.Value.Before, page.Value.Fetch], row => (Id: row.GetGuid(0), View: Read(row)), ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id);
        return Reply.Ok([.. items.Select(item => item.View)], BankAccountsJson.Default.IReadOnlyListConnectorView, next);
    }

    private static ConnectorView Read(Npgsql.NpgsqlDataReader row)
    {
        using var configuration = JsonDocument.Parse(row.GetString(3));
        return new(new ConnectorId(row.GetGuid(0)).ToString(), new BankProfileId(row.GetGuid(1)).ToString(), row.GetString(2), configuration.RootElement.Clone(), row.GetInt32(4), row.GetBoolean(5),
            row.GetFieldValue<DateTimeOffset>(6));
    }
}
