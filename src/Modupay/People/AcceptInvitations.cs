using Modupay.Audit;
using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>What whoever accepts an invitation says of himself. A name is for who is new; the rest is how he proves himself, now or from now on.</summary>
internal sealed record Acceptance(string? Name, Credentials Credentials);

/// <summary>Turns an invitation into a membership: of a new person, who chooses a password, or of one who is known and proves it.</summary>
internal sealed class AcceptInvitations(Users users, SignIn signIn, Passwords passwords, Logins logins, Invitations invitations, TimeProvider time)
{
    private const int MaxName = 200;

    public async Task<Result<IssuedTokens>> AcceptAsync(string? text, Acceptance acceptance, Visit visit, CancellationToken ct)
    {
        var found = await invitations.FindAsync(text, ct);
        if (found.Problem is { } gone) return gone;
        var invitation = found.Value;
        var token = OpaqueToken.Parse(OpaqueToken.Invitation, text)!;
        if (await users.OpenEmailIfKeptAsync(invitation.EmailSealed, ct) is not { } email) return Invitations.LinkInvalid();
        return await users.FindAsync(invitation.EmailHash, ct) is null
            ? await JoinNewAsync(invitation, token, email, acceptance, visit, ct)
            : await JoinKnownAsync(invitation, token, email, acceptance.Credentials, visit, ct);
    }

    private async Task<Result<IssuedTokens>> JoinNewAsync(Invitation invitation, OpaqueToken token, EmailAddress email, Acceptance acceptance, Visit visit, CancellationToken ct)
    {
        var name = acceptance.Name?.Trim() ?? "";
        if (name.Length is 0 or > MaxName || name.Any(char.IsControl)) return new Problem(Errors.InvalidRequest, "Say what you are called.", [new("name", "invalid", $"From 1 to {MaxName} characters.")]);
        var password = PasswordRules.Check(acceptance.Credentials.Password, email);
        if (password.Problem is { } weak) return weak;

        var id = Id.New<UserId>(time);
        var subject = await users.SubjectAsync(email, ct);
        var hash = passwords.Hash(password.Value);
        return await logins.StartAsync(id, invitation.Organization, invitation.Role, [AccessToken.Method.Password], visit,
            unit => JoinAsync(unit, invitation, token, id, visit, ct),
            async unit => await unit.ExecuteAsync(UserSql.Insert, [id.Value, PlatformTenant.Id.Value, invitation.EmailHash, subject.SealEmail(email), subject.SealName(name), hash, unit.Now], ct) == 1
                ? null
                : Invitations.LinkInvalid(), // The other of two that accepted at once.
            ct);
    }

    private async Task<Result<IssuedTokens>> JoinKnownAsync(Invitation invitation, OpaqueToken token, EmailAddress email, Credentials given, Visit visit, CancellationToken ct)
    {
        var proof = await signIn.ProveAsync(email, given, visit.Origin, ct);
        if (proof.Problem is { } refused) return refused;
        return await logins.StartAsync(proof.Value.User.Id, invitation.Organization, invitation.Role, proof.Value.Methods, visit,
            unit => JoinAsync(unit, invitation, token, proof.Value.User.Id, visit, ct), unit => proof.Value.SpendAsync(unit, ct), ct);
    }

    private static async Task<Problem?> JoinAsync(UnitOfWork unit, Invitation invitation, OpaqueToken token, UserId user, Visit visit, CancellationToken ct)
    {
        if (await unit.ExecuteAsync(InvitationSql.Accept, [invitation.Id.Value, token.Hash, unit.Now, user.Value], ct) == 0) return Invitations.LinkInvalid();
        var joined = await unit.ExecuteAsync(MembershipSql.Insert,
            [invitation.Organization.Value, user.Value, Roles.Name(invitation.Role), invitation.Departments.Select(department => department.Value).ToArray(), unit.Now], ct);
        if (joined == 0) return new Problem(Errors.AlreadyMember, "You belong to this organization already.");
        AuditLog.Record(unit, Logins.ActorOf(user, visit), AuditActions.UserJoined, user.ToString(), Change.Set("role", Roles.Name(invitation.Role)), Change.Set("invitation", invitation.Id.ToString()));
        return null;
    }
}
