using System.Security.Cryptography;
using Modupay.Audit;
using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>Somebody nobody can read anything of any more.</summary>
internal sealed record ErasedPerson(UserId User, DateTimeOffset At);

/// <summary>
/// Forgets a person for good. He leaves his organizations first, one commit each, so that each of their logs tells of it; then, in one commit, his
/// sessions end and the key that everything about him is sealed with is destroyed. Broken off in between, the same request goes on where it was.
/// </summary>
internal sealed class ErasePeople(Database database, FieldCipher cipher, Users users, LockOuts lockOuts, OrganizationTenants tenants)
{
    /// <summary>Replaces hashes by which somebody could be found: as long as they are, and of nothing.</summary>
    private static byte[] OfNothing() => RandomNumberGenerator.GetBytes(32);

    public async Task<Result<ErasedPerson>> EraseAsync(User user, Actor actor, CancellationToken ct)
    {
        if (user.ErasedAt is { } at) return new ErasedPerson(user.Id, at);
        var memberships = await database.ListByAsync(LookUp.User, user.Id.Value.ToString(), MembershipSql.OfUser, [user.Id.Value], Membership.Read, ct);
        // Asked of all before anything is done, so that a refusal leaves him what he was; asked again of each as he leaves it.
        foreach (var membership in memberships)
            if (await OfOrganizationAsync(membership, unit => LastOwnerAsync(unit, membership, ct), ct) is { } last) return last;
        foreach (var membership in memberships)
            if (await OfOrganizationAsync(membership, unit => LeaveAsync(unit, user, membership, actor, ct), ct) is { } refused) return refused;
        return await ForgetAsync(user, actor, ct);
    }

    private async Task<Problem?> OfOrganizationAsync(Membership membership, Func<UnitOfWork, Task<Problem?>> work, CancellationToken ct) =>
        (await database.TransactAsync<bool>(await tenants.LiveAsync(membership.Organization, ct), async unit => await work(unit) is { } problem ? problem : true, ct)).Problem;

    private static async Task<Problem?> LastOwnerAsync(UnitOfWork unit, Membership membership, CancellationToken ct) =>
        await Members.IsLastOwnerAsync(unit, membership.Organization, membership.User, ct) ? new Problem(Errors.LastOwner, $"{membership.Organization} would have nobody to rule it; make somebody else {Roles.Name(membership.Role)} first.") : null;

    private static async Task<Problem?> LeaveAsync(UnitOfWork unit, User user, Membership membership, Actor actor, CancellationToken ct)
    {
        if (await LastOwnerAsync(unit, membership, ct) is { } last) return last;
        await unit.ExecuteAsync(InvitationSql.Forget, [user.EmailHash, OfNothing(), unit.Now], ct);
        await Members.LeaveAsync(unit, membership, actor, ct);
        return null;
    }

    private async Task<Result<ErasedPerson>> ForgetAsync(User user, Actor actor, CancellationToken ct)
    {
        // Somebody else was faster.
        if (await users.OpenEmailIfKeptAsync(user.EmailSealed, ct) is not { } email) return new ErasedPerson(user.Id, (await users.FindAsync(user.Id, ct)).ErasedAt!.Value);
        var counted = await Task.WhenAll(lockOuts.MailboxAsync(email, ct), lockOuts.AccountAsync(email, ct));
        SubjectId? destroyed = null;
        var erased = await database.TransactAsync<ErasedPerson>(PlatformTenant.Id, async unit =>
        {
            // Whoever accepts an invitation or logs in as him waits here, and finds his password changed.
            var held = (await unit.FirstAsync(UserSql.Lock, [user.Id.Value], User.Read, ct))!;
            if (held.ErasedAt is { } at) return new ErasedPerson(user.Id, at);
            await unit.ExecuteAsync(MembershipSql.SpeakOf, [user.Id.Value.ToString()], ct);
            if ((await unit.ListAsync(MembershipSql.OfUser, [user.Id.Value], Membership.Read, ct)).Count > 0)
                return new Problem(Errors.DataSubjectInUse, "He has just joined an organization. Repeat the request.");

            await unit.ExecuteAllAsync(
            [
                (UserSql.Erase, [user.Id.Value, OfNothing(), unit.Now]),
                (UserSql.ForgetRecoveryCodes, [user.Id.Value]),
                (PasswordResetSql.UseAll, [user.Id.Value, unit.Now]),
                (SessionSql.ForgetAll, [user.Id.Value, unit.Now, Sessions.Erased]),
            ], ct);
            await LockOuts.ForgetAsync(unit, counted, ct);
            if (await DataSubjects.LockAsync(unit, cipher, DataSubjects.User, email.Text, ct) is not { } subject) throw new InvalidOperationException($"{user.Id} is sealed with no key of his own.");
            await DataSubjects.EraseAsync(unit, subject.Id, ct);
            destroyed = subject.Id;
            AuditLog.Record(unit, actor, AuditActions.DataSubjectErased, subject.Id.ToString(), Change.Set("user", user.Id.ToString()));
            return new ErasedPerson(user.Id, unit.Now);
        }, ct);
        // Only after the commit: until then the key is still good.
        if (erased.Problem is null && destroyed is { } gone) cipher.Forget(PlatformTenant.Id, gone);
        return erased;
    }
}
