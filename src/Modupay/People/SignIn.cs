using Modupay.Audit;
using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>What somebody shows to prove who he is.</summary>
internal sealed record Credentials(string Password, string? Code, string? RecoveryCode);

/// <summary>Proves who somebody is: a password and, where one is enrolled, a second factor. One answer and the same work for every way to be wrong.</summary>
internal sealed class SignIn(Database database, Users users, LockOuts lockOuts, Passwords passwords)
{
    private const int MaxPasswordLength = 512;

    public async Task<Result<Proof>> ProveAsync(EmailAddress email, Credentials given, Origin origin, CancellationToken ct)
    {
        var subjects = await lockOuts.SubjectsAsync(email, origin.Address, ct);
        var taken = await lockOuts.TakeAsync(subjects.All, ct);
        if (taken.Problem is { } wait) return wait;

        var user = await users.FindAsync(await users.HashOfAsync(email, ct), ct);
        var proof = await CheckAsync(user, taken.Value, given, ct);
        if (proof.Problem?.Error == Errors.InvalidCredentials) await RecordFailureAsync(user, origin, taken.Value.Locks, ct);
        return proof;
    }

    private async Task<Result<Proof>> CheckAsync(User? user, Attempt attempt, Credentials given, CancellationToken ct)
    {
        var password = given.Password.Length <= MaxPasswordLength ? given.Password : "";
        var check = passwords.Verify(user?.PasswordHash, password);
        if (user is null || check == PasswordCheck.Wrong) return Wrong();

        var rehashed = check == PasswordCheck.RightButWeak ? passwords.Hash(PasswordRules.Prepare(password)) : null;
        var proof = new Proof(user, attempt, [AccessToken.Method.Password], rehashed, null, null);
        return user.TotpSealed is { } seed ? await ProveSecondAsync(proof, seed, given, ct) : proof;
    }

    private async Task<Result<Proof>> ProveSecondAsync(Proof proof, byte[] seed, Credentials given, CancellationToken ct)
    {
        if (given.Code is { } code)
        {
            var step = Totp.Match(await users.OpenSeedAsync(seed, ct), code, database.Time.GetUtcNow(), proof.User.TotpLastStep);
            return step is null ? Wrong() : proof with { Step = step, Methods = [AccessToken.Method.Password, AccessToken.Method.OneTimeCode, AccessToken.Method.Several] };
        }
        if (given.RecoveryCode is { } recovery)
        {
            return RecoveryCode.Normalise(recovery) is { } normal
                ? proof with { RecoveryHash = await users.HashOfRecoveryCodeAsync(proof.User.Id, normal, ct), Methods = [AccessToken.Method.Password, AccessToken.Method.RecoveryCode, AccessToken.Method.Several] }
                : Wrong();
        }
        return new Problem(Errors.TotpRequired, "Send the code of the authenticator app as 'totp', or one of the recovery codes as 'recoveryCode'.");
    }

    /// <summary>
    /// In the platform's log: whoever fails belongs to no organization yet. The same is written for an address that nobody has, so that it takes as long;
    /// lock-outs bound how much there can be.
    /// </summary>
    private Task RecordFailureAsync(User? user, Origin origin, bool locks, CancellationToken ct)
    {
        var id = user?.Id.ToString() ?? "unknown";
        return AuditLog.RecordAloneAsync(database, PlatformTenant.Id, new Actor(Actor.User, id, origin.Address?.ToString(), origin.RequestId), locks ? AuditActions.LoginLocked : AuditActions.LoginFailed, id, [], ct);
    }

    internal static Problem Wrong() => new(Errors.InvalidCredentials, "The address, the password or the code is wrong.");
}

/// <summary>Somebody proved who he is. What can be used only once is used up when this is spent, in the transaction that relies on it.</summary>
internal sealed record Proof(User User, Attempt Attempt, IReadOnlyList<string> Methods, string? Rehashed, long? Step, byte[]? RecoveryHash)
{
    /// <summary>Speaking for the platform. A refusal means that another request used it up first, or that the password changed meanwhile.</summary>
    public async Task<Problem?> SpendAsync(UnitOfWork unit, CancellationToken ct)
    {
        var spent = Step is { } step
            ? await unit.ExecuteAsync(UserSql.SpendStep, [User.Id.Value, step, User.PasswordHash], ct)
            : (await unit.ListAsync(UserSql.Unchanged, [User.Id.Value, User.PasswordHash], row => row.GetGuid(0), ct)).Count;
        if (spent == 0) return SignIn.Wrong();
        if (RecoveryHash is { } code && await unit.ExecuteAsync(UserSql.SpendRecoveryCode, [User.Id.Value, code, unit.Now], ct) == 0) return SignIn.Wrong();
        if (Rehashed is { } hash) await unit.ExecuteAsync(UserSql.Rehash, [User.Id.Value, User.PasswordHash, hash], ct);
        await LockOuts.ClearAsync(unit, Attempt, ct);
        return null;
    }
}
