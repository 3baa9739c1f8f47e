using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People.Endpoints;

/// <summary>/v1/auth: coming in, staying in, and leaving.</summary>
internal static class LoginEndpoints
{
    /// <summary>Who comes in.</summary>
    /// <param name="Email">The address of the account.</param>
    /// <param name="Password">Its password.</param>
    /// <param name="Totp">Six digits of the authenticator app, where one is enrolled; each code works once.</param>
    /// <param name="RecoveryCode">One of the recovery codes, instead of <c>totp</c>; each works once.</param>
    /// <param name="Organization">Where to (<c>org_…</c>); needed by whoever belongs to several.</param>
    internal sealed record LoginRequest(string Email, string Password, string? Totp = null, string? RecoveryCode = null, string? Organization = null);

    /// <summary>The token that is exchanged.</summary>
    /// <param name="RefreshToken"><c>mp_refresh_…</c> of the answer before. One that was used already ends the session.</param>
    internal sealed record RefreshRequest(string RefreshToken);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/auth/login", LoginAsync).OpenToAll()
            .Accepts<LoginRequest>("application/json").Answers<TokensView>(200, "Log in with a password, and a code where a second factor is enrolled").Refuses(400, 403, 409, 422);
        routes.MapPost("/v1/auth/refresh", RefreshAsync).OpenToAll()
            .Accepts<RefreshRequest>("application/json").Answers<TokensView>(200, "Exchange a refresh token for new tokens; it works once").Refuses(400);
        routes.MapPost("/v1/auth/logout", LogoutAsync).ForPeople().Answers<DoneView>(200, "End this session");
        routes.MapPost("/v1/auth/logout-everywhere", LogoutEverywhereAsync).ForPeople().Answers<DoneView>(200, "End every session of mine; access tokens stop working within seconds");
    }

    private static async Task<IResult> LoginAsync(HttpContext http, Body<LoginRequest> body, Logins logins, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var request = body.Content.Value;
        var email = EmailAddress.Parse(request.Email);
        if (email.Problem is { } badEmail) return Reply.Refused(badEmail);
        OrganizationId? organization = null;
        if (request.Organization is { } named)
        {
            if (!Id.TryParse<OrganizationId>(named, out var id)) return Reply.Refused(new Problem(Errors.NotAMember, "Name an organization of yours, or none."));
            organization = id;
        }
        return Requests.Tokens(await logins.LoginAsync(email.Value, new(request.Password, request.Totp, request.RecoveryCode), organization, Requests.Visit(http), ct));
    }

    private static async Task<IResult> RefreshAsync(HttpContext http, Body<RefreshRequest> body, Logins logins, CancellationToken ct) => body.Content.Problem is { } unreadable
        ? Reply.Refused(unreadable)
        : Requests.Tokens(await logins.RefreshAsync(body.Content.Value.RefreshToken, Requests.Visit(http), ct));

    private static async Task<IResult> LogoutAsync(Person person, SessionEnds ends, CancellationToken ct)
    {
        await ends.EndAsync(person, ct);
        return Requests.Done(null);
    }

    private static async Task<IResult> LogoutEverywhereAsync(Caller caller, Person person, SessionEnds ends, CancellationToken ct)
    {
        await ends.EndAllAsync(person, caller, ct);
        return Requests.Done(null);
    }
}
