using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>The person behind an access token. Set beside the <see cref="Caller"/>; a key of a program has none.</summary>
internal sealed record Person(UserId User, SessionId Session, Role Role)
{
    public static ValueTask<Person?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(context.Features.Get<Person>());
}

/// <summary>
/// Turns an access token into a caller. The signature says who it is; what he may do is what he is now, asked of the database and remembered for a few
/// seconds: so long a removed member, a demoted one or an ended session still counts.
/// </summary>
internal sealed class TokenCallers(Database database, AccessTokens tokens, OrganizationTenants tenants)
{
    internal const string ModeHeader = "Modupay-Mode";
    private const int MaxRemembered = 10_000;
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SessionId, (Standing Standing, DateTimeOffset Until)> _cache = new();

    /// <returns>Nothing for a token that is not valid now; a refusal for a valid one with a mode that is none.</returns>
    public async Task<Result<(Caller Caller, Person Person)>?> CallerOfAsync(string text, string mode, Origin origin, CancellationToken ct)
    {
        var token = await tokens.ReadAsync(text, ct);
        if (token.Problem is not null || await StandingAsync(token.Value, ct) is not { } standing) return null;
        if (mode is not ("" or "test" or "live")) return new Problem(Errors.InvalidRequest, $"{ModeHeader} is test or live.", [new(ModeHeader, "unknown", "test or live")]);

        var (user, organization, live) = (token.Value.User, token.Value.Organization, mode == "live");
        var actor = new Actor(organization == PlatformOrganization.Id ? Actor.Operator : Actor.User, user.ToString(), origin.Address?.ToString(), origin.RequestId);
        var caller = new Caller(await tenants.OfAsync(organization, live, ct), organization, organization, live, actor,
            standing.MayOnlyEnrol ? Permissions.None : Roles.Of(standing.Role, live), standing.Departments.Count == 0 ? null : standing.Departments);
        return (caller, new Person(user, token.Value.Session, standing.Role));
    }

    /// <summary>What this process remembers of a session is forgotten, because it has just changed here.</summary>
    public void Forget(SessionId session) => _cache.TryRemove(session, out _);

    private async Task<Standing?> StandingAsync(AccessToken token, CancellationToken ct)
    {
        var now = database.Time.GetUtcNow();
        if (_cache.TryGetValue(token.Session, out var known) && known.Until > now) return known.Standing;
        var found = (await database.ListByAsync(LookUp.User, token.User.Value.ToString(), SessionSql.Standing,
            [token.Session.Value, token.User.Value, token.Organization.Value, now], Standing.Read, ct)).FirstOrDefault();
        if (found is null)
        {
            _cache.TryRemove(token.Session, out _);
            return null;
        }
        if (_cache.Count >= MaxRemembered) _cache.Clear();
        _cache[token.Session] = (found, now + Remembered);
        return found;
    }

    /// <param name="MayOnlyEnrol">The organization asks for a second factor and this login had none: he may do nothing but enrol one.</param>
    private sealed record Standing(Role Role, IReadOnlyList<DepartmentId> Departments, bool MayOnlyEnrol)
    {
        public static Standing Read(Npgsql.NpgsqlDataReader row) => new(Roles.Parse(row.GetString(0))!.Value, [.. row.GetFieldValue<Guid[]>(1).Select(DepartmentId.From)],
            row.GetBoolean(3) && !row.GetFieldValue<string[]>(2).Contains(AccessToken.Method.Several, StringComparer.Ordinal));
    }
}
