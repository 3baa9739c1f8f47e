using Modupay.Audit;
using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>What a login is answered with.</summary>
internal sealed record IssuedTokens(string Access, OpaqueToken Refresh, AccessToken Says);

/// <summary>From a proof of identity to tokens, and from a refresh token to the next.</summary>
internal sealed class Logins(Database database, FieldCipher cipher, SignIn signIn, AccessTokens tokens, OrganizationTenants tenants)
{
    internal const string AddressField = "address";
    private const int MaxClientLength = 200;

    public async Task<Result<IssuedTokens>> LoginAsync(EmailAddress email, Credentials given, OrganizationId? wanted, Visit visit, CancellationToken ct)
    {
        var proof = await signIn.ProveAsync(email, given, visit.Origin, ct);
        if (proof.Problem is { } refused) return refused;
        var membership = await ChooseAsync(proof.Value.User.Id, wanted, ct);
        return membership.Problem is { } homeless ? homeless
            : await StartAsync(proof.Value.User.Id, membership.Value.Organization, membership.Value.Role, proof.Value.Methods, visit, _ => Task.FromResult<Problem?>(null), unit => proof.Value.SpendAsync(unit, ct), ct);
    }

    /// <summary>
    /// Starts a session in one commit with what led to it. The token is signed before: a KMS that does not answer must not leave a login that nobody has.
    /// </summary>
    /// <param name="inOrganization">Done second, as the organization.</param>
    /// <param name="inPlatform">Done first, speaking for the platform.</param>
    public async Task<Result<IssuedTokens>> StartAsync(UserId user, OrganizationId organization, Role role, IReadOnlyList<string> methods, Visit visit,
        Func<UnitOfWork, Task<Problem?>> inOrganization, Func<UnitOfWork, Task<Problem?>> inPlatform, CancellationToken ct)
    {
        var address = visit.Origin.Address is { } ip ? await cipher.SealAsync(PlatformTenant.Id, AddressField, ip.ToString(), ct) : null;
        var session = new NewSession(Id.New<SessionId>(database.Time), user, organization, methods, address, visit.Client is { Length: > MaxClientLength } client ? client[..MaxClientLength] : visit.Client);
        var says = tokens.New(user, session.Id, organization, Roles.Name(role), methods);
        var access = await tokens.SignAsync(says, ct);

        var started = await database.TransactAsync<OpaqueToken>(await tenants.LiveAsync(organization, ct), async unit =>
        {
            var platform = await unit.AsPlatformAsync(() => inPlatform(unit), ct);
            if (platform is not null) return platform;
            if (await inOrganization(unit) is { } refused) return refused;
            AuditLog.Record(unit, ActorOf(user, visit), AuditActions.LoginSucceeded, user.ToString(), Change.Set("session", session.Id.ToString()), Change.Set("methods", string.Join(' ', methods)));
            return await unit.AsPlatformAsync(() => Sessions.StartAsync(unit, session, ct), ct);
        }, ct);
        return started.Problem is { } problem ? problem : new IssuedTokens(access, started.Value, says);
    }

    public async Task<Result<IssuedTokens>> RefreshAsync(string? text, Visit visit, CancellationToken ct)
    {
        if (OpaqueToken.Parse(OpaqueToken.Refresh, text) is not { } presented || await FindAsync(presented, ct) is not { } session) return Spent();
        var role = (await MembershipsAsync(session.User, ct)).FirstOrDefault(membership => membership.Organization == session.Organization)?.Role;
        if (role is null) return Spent();

        var says = tokens.New(session.User, session.Id, session.Organization, Roles.Name(role.Value), session.Methods);
        var access = await tokens.SignAsync(says, ct);
        var renewed = (await database.TransactAsync<Renewal>(PlatformTenant.Id, async unit => new Renewal(await Sessions.RenewAsync(unit, session.Id, presented, ct)), ct)).Value;
        if (renewed.Answer is (RefreshMove.Rotate or RefreshMove.Repeat, { } next)) return new IssuedTokens(access, next, says);
        if (renewed.Answer.Move == RefreshMove.Reused) await EndStolenAsync(session, visit, ct);
        return Spent();
    }

    public Task<List<Membership>> MembershipsAsync(UserId user, CancellationToken ct) =>
        database.ListByAsync(LookUp.User, user.Value.ToString(), MembershipSql.OfUser, [user.Value], Membership.Read, ct);

    public async Task<string?> OpenAddressAsync(byte[]? value, CancellationToken ct) => value is null ? null : await cipher.OpenTextAsync(PlatformTenant.Id, AddressField, value, ct);

    private async Task<Result<Membership>> ChooseAsync(UserId user, OrganizationId? wanted, CancellationToken ct)
    {
        var memberships = await MembershipsAsync(user, ct);
        if (wanted is { } named) return memberships.FirstOrDefault(membership => membership.Organization == named) is { } found ? found : new Problem(Errors.NotAMember, "Name an organization of yours, or none.");
        return memberships switch
        {
            [] => new Problem(Errors.NotAMember, "You belong to no organization any more; ask for an invitation."),
            [var only] => only,
            _ => new Problem(Errors.OrganizationRequired, "Send 'organization' with one of these ids.", [.. memberships.Select(membership => new FieldProblem("organization", "candidate", membership.Organization.ToString()))]),
        };
    }

    private Task<StoredSession?> FindAsync(OpaqueToken token, CancellationToken ct) => database.FirstAsync(PlatformTenant.Id, SessionSql.FindByToken, [token.Hash],
        row => new StoredSession(new(row.GetGuid(0)), new(row.GetGuid(1)), new(row.GetGuid(2)), row.GetFieldValue<string[]>(3)), ct);

    /// <summary>Whoever holds this family besides its owner is thrown out together with him; he can log in again.</summary>
    private async Task EndStolenAsync(StoredSession session, Visit visit, CancellationToken ct) =>
        await database.TransactAsync<bool>(await tenants.LiveAsync(session.Organization, ct), async unit =>
        {
            var ended = await unit.AsPlatformAsync(() => unit.ExecuteAsync(SessionSql.End, [session.Id.Value, unit.Now, Sessions.Reuse], ct), ct);
            if (ended > 0) AuditLog.Record(unit, ActorOf(session.User, visit), AuditActions.TokenReuseDetected, session.User.ToString(), Change.Set("session", session.Id.ToString()));
            return ended > 0;
        }, ct);

    internal static Actor ActorOf(UserId user, Visit visit) => new(Actor.User, user.ToString(), visit.Origin.Address?.ToString(), visit.Origin.RequestId);

    // One answer for a token that never was, was used before, or whose session has ended.
    private static Problem Spent() => new(Errors.RefreshTokenInvalid, "Log in again.");

    private sealed record StoredSession(SessionId Id, UserId User, OrganizationId Organization, IReadOnlyList<string> Methods);

    private sealed record Renewal((RefreshMove Move, OpaqueToken? Next) Answer);
}

/// <summary>From where and with what somebody comes, as his list of sessions shows it.</summary>
internal sealed record Visit(Origin Origin, string? Client);
