using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People.Endpoints;

/// <summary>/v1/invitations: how people come into an organization.</summary>
internal static class InvitationEndpoints
{
    /// <summary>Somebody to invite.</summary>
    /// <param name="Email">Where the invitation is sent: an address in ASCII, such as <c>anna@example.com</c>.</param>
    /// <param name="Role">What the person will be, at most what you are yourself. <c>operator</c> and <c>operator_viewer</c> are for the platform's own people.</param>
    /// <param name="Departments">The departments (<c>dep_…</c>) the person is confined to; all of them when absent or empty.</param>
    internal sealed record CreateRequest(string Email, string Role, IReadOnlyList<string>? Departments = null);

    /// <summary>The first owner of an organization.</summary>
    /// <param name="Email">Where the invitation is sent: an address in ASCII, such as <c>anna@example.com</c>.</param>
    internal sealed record OwnerRequest(string Email);

    /// <summary>Somebody who is asked to join the organization.</summary>
    /// <param name="Id">Its id, <c>ivt_…</c>.</param>
    /// <param name="Email">Where it was sent; <c>erased</c> where the person was.</param>
    /// <param name="Role">What the person will be.</param>
    /// <param name="Departments">The departments (<c>dep_…</c>) the person will be confined to; none is all of them.</param>
    /// <param name="State"><c>open</c>, <c>accepted</c>, <c>revoked</c> or <c>expired</c>.</param>
    /// <param name="InvitedBy">Who invited: <c>user:usr_…</c> or <c>api_key:key_…</c>.</param>
    /// <param name="ExpiresAt">Until when it can be accepted (UTC): seven days after the last letter.</param>
    /// <param name="AcceptedAt">When it was accepted (UTC).</param>
    /// <param name="AcceptedBy">Who accepted it, <c>usr_…</c>.</param>
    internal sealed record InvitationView(string Id, string Email, string Role, IReadOnlyList<string> Departments, string State, string InvitedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt,
        DateTimeOffset? AcceptedAt = null, string? AcceptedBy = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/invitations", CreateAsync).Needs(Permission.MembersWrite).OnlyPeople().Accepts<CreateRequest>("application/json")
            .Answers<InvitationView>(201, "Invite somebody by e-mail; the link works once, for seven days").Refuses(400, 409, 422);
        routes.MapGet("/v1/invitations", ListAsync).Needs(Permission.MembersRead).AnswersList<InvitationView>("List invitations, newest first").Refuses(400, 422);
        routes.MapPost("/v1/invitations/{id}/resend", ResendAsync).Needs(Permission.MembersWrite).OnlyPeople()
            .Answers<InvitationView>(200, "Send an invitation again; the link of the letter before stops working").Refuses(404, 409);
        routes.MapDelete("/v1/invitations/{id}", RevokeAsync).Needs(Permission.MembersWrite).OnlyPeople()
            .Answers<InvitationView>(200, "Revoke an invitation").Refuses(404, 409);
        routes.MapPost("/v1/organizations/{id}/first-owner", InviteOwnerAsync).WithName("inviteFirstOwner").Needs(Permission.OrganizationsWrite).Accepts<OwnerRequest>("application/json")
            .Answers<InvitationView>(201, "Invite the first owner of an organization that has none").Refuses(400, 404, 409, 422);
    }

    private static async Task<IResult> CreateAsync(HttpRequest http, Body<CreateRequest> body, Caller caller, Person person, Database database, Invitations invitations, OrganizationTenants tenants, CancellationToken ct)
    {
        var key = IdempotencyKey.Optional(http);
        if (key.Problem is { } badKey) return Reply.Refused(badKey);
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var request = body.Content.Value;
        var email = EmailAddress.Parse(request.Email);
        if (email.Problem is { } badEmail) return Reply.Refused(badEmail);
        var role = Grants.Parse(request.Role, caller.Organization, Members.OwnRole(caller, person));
        if (role.Problem is { } badRole) return Reply.Refused(badRole);
        var departments = await NamedDepartments.ParseAsync(database, caller.Tenant, request.Departments ?? [], ct);
        if (departments.Problem is { } unknown) return Reply.Refused(unknown);

        var draft = await invitations.DraftAsync(caller.Organization, email.Value, role.Value, ct);
        var answer = await database.OnceStoredAsync<InvitationView>(await tenants.LiveAsync(caller.Organization, ct), key.Value, body.Fingerprint, StatusCodes.Status201Created, PeopleJson.Default.InvitationView, async unit =>
        {
            var made = await Invitations.InsertAsync(unit, caller.Organization, draft, role.Value, departments.Value, caller.Actor, ct);
            if (made.Problem is { } refused) return refused;
            return View(made.Value, "", unit.Now);
        }, ct);
        return Shown(answer, email.Value);
    }

