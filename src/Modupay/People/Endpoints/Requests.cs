using Microsoft.AspNetCore.Http;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People.Endpoints;

/// <summary>What these endpoints read of a request besides its body, and how they answer waiting and thanks.</summary>
internal static class Requests
{
    public static Visit Visit(HttpContext http)
    {
        var client = http.Request.Headers.UserAgent.ToString();
        return new(new Origin(ClientAddress.Of(http), RequestIds.Of(http)), client.Length == 0 ? null : string.Concat(client.Where(character => !char.IsControl(character))));
    }

    public static IResult Tokens(Result<IssuedTokens> issued, int status = StatusCodes.Status200OK) => issued.Problem is { } problem
        ? Reply.Refused(problem)
        : Reply.Ok(TokensView.Of(issued.Value), PeopleJson.Default.TokensView, status: status);

    public static IResult Done(Problem? problem) => problem is null ? Reply.Ok(new DoneView(true), PeopleJson.Default.DoneView) : Reply.Refused(problem);
}

/// <summary>It was done, and there is nothing more to say about it.</summary>
internal sealed record DoneView(bool Done);

/// <param name="AccessToken">Sent as <c>Authorization: Bearer …</c>.</param>
/// <param name="ExpiresIn">Seconds until the access token ends.</param>
/// <param name="RefreshToken">Works once, for the next pair of tokens. Keep it where scripts cannot read it.</param>
internal sealed record TokensView(string AccessToken, string TokenType, long ExpiresIn, string RefreshToken, string User, string Organization, string Role, IReadOnlyList<string> Methods)
{
    public static TokensView Of(IssuedTokens issued) => new(issued.Access, "Bearer", (long)People.AccessToken.Lasts.TotalSeconds, issued.Refresh.Text, issued.Says.User.ToString(),
        issued.Says.Organization.ToString(), issued.Says.Role, issued.Says.Methods);
}
