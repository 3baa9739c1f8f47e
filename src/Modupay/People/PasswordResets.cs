using System.Net;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Notifications.Mail;
using Modupay.Tenancy;

namespace Modupay.People;

internal static class PasswordResetSql
{
    /// <summary>The same statement whether there is such a person or not.</summary>
    internal const string Insert = """
        insert into people.password_resets (token_hash, tenant_id, user_id, created_at, expires_at)
        select $2, tenant_id, user_id, $3, $4 from people.users where email_hash = $1
        returning user_id
        """;

    internal const string Find = "select user_id from people.password_resets where token_hash = $1 and used_at is null and expires_at > $2";

    internal const string Use = "update people.password_resets set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2";

    internal const string UseAll = "update people.password_resets set used_at = $2 where user_id = $1 and used_at is null";

    internal const string Purge = "delete from people.password_resets where expires_at < $1";
}

/// <summary>Lets somebody who forgot his password set a new one, by a letter to his mailbox; and somebody who knows it, change it.</summary>
internal sealed class PasswordResets(Database database, Users users, SignIn signIn, LockOuts lockOuts, Passwords passwords, Mails mails, PeopleLinks links, OrganizationTenants tenants)
{
    private static readonly TimeSpan Lasts = TimeSpan.FromMinutes(30);

    /// <summary>Answers alike, and works alike, whether anybody has this address.</summary>
    public async Task<Problem?> RequestAsync(EmailAddress email, IPAddress? address, CancellationToken ct)
    {
        var subjects = await lockOuts.SubjectsAsync(email, address, ct);
        var counted = new List<(byte[], LockOut)> { (await lockOuts.MailboxAsync(email, ct), LockOut.Mailbox) };
        if (subjects.Address is { } network) counted.Add((network, LockOut.Address));
        if ((await lockOuts.TakeAsync(counted, ct)).Problem is { } wait) return wait;

        var token = OpaqueToken.Create(OpaqueToken.Reset);
        var hash = await users.HashOfAsync(email, ct);
        var letter = await mails.SealAsync(PlatformTenant.Id, Letters.PasswordReset(email, links.Reset(token)), ct);
        var nobody = await mails.SealAsync(PlatformTenant.Id, Letters.NoReset(email, links.Reset(token)), ct);
        await database.TransactAsync<bool>(PlatformTenant.Id, async unit =>
        {
            var found = await unit.ListAsync(PasswordResetSql.Insert, [hash, token.Hash, unit.Now, unit.Now + Lasts], row => row.GetGuid(0), ct);
            await (found.Count > 0 ? letter : nobody).PostAsync(unit, ct);
            return true;
        }, ct);
        return null;
    }

    public async Task<Problem?> ConfirmAsync(string? text, string? password, Origin origin, CancellationToken ct)
    {
        if (OpaqueToken.Parse(OpaqueToken.Reset, text) is not { } token || await FindAsync(token, ct) is not { } user) return LinkInvalid();
        var email = await users.OpenEmailAsync(user.EmailSealed, ct);
        var chosen = PasswordRules.Check(password, email);
        if (chosen.Problem is { } weak) return weak;

        var hash = passwords.Hash(chosen.Value);
        var subjects = await lockOuts.SubjectsAsync(email, null, ct);
        var notice = await mails.SealAsync(PlatformTenant.Id, Letters.PasswordChanged(email), ct);
        var done = await database.TransactAsync<bool>(PlatformTenant.Id, async unit =>
        {
            // The person before his letters, as everybody who changes a password does: two letters used at once would wait for each other.
            await unit.FirstAsync(UserSql.Lock, [user.Id.Value], User.Read, ct);
            if (await unit.ExecuteAsync(PasswordResetSql.Use, [token.Hash, unit.Now], ct) == 0) return LinkInvalid();
            await unit.ExecuteAllAsync(
            [
                (UserSql.SetPassword, [user.Id.Value, hash, unit.Now]),
                (PasswordResetSql.UseAll, [user.Id.Value, unit.Now]),
                // Whoever is in by the old password is out.
                (SessionSql.EndAll, [user.Id.Value, unit.Now, Sessions.Password]),
                (LockOutSql.Forget, [subjects.Account]),
            ], ct);
            await notice.PostAsync(unit, ct);
            // In the platform's log: nobody knows for which of his organizations he forgot it.
            AuditLog.Record(unit, new Actor(Actor.User, user.Id.ToString(), origin.Address?.ToString(), origin.RequestId), AuditActions.PasswordReset, user.Id.ToString());
            return true;
        }, ct);
        return done.Problem;
    }

    /// <summary>For somebody who is logged in; his other sessions end, because one of them may be why he changes it.</summary>
    public async Task<Problem?> ChangeAsync(Person person, Caller caller, Credentials given, string? password, Origin origin, CancellationToken ct)
    {
        var user = await users.FindAsync(person.User, ct);
        var email = await users.OpenEmailAsync(user.EmailSealed, ct);
        var chosen = PasswordRules.Check(password, email, "newPassword");
        if (chosen.Problem is { } weak) return weak;
        var proof = await signIn.ProveAsync(email, given, origin, ct);
        if (proof.Problem is { } refused) return refused;

        var hash = passwords.Hash(chosen.Value);
        var tenant = await tenants.LiveAsync(caller.Home, ct);
        var notice = await mails.SealAsync(tenant, Letters.PasswordChanged(email), ct);
        var done = await database.TransactAsync<bool>(tenant, async unit =>
        {
            if (await unit.AsPlatformAsync(() => SpendAndSetAsync(unit, proof.Value, person, hash, ct), ct) is { } spent) return spent;
            await notice.PostAsync(unit, ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.PasswordChanged, person.User.ToString());
            return true;
        }, ct);
        return done.Problem;
    }

    private static async Task<Problem?> SpendAndSetAsync(UnitOfWork unit, Proof proof, Person person, string hash, CancellationToken ct)
    {
        if (await proof.SpendAsync(unit, ct) is { } spent) return spent;
        await unit.ExecuteAllAsync(
        [
            (UserSql.SetPassword, [person.User.Value, hash, unit.Now]),
            (PasswordResetSql.UseAll, [person.User.Value, unit.Now]),
            (SessionSql.EndOthers, [person.User.Value, person.Session.Value, unit.Now, Sessions.Password]),
        ], ct);
        return null;
    }

    private async Task<User?> FindAsync(OpaqueToken token, CancellationToken ct)
    {
        var found = await database.ListAsync(PlatformTenant.Id, PasswordResetSql.Find, [token.Hash, database.Time.GetUtcNow()], row => new UserId(row.GetGuid(0)), ct);
        return found is [var id] ? await users.FindAsync(id, ct) : null;
    }

    private static Problem LinkInvalid() => new(Errors.LinkInvalid, "Ask for a new letter.");
}
