using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Accounts;

/// <summary>A bank, which rails it offers and how it writes its statements.</summary>
/// <param name="Id">Its id, <c>bp_…</c>.</param>
/// <param name="Bic">The bank's BIC (ISO 9362).</param>
/// <param name="Rails">The ways of paying it offers.</param>
/// <param name="Dialect">The name of the profile its statements are read by; <c>generic</c> when each file is told by itself.</param>
internal sealed record BankProfileView(string Id, string Name, string Bic, IReadOnlyList<string> Rails, string Dialect, DateTimeOffset CreatedAt);

/// <summary>/v1/bank-profiles: a bank, which rails it offers and how it writes its statements.</summary>
internal static class BankProfileEndpoints
{
    internal static readonly string[] Rails = ["sepa_credit_transfer", "sepa_instant", "swift", "local"];

    /// <summary>A bank to add.</summary>
    /// <param name="Name">From 1 to 140 characters.</param>
    /// <param name="Bic">The bank's BIC (ISO 9362), 8 or 11 characters.</param>
    /// <param name="Rails">The ways of paying it offers, at least one.</param>
    /// <param name="Dialect">The name of the profile its statements are read by, from 1 to 60 characters; <c>generic</c> when absent.</param>
    internal sealed record Request(string Name, string Bic, IReadOnlyList<string> Rails, string Dialect = "generic");

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/bank-profiles", CreateAsync).Needs(Permission.BankAccountsWrite).Accepts<Request>("application/json").Answers<BankProfileView>(StatusCodes.Status201Created, "Add a bank").Refuses(400, 409, 422);
        routes.MapGet("/v1/bank-profiles", ListAsync).Needs(Permission.BankAccountsRead).AnswersList<BankProfileView>("List banks, newest first").Refuses(400, 422);
        routes.MapGet("/v1/bank-profiles/{id}", GetAsync).Needs(Permission.BankAccountsRead).Answers<BankProfileView>(StatusCodes.Status200OK, "Read one bank").Refuses(404);
    }

    private static async Task<IResult> CreateAsync(Body<Request> body, HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(Validate));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, bank) = asked.Value;

        return await database.OnceAsync<BankProfileView>(caller.Tenant, key, body.Fingerprint, StatusCodes.Status201Created, BankAccountsJson.Default.BankProfileView, async unit =>
        {
            var id = Id.New<BankProfileId>(unit.Time);
            await unit.ExecuteAsync(BankAccountSql.InsertProfile, [id.Value, unit.Tenant.Value, bank.Name, bank.Bic, bank.Rails.ToArray(), bank.Dialect, unit.Now], ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.BankProfileCreated, id.ToString(), Change.Set("name", bank.Name), Change.Set("bic", bank.Bic), Change.Set("dialect", bank.Dialect));
            return new BankProfileView(id.ToString(), bank.Name, bank.Bic, bank.Rails, bank.Dialect, unit.Now);
        }, ct);
    }

    private static Result<Request> Validate(Request request)
    {
        var problems = new List<FieldProblem>();
        var name = Texts.Line("name", request.Name, 140, problems);
        if (!Bics.IsWellFormed(request.Bic)) problems.Add(new("bic", "bic_invalid", "Not a BIC (ISO 9362)."));
        if (request.Rails.Count == 0 || request.Rails.Except(Rails).Any()) problems.Add(new("rails", "unknown", $"One or more of {string.Join(", ", Rails)}."));
        if (request.Dialect.Length is 0 or > 60) problems.Add(new("dialect", "length", "From 1 to 60 characters."));
        return problems.Count > 0 ? Problem.Invalid(problems) : request with { Name = name };
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        var view = Id.TryParse<BankProfileId>(id, out var profile)
            ? await database.FirstAsync(caller.Tenant, BankAccountSql.FindProfile, [profile.Value], Read, ct)
            : null;
        return view is null ? Reply.Refused(new Problem(Errors.NotFound, "There is no such bank profile.")) : Reply.Ok(view, BankAccountsJson.Default.BankProfileView);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, CancellationToken ct)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var rows = await database.ListAsync(caller.Tenant, BankAccountSql.ListProfiles, [page.Value.Before, page.Value.Fetch], row => (Id: row.GetGuid(0), View: Read(row)), ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id);
        return Reply.Ok([.. items.Select(item => item.View)], BankAccountsJson.Default.IReadOnlyListBankProfileView, next);
    }

    private static BankProfileView Read(Npgsql.NpgsqlDataReader row) =>
        new(new BankProfileId(row.GetGuid(0)).ToString(), row.GetString(1), row.GetString(2), row.GetFieldValue<string[]>(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5));
}
