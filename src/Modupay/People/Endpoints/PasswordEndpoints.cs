using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;

namespace Modupay.People.Endpoints;

/// <summary>Passwords that were forgotten, and passwords that are changed.</summary>
internal static class PasswordEndpoints
{
    /// <summary>Whose password was forgotten.</summary>
    /// <param name="Email">The address of the account.</param>
    internal sealed record ResetRequest(string Email);

    /// <summary>A new password instead of a forgotten one.</summary>
    /// <param name="Token"><c>mp_reset_…</c> from the link in the letter.</param>
    /// <param name="Password">The new one: from 12 to 128 characters, and not a common one.</param>
    internal sealed record ConfirmRequest(string Token, string Password);

    /// <summary>A new password instead of a known one.</summary>
    /// <param name="CurrentPassword">The one until now.</param>
    /// <param name="NewPassword">From 12 to 128 characters, and not a common one.</param>
    /// <param name="Totp">Six digits of the authenticator app, where one is enrolled.</param>
    /// <param name="RecoveryCode">One of the recovery codes, instead of <c>totp</c>.</param>
    internal sealed record ChangeRequest(string CurrentPassword, string NewPassword, string? Totp = null, string? RecoveryCode = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/auth/password-reset", RequestAsync).WithName("requestPasswordReset").OpenToAll().Accepts<ResetRequest>("application/json")
            .Answers<DoneView>(202, "Ask for a letter with a link to set a new password; the answer is the same for every address").Refuses(400, 422);
        routes.MapPost("/v1/auth/password-reset/confirm", ConfirmAsync).OpenToAll().Accepts<ConfirmRequest>("application/json")
            .Answers<DoneView>(200, "Set a new password with the token of the letter; every session ends").Refuses(400, 422);
        routes.MapPost("/v1/auth/password", ChangeAsync).WithName("changePassword").ForPeople().Accepts<ChangeRequest>("application/json")
            .Answers<DoneView>(200, "Change my password; my other sessions end").Refuses(400, 422, 429);
    }

    private static async Task<IResult> RequestAsync(HttpContext http, Body<ResetRequest> body, PasswordResets resets, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var email = EmailAddress.Parse(body.Content.Value.Email);
        if (email.Problem is { } badEmail) return Reply.Refused(badEmail);
        return await resets.RequestAsync(email.Value, ClientAddress.Of(http), ct) is { } wait
            ? Reply.Refused(wait)
            : Reply.Ok(new DoneView(true), PeopleJson.Default.DoneView, status: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ConfirmAsync(HttpContext http, Body<ConfirmRequest> body, PasswordResets resets, CancellationToken ct) => body.Content.Problem is { } unreadable
        ? Reply.Refused(unreadable)
        : Requests.Done(await resets.ConfirmAsync(body.Content.Value.Token, body.Content.Value.Password, Requests.Visit(http).Origin, ct));

    private static async Task<IResult> ChangeAsync(HttpContext http, Body<ChangeRequest> body, Caller caller, Person person, PasswordResets resets, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var request = body.Content.Value;
        return Requests.Done(await resets.ChangeAsync(person, caller, new(request.CurrentPassword, request.Totp, request.RecoveryCode), request.NewPassword, Requests.Visit(http).Origin, ct));
    }
}
