using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;

namespace Modupay.Tenancy.Endpoints;

/// <summary>A part of the organization that has accounts and members of its own.</summary>
/// <param name="Id">Its id, <c>dep_…</c>.</param>
/// <param name="Code">Short and unique within the organization.</param>
/// <param name="ArchivedAt">When it was archived (UTC); absent while it is in use.</param>
internal sealed record DepartmentView(string Id, string Name, string Code, DateTimeOffset CreatedAt, DateTimeOffset? ArchivedAt)
{
    public static DepartmentView Read(Npgsql.NpgsqlDataReader row) => new(new DepartmentId(row.GetGuid(0)).ToString(), row.GetString(1), row.GetString(2),
        row.GetFieldValue<DateTimeOffset>(3), row.IsDBNull(4) ? null : row.GetFieldValue<DateTimeOffset>(4));
}

/// <summary>/v1/departments: services and régies inside the organization. They are archived, never deleted: payments keep pointing at them.</summary>
internal static class DepartmentEndpoints
{
    /// <summary>A department to add.</summary>
    /// <param name="Name">From 1 to 200 characters.</param>
    /// <param name="Code">Unique within the organization: from 1 to 32 letters, digits, dots, dashes and underscores, a letter or digit first.</param>
    internal sealed record CreateRequest(string Name, string Code);

    /// <summary>What is absent stays as it is.</summary>
    /// <param name="Name">From 1 to 200 characters.</param>
    /// <param name="Archived"><c>true</c> archives the department, <c>false</c> brings it back.</param>
    internal sealed record ChangeRequest(string? Name = null, bool? Archived = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/departments", CreateAsync).Needs(Permission.DepartmentsWrite).Accepts<CreateRequest>("application/json")
            .Answers<DepartmentView>(201, "Add a department").Refuses(400, 409, 422);
        routes.MapGet("/v1/departments", ListAsync).Needs(Permission.DepartmentsRead).AnswersList<DepartmentView>("List departments, newest first; with archived=true the archived ones too").Refuses(400, 422)
            .Takes("archived", "`true` lists the archived ones too; absent means `false`.");
        routes.MapGet("/v1/departments/{id}", GetAsync).Needs(Permission.DepartmentsRead).Answers<DepartmentView>(200, "Read one department").Refuses(404);
        routes.MapPatch("/v1/departments/{id}", ChangeAsync).Needs(Permission.DepartmentsWrite).Accepts<ChangeRequest>("application/json")
            .Answers<DepartmentView>(200, "Rename, archive or bring back a department").Refuses(400, 404, 422);
    }

    private static async Task<IResult> CreateAsync(HttpRequest http, Body<CreateRequest> body, Caller caller, Database database, CancellationToken ct)
    {
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(Validate));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, (name, code)) = asked.Value;

        return await database.OnceAsync<DepartmentView>(caller.Tenant, key, body.Fingerprint, StatusCodes.Status201Created, TenancyJson.Default.DepartmentView, async unit =>
        {
            var id = Id.New<DepartmentId>(unit.Time);
            if (await unit.ExecuteAsync(DepartmentSql.Insert, [id.Value, caller.Organization.Value, name, code, unit.Now], ct) == 0)
                return new Problem(Errors.DepartmentCodeTaken, "Choose another code, or bring the other department back.", [new("code", "taken", "Each code is one department.")]);
            AuditLog.Record(unit, caller.Actor, AuditActions.DepartmentCreated, id.ToString(), Change.Set("name", name), Change.Set("code", code));
            return new DepartmentView(id.ToString(), name, code, unit.Now, null);
        }, ct);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, Caller caller, Database database, CancellationToken ct, bool archived = false)
    {
        var page = PageRequest.From(http);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var rows = await database.ListAsync(caller.Tenant, DepartmentSql.List, [page.Value.Before, archived, page.Value.Fetch],
            row => (Id: row.GetGuid(0), View: DepartmentView.Read(row)), ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id);
        return Reply.Ok([.. items.Select(item => item.View)], TenancyJson.Default.IReadOnlyListDepartmentView, next);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        var view = Id.TryParse<DepartmentId>(id, out var department)
            ? await database.FirstAsync(caller.Tenant, DepartmentSql.Find, [department.Value], DepartmentView.Read, ct)
            : null;
        return view is null ? Reply.Refused(Unknown()) : Reply.Ok(view, TenancyJson.Default.DepartmentView);
    }

    private static async Task<IResult> ChangeAsync(string id, Body<ChangeRequest> body, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<DepartmentId>(id, out var department)) return Reply.Refused(Unknown());
        var asked = body.Content.Then(Validate);
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var request = asked.Value;

        var changed = await database.TransactAsync<DepartmentView>(caller.Tenant, async unit =>
        {
            if (await unit.FirstAsync(DepartmentSql.FindForChange, [department.Value], DepartmentView.Read, ct) is not { } before) return Unknown();
            var after = before with
            {
                Name = request.Name ?? before.Name,
                ArchivedAt = request.Archived switch { null => before.ArchivedAt, true => before.ArchivedAt ?? unit.Now, false => null },
            };
            await unit.ExecuteAsync(DepartmentSql.Change, [department.Value, after.Name, after.ArchivedAt], ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.DepartmentUpdated, id, new Change("name", before.Name, after.Name), new Change("archived", Text(before), Text(after)));
            return after;
        }, ct);
        return Reply.Of(changed, TenancyJson.Default.DepartmentView);
    }

    private static Result<CreateRequest> Validate(CreateRequest request)
    {
        var problems = new List<FieldProblem>();
        var (name, code) = (Texts.Line("name", request.Name, 200, problems), request.Code);
        if (code.Length is 0 or > 32 || !char.IsAsciiLetterOrDigit(code[0]) || !code.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_'))
            problems.Add(new("code", "invalid", "From 1 to 32 letters, digits, dots, dashes and underscores, a letter or digit first."));
        return problems.Count > 0 ? Problem.Invalid(problems) : new CreateRequest(name, code);
    }

    private static Result<ChangeRequest> Validate(ChangeRequest request)
    {
        var problems = new List<FieldProblem>();
        var name = request.Name is null ? null : Texts.Line("name", request.Name, 200, problems);
        return problems.Count > 0 ? Problem.Invalid(problems) : request with { Name = name };
    }

    private static string Text(DepartmentView department) => department.ArchivedAt is null ? "no" : "yes";

    private static Problem Unknown() => new(Errors.NotFound, "There is no such department.");
}
