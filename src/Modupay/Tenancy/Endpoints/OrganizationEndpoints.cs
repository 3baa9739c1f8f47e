using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;

namespace Modupay.Tenancy.Endpoints;

/// <summary>
/// /v1/organizations and /v1/partners. An operator of the platform makes both; a partner makes organizations of its own; everybody reads and
/// changes itself. Row-level security decides what is seen, these endpoints only what may be made.
/// </summary>
internal static partial class OrganizationEndpoints
{
    /// <summary>An organization or a partner to add.</summary>
    /// <param name="Name">From 1 to 200 characters.</param>
    /// <param name="Partner">For operators: which partner (<c>org_…</c>) the organization belongs to. A partner's own are its own without saying so; a partner has none.</param>
    internal sealed record CreateRequest(string Name, string? Partner = null);

    /// <summary>What is absent stays as it is; an empty text removes a display name or a colour.</summary>
    /// <param name="Name">From 1 to 200 characters.</param>
    /// <param name="DisplayName">What payers read, at most 200 characters; empty to show the name instead.</param>
    /// <param name="PrimaryColor"><c>#rrggbb</c>, or empty for none.</param>
    /// <param name="AccentColor"><c>#rrggbb</c>, or empty for none.</param>
    /// <param name="Languages">From 1 to 10 different language tags (BCP 47), such as <c>fr</c> or <c>pt-BR</c>, the preferred one first.</param>
    internal sealed record ChangeRequest(string? Name = null, string? DisplayName = null, string? PrimaryColor = null, string? AccentColor = null, IReadOnlyList<string>? Languages = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/organizations", (HttpRequest http, Body<CreateRequest> body, Caller caller, Database database, CancellationToken ct) =>
                CreateAsync(OrganizationKind.Organization, http, body, caller, database, ct))
            .Needs(Permission.OrganizationsWrite).Accepts<CreateRequest>("application/json").Answers<OrganizationView>(201, "Add an organization, with its test and its live side").Refuses(400, 409, 422);
        routes.MapGet("/v1/organizations", (HttpRequest http, Caller caller, Database database, CancellationToken ct, string? partner = null) =>
                ListAsync(OrganizationKind.Organization, partner, http, caller, database, ct))
            .Needs(Permission.OrganizationsRead).AnswersList<OrganizationView>("List the organizations one may see, newest first").Refuses(400, 422)
            .Takes("partner", "Only organizations of this partner (`org_…`).");
        routes.MapGet("/v1/organizations/{id}", GetAsync).Needs(Permission.OrganizationsRead).Answers<OrganizationView>(200, "Read one organization").Refuses(404);
        routes.MapPatch("/v1/organizations/{id}", ChangeAsync).Needs(Permission.OrganizationsWrite).Accepts<ChangeRequest>("application/json")
            .Answers<OrganizationView>(200, "Change an organization's name and branding").Refuses(400, 404, 422);

