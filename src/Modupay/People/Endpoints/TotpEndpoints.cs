using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;

namespace Modupay.People.Endpoints;

/// <summary>/v1/me/totp: my second factor.</summary>
internal static class TotpEndpoints
{
    /// <summary>The password again: a borrowed session must not be enough.</summary>
    /// <param name="Password">The password of the account.</param>
    /// <param name="Totp">Six digits of the authenticator app, where one is enrolled.</param>
    /// <param name="RecoveryCode">One of the recovery codes, instead of <c>totp</c>.</param>
    internal sealed record ProofRequest(string Password, string? Totp = null, string? RecoveryCode = null);

    /// <summary>A first code, to prove that the app has the seed.</summary>
    /// <param name="Totp">Six digits of the authenticator app.</param>
    internal sealed record CodeRequest(string Totp);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/me/totp", ProposeAsync).ForPeople().Accepts<ProofRequest>("application/json")
            .Answers<ProposedSeed>(200, "Get a seed for an authenticator app; it counts once a code of it was sent").Refuses(400, 409, 429);
        routes.MapPost("/v1/me/totp/verify", VerifyAsync).ForPeople().Accepts<CodeRequest>("application/json")
            .Answers<RecoveryCodes>(200, "Switch the second factor on with its first code; answers ten recovery codes, once").Refuses(400, 409);
        routes.MapPost("/v1/me/totp/disable", DisableAsync).ForPeople().Accepts<ProofRequest>("application/json")
            .Answers<DoneView>(200, "Switch the second factor off, with password and code").Refuses(400, 409, 429);
        routes.MapPost("/v1/me/recovery-codes", RenewCodesAsync).WithName("renewMyRecoveryCodes").ForPeople().Accepts<ProofRequest>("application/json")
            .Answers<RecoveryCodes>(200, "Get ten new recovery codes; those before them stop working").Refuses(400, 409, 429);
    }

    private static async Task<IResult> ProposeAsync(HttpContext http, Body<ProofRequest> body, Person person, SecondFactor factor, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var proposed = await factor.ProposeAsync(person, Given(body.Content.Value), Requests.Visit(http).Origin, ct);
        return proposed.Problem is { } problem ? Reply.Refused(problem) : Reply.Ok(proposed.Value, PeopleJson.Default.ProposedSeed);
    }

    private static async Task<IResult> VerifyAsync(Body<CodeRequest> body, Caller caller, Person person, SecondFactor factor, TokenCallers callers, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var codes = await factor.EnableAsync(person, caller, body.Content.Value.Totp, ct);
        callers.Forget(person.Session);
        return Codes(codes);
    }

    private static async Task<IResult> DisableAsync(HttpContext http, Body<ProofRequest> body, Caller caller, Person person, SecondFactor factor, CancellationToken ct) => body.Content.Problem is { } unreadable
        ? Reply.Refused(unreadable)
        : Requests.Done(await factor.DisableAsync(person, caller, Given(body.Content.Value), Requests.Visit(http).Origin, ct));

    private static async Task<IResult> RenewCodesAsync(HttpContext http, Body<ProofRequest> body, Person person, SecondFactor factor, CancellationToken ct) => body.Content.Problem is { } unreadable
        ? Reply.Refused(unreadable)
        : Codes(await factor.RenewCodesAsync(person, Given(body.Content.Value), Requests.Visit(http).Origin, ct));

    private static Reply Codes(Result<RecoveryCodes> codes) => codes.Problem is { } problem ? Reply.Refused(problem) : Reply.Ok(codes.Value, PeopleJson.Default.RecoveryCodes);

    private static Credentials Given(ProofRequest request) => new(request.Password, request.Totp, request.RecoveryCode);
}
