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
/// <param name="Done">Always <c>true</c>.</param>
internal sealed record DoneView(bool Done);

/// <summary>What a session works with.</summary>
/// <param name="AccessToken">Sent as <c>Authorization: Bearer …</c>.</param>
/// <param name="TokenType">Always <c>Bearer</c>.</param>
/// <param name="ExpiresIn">Seconds until the access token ends.</param>
/// <param name="RefreshToken"><c>mp_refresh_…</c>: works once, for the next pair of tokens. Keep it where scripts cannot read it.</param>
/// <param name="User">Who logged in, <c>usr_…</c>.</param>
/// <param name="Organization">Where to, <c>org_…</c>.</param>
/// <param name="Role">What the person is there.</param>
/// <param name="Methods">How it was proven who it is, in the words of RFC 8176: password, one-time code, recovery code, several.</param>
internal sealed record TokensView(string AccessToken, string TokenType, long ExpiresIn, string RefreshToken, string User, string Organization, string Role, IReadOnlyList<string> Methods)
{
    public static TokensView Of(IssuedTokens issued) => new(issued.Access, "Bearer", (long)People.AccessToken.Lasts.TotalSeconds, issued.Refresh.Text, issued.Says.User.ToString(),
        issued.Says.Organization.ToString(), issued.Says.Role, issued.Says.Methods);
}
