using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People.Endpoints;

/// <summary>GET /v1/me, and the list of where I am logged in.</summary>
internal static class MeEndpoints
{
    internal sealed record MembershipView(string Organization, string Role, IReadOnlyList<string> Departments);

    /// <param name="Permissions">What I may do now, in the mode of this request.</param>
    internal sealed record MeView(string Id, string Email, string Name, string Organization, string Role, bool Live, IReadOnlyList<string> Permissions, bool TotpEnabled, long RecoveryCodesLeft,
        IReadOnlyList<MembershipView> Memberships);

    internal sealed record SessionView(string Id, string Organization, IReadOnlyList<string> Methods, string? Address, string? Client, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, bool Current);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/me", MeAsync).ForPeople().Answers<MeView>(200, "Who I am, and what I may do");
        routes.MapGet("/v1/me/sessions", SessionsAsync).ForPeople().AnswersList<SessionView>("Where I am logged in").Refuses(400, 422);
        routes.MapDelete("/v1/me/sessions/{id}", RevokeAsync).ForPeople().Answers<DoneView>(200, "End one of my sessions").Refuses(404);
    }

    private static async Task<IResult> MeAsync(Caller caller, Person person, Users users, Logins logins, Database database, CancellationToken ct)
    {
        var user = await users.FindAsync(person.User, ct);
        var left = await database.ListAsync(PlatformTenant.Id, UserSql.RecoveryCodesLeft, [person.User.Value], row => row.GetInt64(0), ct);
        var memberships = await logins.MembershipsAsync(person.User, ct);
        return Reply.Ok(new MeView(person.User.ToString(), (await users.OpenEmailAsync(user.EmailSealed, ct)).Text, await users.OpenNameAsync(user.NameSealed, ct), caller.Home.ToString(),
            Roles.Name(person.Role), caller.Live, caller.Permissions.Names, user.TotpSealed is not null, left[0],
            [.. memberships.Select(membership => new MembershipView(membership.Organization.ToString(), Roles.Name(membership.Role), [.. membership.Departments.Select(department => department.ToString())]))]),
            PeopleJson.Default.MeView);
    }

    private static async Task<IResult> SessionsAsync(HttpRequest http, Person person, SessionEnds sessions, Logins logins, CancellationToken ct)
    {
        var page = PageRequest.From(http);
        if (page.Problem is { } refused) return Reply.Refused(refused);
        var (items, next) = page.Value.Cut(await sessions.ListAsync(person, page.Value, ct), session => session.Id.Value);
        var views = new List<SessionView>();
        foreach (var item in items)
        {
            views.Add(new(item.Id.ToString(), item.Organization.ToString(), item.Methods, await logins.OpenAddressAsync(item.AddressSealed, ct), item.Client, item.CreatedAt, item.RotatedAt, item.ExpiresAt,
                item.Id == person.Session));
        }
        return Reply.Ok([.. views], PeopleJson.Default.SessionViewArray, next);
    }

    private static async Task<IResult> RevokeAsync(string id, Person person, SessionEnds sessions, CancellationToken ct) =>
        Id.TryParse<SessionId>(id, out var session) && await sessions.RevokeAsync(person, session, ct)
            ? Requests.Done(null)
            : Reply.Refused(new Problem(Errors.NotFound, "There is no such session of yours."));
}
