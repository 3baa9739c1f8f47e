using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People.Endpoints;

/// <summary>/v1/members: the people of an organization, and what each of them is in it.</summary>
internal static class MemberEndpoints
{
    /// <summary>A person in the organization.</summary>
    /// <param name="Id">The person, <c>usr_…</c>.</param>
    /// <param name="Email">The address of the account.</param>
    /// <param name="Name">How people call the person.</param>
    /// <param name="Role">What the person is here.</param>
    /// <param name="Departments">The departments (<c>dep_…</c>) the member is confined to; none is all of them.</param>
    /// <param name="TotpEnabled">Whether an authenticator app is enrolled.</param>
    /// <param name="Since">When the person joined (UTC).</param>
    internal sealed record MemberView(string Id, string Email, string Name, string Role, IReadOnlyList<string> Departments, bool TotpEnabled, DateTimeOffset Since);

    /// <summary>What is absent stays as it is.</summary>
    /// <param name="Role">What the member is from now on, at most what you are yourself.</param>
    /// <param name="Departments">The departments (<c>dep_…</c>) the member is confined to from now on; an empty list for all of them.</param>
    internal sealed record ChangeRequest(string? Role = null, IReadOnlyList<string>? Departments = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/members", ListAsync).Needs(Permission.MembersRead).AnswersList<MemberView>("List the members of the organization").Refuses(400, 422);
        routes.MapPatch("/v1/members/{id}", ChangeAsync).Needs(Permission.MembersWrite).OnlyPeople().Accepts<ChangeRequest>("application/json")
            .Answers<MemberView>(200, "Change a member's role or departments; it holds within seconds").Refuses(400, 404, 409, 422);
        routes.MapDelete("/v1/members/{id}", RemoveAsync).Needs(Permission.MembersWrite).OnlyPeople()
            .Answers<DoneView>(200, "Remove a member; their sessions here end").Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, Caller caller, Database database, Users users, CancellationToken ct)
    {
        var page = PageRequest.From(http);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var (items, next) = page.Value.Cut(await database.ListAsync(caller.Tenant, MembershipSql.Page, [page.Value.Before, page.Value.Fetch], Membership.Read, ct), member => member.User.Value);
        var people = await users.FindAllAsync(items.Select(member => member.User), ct);
        var views = new List<MemberView>();
        foreach (var item in items) views.Add(await ViewAsync(item, people[item.User], users, ct));
        return Reply.Ok([.. views], PeopleJson.Default.MemberViewArray, next);
    }

    private static async Task<IResult> ChangeAsync(string id, Body<ChangeRequest> body, Caller caller, Person person, Members members, Users users, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<UserId>(id, out var user)) return Reply.Refused(Members.NotFound());
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var request = body.Content.Value;
        Role? role = null;
        if (request.Role is { } named)
        {
            var granted = Grants.Parse(named, caller.Organization, Members.OwnRole(caller, person));
            if (granted.Problem is { } refusedRole) return Reply.Refused(refusedRole);
            role = granted.Value;
        }
        IReadOnlyList<DepartmentId>? departments = null;
        if (request.Departments is { } list)
        {
            var parsed = await NamedDepartments.ParseAsync(database, caller.Tenant, list, ct);
            if (parsed.Problem is { } unknown) return Reply.Refused(unknown);
            departments = parsed.Value;
        }
        var changed = await members.ChangeAsync(caller, person, user, role, departments, ct);
        return changed.Problem is { } refused ? Reply.Refused(refused) : Reply.Ok(await ViewAsync(changed.Value, await users.FindAsync(user, ct), users, ct), PeopleJson.Default.MemberView);
    }

    private static async Task<IResult> RemoveAsync(string id, Caller caller, Person person, Members members, CancellationToken ct) =>
        Id.TryParse<UserId>(id, out var user) ? Requests.Done((await members.RemoveAsync(caller, person, user, ct)).Problem) : Reply.Refused(Members.NotFound());

    private static async Task<MemberView> ViewAsync(Membership member, User user, Users users, CancellationToken ct) => new(member.User.ToString(), (await users.OpenEmailAsync(user.EmailSealed, ct)).Text,
        await users.OpenNameAsync(user.NameSealed, ct), Roles.Name(member.Role), [.. member.Departments.Select(department => department.ToString())], user.TotpSealed is not null, member.Since);
}
