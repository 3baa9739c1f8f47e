using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People.Endpoints;

/// <summary>
/// What the link in an invitation leads to. The token travels in a body and never in an address: addresses are written into logs by everything that
/// stands between.
/// </summary>
internal static class AcceptEndpoints
{
    /// <summary>The token of an invitation.</summary>
    /// <param name="Token"><c>mp_invite_…</c> from the link in the letter.</param>
    internal sealed record LookUpRequest(string Token);

    /// <summary>What an invitation is for.</summary>
    /// <param name="Organization">The name of the organization that invites.</param>
    /// <param name="Email">Who is invited.</param>
    /// <param name="Role">What one would be there.</param>
    /// <param name="ExpiresAt">Until when the invitation can be accepted (UTC).</param>
    /// <param name="KnownAccount">Whether to ask for the password this address has, or for a name and a new one.</param>
    internal sealed record InvitedView(string Organization, string Email, string Role, DateTimeOffset ExpiresAt, bool KnownAccount);

    /// <summary>Accepts an invitation.</summary>
    /// <param name="Token"><c>mp_invite_…</c> from the link in the letter.</param>
    /// <param name="Password">Chosen now for a new account, from 12 to 128 characters and not a common one; the one it has for a known account.</param>
    /// <param name="Name">For a new account: how people call you.</param>
    /// <param name="Totp">Six digits of the authenticator app, where the known account has a second factor.</param>
    /// <param name="RecoveryCode">One of the recovery codes, instead of <c>totp</c>.</param>
    internal sealed record AcceptRequest(string Token, string Password, string? Name = null, string? Totp = null, string? RecoveryCode = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/invitations/look-up", LookUpAsync).OpenToAll().Accepts<LookUpRequest>("application/json")
            .Answers<InvitedView>(200, "What an invitation's token is for").Refuses(400, 422);
        routes.MapPost("/v1/invitations/accept", AcceptAsync).OpenToAll().Accepts<AcceptRequest>("application/json")
            .Answers<TokensView>(201, "Accept an invitation, with a new account or a known one, and be logged in").Refuses(400, 409, 422);
    }

    private static async Task<IResult> LookUpAsync(Body<LookUpRequest> body, Invitations invitations, Users users, Database database, OrganizationTenants tenants, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var found = await invitations.FindAsync(body.Content.Value.Token, ct);
        if (found.Problem is { } gone) return Reply.Refused(gone);
        var invitation = found.Value;
        if (await users.OpenEmailIfKeptAsync(invitation.EmailSealed, ct) is not { } email) return Reply.Refused(Invitations.LinkInvalid());
        var name = await Organizations.NameOfAsync(database, await tenants.LiveAsync(invitation.Organization, ct), invitation.Organization, ct);
        return Reply.Ok(new InvitedView(name, email.Text, Roles.Name(invitation.Role), invitation.ExpiresAt,
            await users.FindAsync(invitation.EmailHash, ct) is not null), PeopleJson.Default.InvitedView);
    }

    private static async Task<IResult> AcceptAsync(HttpContext http, Body<AcceptRequest> body, AcceptInvitations acceptances, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var request = body.Content.Value;
        return Requests.Tokens(await acceptances.AcceptAsync(request.Token, new(request.Name, new(request.Password, request.Totp, request.RecoveryCode)), Requests.Visit(http), ct), StatusCodes.Status201Created);
    }
}
