using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People.Endpoints;

/// <summary>GET /v1/me, and the list of where I am logged in.</summary>
internal static class MeEndpoints
{
    /// <summary>What I am in one organization.</summary>
    /// <param name="Organization">The organization, <c>org_…</c>.</param>
    /// <param name="Role">What I am there.</param>
    /// <param name="Departments">The departments (<c>dep_…</c>) I am confined to; none is all of them.</param>
    internal sealed record MembershipView(string Organization, string Role, IReadOnlyList<string> Departments);

    /// <summary>Who asks.</summary>
    /// <param name="Id">The person, <c>usr_…</c>.</param>
    /// <param name="Email">The address of the account.</param>
    /// <param name="Organization">The organization of this session, <c>org_…</c>.</param>
    /// <param name="Role">What I am there.</param>
    /// <param name="Live">Whether this request is about live data, or test data.</param>
    /// <param name="Permissions">What I may do now, in the mode of this request.</param>
    /// <param name="TotpEnabled">Whether an authenticator app is enrolled.</param>
    /// <param name="RecoveryCodesLeft">How many recovery codes have not been used.</param>
    /// <param name="Memberships">All organizations I belong to.</param>
    internal sealed record MeView(string Id, string Email, string Name, string Organization, string Role, bool Live, IReadOnlyList<string> Permissions, bool TotpEnabled, long RecoveryCodesLeft,
        IReadOnlyList<MembershipView> Memberships);

    /// <summary>One login.</summary>
    /// <param name="Id">Its id, <c>ses_…</c>.</param>
    /// <param name="Organization">Where to, <c>org_…</c>.</param>
    /// <param name="Methods">How it was proven who it is, in the words of RFC 8176: password, one-time code, recovery code, several.</param>
    /// <param name="Address">The IP address it came from, while it is known.</param>
    /// <param name="Client">What the program called itself (<c>User-Agent</c>), at most 200 characters.</param>
    /// <param name="CreatedAt">When the login was (UTC).</param>
    /// <param name="LastUsedAt">When its tokens were last renewed (UTC).</param>
    /// <param name="ExpiresAt">When it ends at the latest (UTC).</param>
    /// <param name="Current">Whether it is the session of this request.</param>
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
