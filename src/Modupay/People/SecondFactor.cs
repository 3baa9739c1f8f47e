using Modupay.Audit;
using Modupay.Http;
using Modupay.Notifications.Mail;
using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>A seed as it is shown once.</summary>
/// <param name="Secret">The seed in base32, for typing it into an authenticator app.</param>
/// <param name="Uri">The same as <c>otpauth://…</c>, for a QR code.</param>
internal sealed record ProposedSeed(string Secret, string Uri);

/// <summary>Ten codes as they are shown once.</summary>
/// <param name="Codes">Ten codes of 16 letters and digits in four groups; each works once.</param>
internal sealed record RecoveryCodes(IReadOnlyList<string> Codes);

/// <summary>Switches a person's second factor on and off. Both ask for the password again: a borrowed session must not lock its owner out.</summary>
internal sealed class SecondFactor(Database database, Users users, SignIn signIn, Mails mails, OrganizationTenants tenants)
{
    public async Task<Result<ProposedSeed>> ProposeAsync(Person person, Credentials given, Origin origin, CancellationToken ct)
    {
        var (user, email, proof) = await ProveAsync(person, given, origin, ct);
        if (proof.Problem is { } refused) return refused;
        if (user.TotpSealed is not null) return Enabled();

        var seed = Totp.NewSeed();
        var proposed = (await users.SubjectAsync(email, ct)).SealSeed(seed);
        var done = await database.TransactAsync<bool>(PlatformTenant.Id, async unit =>
        {
            if (await proof.Value.SpendAsync(unit, ct) is { } spent) return spent;
            return await unit.ExecuteAsync(UserSql.ProposeTotp, [person.User.Value, proposed], ct) == 1 ? true : Enabled();
        }, ct);
        return done.Problem is { } problem ? problem : new ProposedSeed(Totp.Base32(seed), Totp.Uri(seed, email.Text));
    }

    /// <summary>The first code proves that the seed arrived. Answers the recovery codes, which are shown this once.</summary>
    public async Task<Result<RecoveryCodes>> EnableAsync(Person person, Caller caller, string code, CancellationToken ct)
    {
        var user = await users.FindAsync(person.User, ct);
        if (user.TotpSealed is not null) return Enabled();
        if (user.TotpPendingSealed is not { } pending) return new Problem(Errors.TotpState, "Ask for a seed first.");
        if (Totp.Match(await users.OpenSeedAsync(pending, ct), code, database.Time.GetUtcNow(), lastStep: 0) is not { } step) return SignIn.Wrong();

        var (codes, hashes) = await NewCodesAsync(person.User, ct);
        var done = await database.TransactAsync<bool>(await tenants.LiveAsync(caller.Home, ct), async unit =>
        {
            var enabled = await unit.AsPlatformAsync(async () =>
            {
                if (await unit.ExecuteAsync(UserSql.EnableTotp, [person.User.Value, pending, step], ct) == 0) return false;
                await WriteCodesAsync(unit, person.User, hashes, ct);
                // This session has just shown both.
                await unit.ExecuteAsync(SessionSql.SetMethods, [person.Session.Value, new[] { AccessToken.Method.Password, AccessToken.Method.OneTimeCode, AccessToken.Method.Several }], ct);
                return true;
            }, ct);
            if (!enabled) return Enabled();
            AuditLog.Record(unit, caller.Actor, AuditActions.TotpEnabled, person.User.ToString());
            return true;
        }, ct);
        return done.Problem is { } problem ? problem : codes;
    }

    public async Task<Problem?> DisableAsync(Person person, Caller caller, Credentials given, Origin origin, CancellationToken ct)
    {
        var (user, email, proof) = await ProveAsync(person, given, origin, ct);
        if (proof.Problem is { } refused) return refused;
        if (user.TotpSealed is null) return Disabled();
        var tenant = await tenants.LiveAsync(caller.Home, ct);
        var notice = await mails.SealAsync(tenant, Letters.TotpDisabled(email), ct);
        var done = await database.TransactAsync<bool>(tenant, async unit =>
        {
            var problem = await unit.AsPlatformAsync(async () =>
            {
                if (await proof.Value.SpendAsync(unit, ct) is { } spent) return spent;
                if (await unit.ExecuteAsync(UserSql.DisableTotp, [person.User.Value], ct) == 0) return Disabled();
                await unit.ExecuteAsync(UserSql.ForgetRecoveryCodes, [person.User.Value], ct);
                return null;
            }, ct);
            if (problem is not null) return problem;
            await notice.PostAsync(unit, ct);
            AuditLog.Record(unit, caller.Actor, AuditActions.TotpDisabled, person.User.ToString());
            return true;
        }, ct);
        return done.Problem;
    }

    /// <summary>Ten new codes; those before them no longer work.</summary>
    public async Task<Result<RecoveryCodes>> RenewCodesAsync(Person person, Credentials given, Origin origin, CancellationToken ct)
    {
        var (user, _, proof) = await ProveAsync(person, given, origin, ct);
        if (proof.Problem is { } refused) return refused;
        if (user.TotpSealed is null) return Disabled();
        var (codes, hashes) = await NewCodesAsync(person.User, ct);
        var done = await database.TransactAsync<bool>(PlatformTenant.Id, async unit =>
        {
            if (await proof.Value.SpendAsync(unit, ct) is { } spent) return spent;
            await WriteCodesAsync(unit, person.User, hashes, ct);
            return true;
        }, ct);
        return done.Problem is { } problem ? problem : codes;
    }

    private async Task<(User User, EmailAddress Email, Result<Proof> Proof)> ProveAsync(Person person, Credentials given, Origin origin, CancellationToken ct)
    {
        var user = await users.FindAsync(person.User, ct);
        var email = await users.OpenEmailAsync(user.EmailSealed, ct);
        return (user, email, await signIn.ProveAsync(email, given, origin, ct));
    }

    private async Task<(RecoveryCodes Codes, byte[][] Hashes)> NewCodesAsync(UserId user, CancellationToken ct)
    {
        var codes = RecoveryCode.CreateAll();
        return (new(codes), await Task.WhenAll(codes.Select(code => users.HashOfRecoveryCodeAsync(user, RecoveryCode.Normalise(code)!, ct))));
    }

    private static Task WriteCodesAsync(UnitOfWork unit, UserId user, byte[][] hashes, CancellationToken ct) => unit.ExecuteAllAsync(
        [(UserSql.ForgetRecoveryCodes, [user.Value]), (UserSql.InsertRecoveryCodes, [user.Value, hashes, PlatformTenant.Id.Value])], ct);

    private static Problem Enabled() => new(Errors.TotpState, "A second factor is switched on; switch it off first.");

    private static Problem Disabled() => new(Errors.TotpState, "No second factor is switched on.");
}