    /// <summary>
    /// For whoever made the organization: its partner, or an operator. Once it has an owner, its people invite each other. An organization's own key is
    /// less than the owner it would make, and so is a key that may touch nothing live.
    /// </summary>
    private static async Task<IResult> InviteOwnerAsync(string id, HttpRequest http, Body<OwnerRequest> body, Caller caller, Database database, Invitations invitations, OrganizationTenants tenants, CancellationToken ct)
    {
        var key = IdempotencyKey.Optional(http);
        if (key.Problem is { } badKey) return Reply.Refused(badKey);
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        if (caller.Actor.Kind == Actor.ApiKey && !caller.Live) return Reply.Refused(new Problem(Errors.Forbidden, "An owner rules over what is live, so this needs a live key."));
        if (!Id.TryParse<OrganizationId>(id, out var organization) || organization == caller.Home || !await Organizations.IsSeenAsync(database, caller.Tenant, organization, ct))
            return Reply.Refused(new Problem(Errors.NotFound, "There is no such organization."));
        var email = EmailAddress.Parse(body.Content.Value.Email);
        if (email.Problem is { } badEmail) return Reply.Refused(badEmail);

        var role = Grants.HighestIn(organization);
        var draft = await invitations.DraftAsync(organization, email.Value, role, ct);
        var answer = await database.OnceStoredAsync<InvitationView>(await tenants.LiveAsync(organization, ct), key.Value, body.Fingerprint, StatusCodes.Status201Created, PeopleJson.Default.InvitationView, async unit =>
        {
            var owners = await unit.ListAsync(MembershipSql.LockOwners, [new[] { Roles.Name(role) }], row => row.GetGuid(0), ct);
            if (owners.Count > 0) return new Problem(Errors.InvitationState, "The organization has an owner, who invites others.");
            var made = await Invitations.InsertAsync(unit, organization, draft, role, [], caller.Actor, ct);
            if (made.Problem is { } refused) return refused;
            return View(made.Value, "", unit.Now);
        }, ct);
        return Shown(answer, email.Value);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, Caller caller, Database database, Users users, CancellationToken ct)
    {
        var page = PageRequest.From(http);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var (items, next) = page.Value.Cut(await database.ListAsync(caller.Tenant, InvitationSql.Page, [page.Value.Before, page.Value.Fetch], Invitation.Read, ct), item => item.Id.Value);
        var views = new List<InvitationView>();
        foreach (var item in items) views.Add(await ViewAsync(item, users, database.Time.GetUtcNow(), ct));
        return Reply.Ok([.. views], PeopleJson.Default.InvitationViewArray, next);
    }

    private static async Task<IResult> ResendAsync(string id, Caller caller, Database database, Users users, Invitations invitations, CancellationToken ct)
    {
        if (!Id.TryParse<InvitationId>(id, out var invitation)) return Reply.Refused(Invitations.NotFound());
        var renewed = await invitations.ResendAsync(caller.Organization, invitation, caller.Actor, ct);
        return renewed.Problem is { } refused ? Reply.Refused(refused) : Reply.Ok(await ViewAsync(renewed.Value, users, database.Time.GetUtcNow(), ct), PeopleJson.Default.InvitationView);
    }

    private static async Task<IResult> RevokeAsync(string id, Caller caller, Database database, Users users, OrganizationTenants tenants, CancellationToken ct)
    {
        if (!Id.TryParse<InvitationId>(id, out var invitation)) return Reply.Refused(Invitations.NotFound());
        var revoked = await database.TransactAsync<Invitation>(await tenants.LiveAsync(caller.Organization, ct), async unit =>
        {
            if (await unit.FirstAsync(InvitationSql.Find, [invitation.Value], Invitation.Read, ct) is null) return Invitations.NotFound();
            if (await unit.FirstAsync(InvitationSql.Revoke, [invitation.Value, unit.Now], Invitation.Read, ct) is not { } found) return Invitations.NotOpen();
            AuditLog.Record(unit, caller.Actor, AuditActions.InvitationRevoked, id);
            return found;
        }, ct);
        return revoked.Problem is { } refused ? Reply.Refused(refused) : Reply.Ok(await ViewAsync(revoked.Value, users, database.Time.GetUtcNow(), ct), PeopleJson.Default.InvitationView);
    }

    private static async Task<InvitationView> ViewAsync(Invitation invitation, Users users, DateTimeOffset now, CancellationToken ct) => View(invitation, (await users.OpenEmailIfKeptAsync(invitation.EmailSealed, ct))?.Text ?? "erased", now);

    /// <summary>What is stored for a repeated request holds no address; a repeated request brings it along.</summary>
    private static Reply Shown(Result<StoredAnswer> answer, EmailAddress email)
    {
        if (answer.Problem is { } problem) return Reply.Refused(problem);
        var view = JsonSerializer.Deserialize(answer.Value.Data, PeopleJson.Default.InvitationView)! with { Email = email.Text };
        return Reply.Stored(answer.Value with { Data = Reply.Bytes(view, PeopleJson.Default.InvitationView) });
    }

    private static InvitationView View(Invitation invitation, string email, DateTimeOffset now) => new(invitation.Id.ToString(), email, Roles.Name(invitation.Role),
        [.. invitation.Departments.Select(department => department.ToString())], invitation.State(now), invitation.InvitedBy, invitation.CreatedAt, invitation.ExpiresAt, invitation.AcceptedAt, invitation.AcceptedBy?.ToString());
}
