using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People.Endpoints;

/// <summary>POST /v1/people/erase: somebody who logs in here asks to be forgotten. For operators, because he may belong to several organizations.</summary>
internal static class ErasePerson
{
    /// <summary>By his address, or by the id that members and audit entries show.</summary>
    /// <param name="Email">The address the person logs in with; either this or <c>id</c>.</param>
    /// <param name="Id">The person, <c>usr_…</c>; either this or <c>email</c>.</param>
    internal sealed record Request(string? Email = null, string? Id = null);

    /// <summary>A person who was erased.</summary>
    /// <param name="Id">The person, <c>usr_…</c>.</param>
    /// <param name="ErasedAt">When the key of their data was destroyed (UTC).</param>
    internal sealed record Response(string Id, DateTimeOffset ErasedAt);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/people/erase", HandleAsync).WithName("erasePerson").Needs(Permission.PeopleErase).OnlyPeople().Accepts<Request>("application/json")
        .Answers<Response>(200, "Erase a person who logs in: he leaves every organization, and the key of his data is destroyed").Refuses(400, 404, 409, 422);

    private static async Task<IResult> HandleAsync(Body<Request> body, Caller caller, Users users, ErasePeople people, CancellationToken ct)
    {
        if (body.Content.Problem is { } unreadable) return Reply.Refused(unreadable);
        var found = await FindAsync(body.Content.Value, users, ct);
        if (found.Problem is { } unknown) return Reply.Refused(unknown);
        var erased = await people.EraseAsync(found.Value, caller.Actor, ct);
        return erased.Problem is { } refused ? Reply.Refused(refused) : Reply.Ok(new Response(erased.Value.User.ToString(), erased.Value.At), PeopleJson.Default.ErasePersonResponse);
    }

    private static async Task<Result<User>> FindAsync(Request request, Users users, CancellationToken ct)
    {
        if ((request.Email is null) == (request.Id is null)) return new Problem(Errors.InvalidRequest, "Some values cannot be accepted.", [new("email", "one_of", "Either email or id.")]);
        if (request.Email is not null)
        {
            var email = EmailAddress.Parse(request.Email);
            if (email.Problem is { } bad) return bad;
            return await users.FindAsync(await users.HashOfAsync(email.Value, ct), ct) is { } known ? known : NotFound();
        }
        return Id.TryParse<UserId>(request.Id, out var id) && (await users.FindAllAsync([id], ct)).TryGetValue(id, out var user) ? user : NotFound();
    }

    private static Problem NotFound() => new(Errors.NotFound, "We know nobody of that address or id, or he was erased before.");
}