        routes.MapPost("/v1/partners", (HttpRequest http, Body<CreateRequest> body, Caller caller, Database database, CancellationToken ct) =>
                CreateAsync(OrganizationKind.Partner, http, body, caller, database, ct))
            .Needs(Permission.PartnersWrite).Accepts<CreateRequest>("application/json").Answers<OrganizationView>(201, "Add a partner").Refuses(400, 409, 422);
        routes.MapGet("/v1/partners", (HttpRequest http, Caller caller, Database database, CancellationToken ct) => ListAsync(OrganizationKind.Partner, null, http, caller, database, ct))
            .Needs(Permission.PartnersRead).AnswersList<OrganizationView>("List partners, newest first").Refuses(400, 422);
    }

    private static async Task<IResult> CreateAsync(OrganizationKind kind, HttpRequest http, Body<CreateRequest> body, Caller caller, Database database, CancellationToken ct)
    {
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(request => Validate(kind, request)));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, (name, partner)) = asked.Value;

        return await database.OnceAsync(caller.Tenant, key, body.Fingerprint, StatusCodes.Status201Created, TenancyJson.Default.OrganizationView,
            unit => MakeAsync(unit, caller, kind, partner, name, ct), ct);
    }

    private static async Task<Result<OrganizationView>> MakeAsync(UnitOfWork unit, Caller caller, OrganizationKind kind, OrganizationId? partner, string name, CancellationToken ct)
    {
        if (!caller.IsPlatform)
        {
            if (kind == OrganizationKind.Partner || await KindOfAsync(unit, caller.Organization, ct) != "partner")
                return new Problem(Errors.Forbidden, "Organizations are made by the platform's operators and by partners, partners by operators.");
            if (partner is not null && partner != caller.Organization) return new Problem(Errors.OrganizationNotYours, "A partner makes organizations for itself.");
            partner = caller.Organization;
        }
        if (partner is { } owner && await KindOfAsync(unit, owner, ct) != "partner")
            return new Problem(Errors.InvalidRequest, "There is no such partner.", [new("partner", "unknown", "No such partner.")]);

        var made = NewOrganization.Create(unit.Time);
        await Organizations.InsertAsync(unit, made, kind, partner, name, ct);
        AuditLog.Record(unit, caller.Actor, AuditActions.OrganizationCreated, made.Id.ToString(), Change.Set("name", name), Change.Set("kind", Kind.Name(kind)), Change.Set("partner", partner?.ToString()));
        return (await unit.FirstAsync(OrganizationSql.Find, [made.Id.Value], OrganizationView.Read, ct))!;
    }

    private static async Task<string?> KindOfAsync(Session session, OrganizationId organization, CancellationToken ct) =>
        await session.FirstAsync(OrganizationSql.KindOf, [organization.Value], row => row.GetString(0), ct);

    private static async Task<IResult> ListAsync(OrganizationKind kind, string? partnerId, HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var page = PageRequest.From(http);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        OrganizationId? partner = null;
        if (partnerId is { Length: > 0 } text)
        {
            if (!Id.TryParse<OrganizationId>(text, out var named)) return Reply.Refused(Problem.Invalid("partner", "invalid", "The id of a partner (org_…)."));
            partner = named;
        }
        var rows = await database.ListAsync(caller.Tenant, OrganizationSql.List, [page.Value.Before, Kind.Name(kind), partner?.Value, page.Value.Fetch],
            row => (Id: row.GetGuid(0), View: OrganizationView.Read(row)), ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id);
        return Reply.Ok([.. items.Select(item => item.View)], TenancyJson.Default.IReadOnlyListOrganizationView, next);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        var view = Id.TryParse<OrganizationId>(id, out var organization)
            ? await database.FirstAsync(caller.Tenant, OrganizationSql.Find, [organization.Value], OrganizationView.Read, ct)
            : null;
        return view is null ? Reply.Refused(Unknown()) : Reply.Ok(view, TenancyJson.Default.OrganizationView);
    }

    private static async Task<IResult> ChangeAsync(string id, Body<ChangeRequest> body, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<OrganizationId>(id, out var organization)) return Reply.Refused(Unknown());
        if (InTest(caller) is { } onlyLive) return Reply.Refused(onlyLive);
        var asked = body.Content.Then(Validate);
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var request = asked.Value;

        var changed = await database.TransactAsync<OrganizationView>(caller.Tenant, async unit =>
        {
            if (await unit.FirstAsync(OrganizationSql.FindForChange, [organization.Value], OrganizationView.Read, ct) is not { } before) return Unknown();
            var after = before with
            {
                Name = request.Name ?? before.Name,
                Branding = before.Branding with
                {
                    DisplayName = Changed(request.DisplayName, before.Branding.DisplayName),
                    PrimaryColor = Changed(request.PrimaryColor?.ToLowerInvariant(), before.Branding.PrimaryColor),
                    AccentColor = Changed(request.AccentColor?.ToLowerInvariant(), before.Branding.AccentColor),
                    Languages = request.Languages ?? before.Branding.Languages,
                },
                UpdatedAt = unit.Now,
            };
            await unit.ExecuteAsync(OrganizationSql.Change,
                [organization.Value, after.Name, after.Branding.DisplayName, after.Branding.PrimaryColor, after.Branding.AccentColor, after.Branding.Languages.ToArray(), unit.Now], ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.OrganizationUpdated, id, new Change("name", before.Name, after.Name), new Change("branding", Text(before.Branding), Text(after.Branding)));
            return after;
        }, ct);
        return Reply.Of(changed, TenancyJson.Default.OrganizationView);
    }

    private static Result<(string Name, OrganizationId? Partner)> Validate(OrganizationKind kind, CreateRequest request)
    {
        var problems = new List<FieldProblem>();
        var name = Texts.Line("name", request.Name, 200, problems);
        OrganizationId? partner = null;
        if (request.Partner is { } text)
        {
            if (kind == OrganizationKind.Organization && Id.TryParse<OrganizationId>(text, out var named)) partner = named;
            else problems.Add(new("partner", "invalid", "The id of a partner (org_…), for an organization."));
        }
        return problems.Count > 0 ? Problem.Invalid(problems) : (name, partner);
    }

    private static Result<ChangeRequest> Validate(ChangeRequest request)
    {
        var problems = new List<FieldProblem>();
        var name = request.Name is null ? null : Texts.Line("name", request.Name, 200, problems);
        var display = request.DisplayName is { Length: > 0 } shown ? Texts.Line("displayName", shown, 200, problems) : request.DisplayName;
        if (request.PrimaryColor is { Length: > 0 } primary && !Color().IsMatch(primary)) problems.Add(new("primaryColor", "invalid", "A colour as #rrggbb."));
        if (request.AccentColor is { Length: > 0 } accent && !Color().IsMatch(accent)) problems.Add(new("accentColor", "invalid", "A colour as #rrggbb."));
        if (request.Languages is { } languages && (languages.Count is 0 or > 10 || languages.Any(language => language is null || !Language().IsMatch(language)) || languages.Distinct(StringComparer.Ordinal).Count() != languages.Count))
            problems.Add(new("languages", "invalid", "From 1 to 10 different language tags (BCP 47), such as fr or pt-BR."));
        return problems.Count > 0 ? Problem.Invalid(problems) : request with { Name = name, DisplayName = display };
    }

    private static string Text(BrandingView branding) => $"{branding.DisplayName} {branding.PrimaryColor} {branding.AccentColor} {string.Join(',', branding.Languages)}";

    private static string? Changed(string? sent, string? before) => sent switch { null => before, "" => null, _ => sent };

    /// <summary>Payers read the name and see the colours and the logo of a live organization, and there is one of each: who may touch nothing live does not change them.</summary>
    internal static Problem? InTest(Caller caller) => caller.Live ? null : new Problem(Errors.LiveModeRequired, "An organization has one name, one logo and one set of colours. Use a live key, or send Modupay-Mode: live.");

    internal static Problem Unknown() => new(Errors.NotFound, "There is no such organization.");

    [GeneratedRegex("^#[0-9a-fA-F]{6}$", RegexOptions.CultureInvariant, 100)]
    private static partial Regex Color();

    // A language, and at most a script and a region: what a page can be written in. RFC 5646 allows more than anybody translates into.
    [GeneratedRegex("^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 100)]
    private static partial Regex Language();
}
