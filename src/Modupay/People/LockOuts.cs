using System.Net;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.People;

internal static class LockOutSql
{
    /// <summary>Nothing comes back while the subject is locked. Taking counts before anything is checked, so that many guesses at once are still counted one by one.</summary>
    internal const string Take = """
        insert into people.lock_outs as known (subject, tenant_id, failures, last_at, locked_until) values ($1, $2, 1, $3, $3)
        on conflict (subject) do update set failures = case when known.last_at < $4 then 1 else known.failures + 1 end, last_at = $3
        where known.locked_until <= $3
        returning failures
        """;

    internal const string Lock = "update people.lock_outs set locked_until = $2 where subject = $1";

    internal const string LockedUntil = "select locked_until from people.lock_outs where subject = $1";

    internal const string Forget = "delete from people.lock_outs where subject = $1";

    /// <summary>Takes back what this attempt counted and the wait it led to ($2), and leaves what others at the same address did, who may have guessed at the same moment.</summary>
    internal const string GiveBack = """
        update people.lock_outs set failures = greatest(failures - 1, 0), locked_until = case when locked_until = $2 then $3 else locked_until end where subject = $1
        """;

    /// <summary>Leaves alone who is just trying again.</summary>
    internal const string Purge = """
        delete from people.lock_outs where subject in (select subject from people.lock_outs where last_at < $1 and locked_until < $1 for update skip locked)
        """;
}

/// <summary>Slows down guessing, by account and by address, before a password is looked at: a locked answer cannot tell whether it was right.</summary>
internal sealed class LockOuts(Database database, FieldCipher cipher)
{
    public async Task<AttemptSubjects> SubjectsAsync(EmailAddress email, IPAddress? address, CancellationToken ct) => new(
        await AccountAsync(email, ct),
        address is null ? null : await HashAsync("address:" + ClientAddress.Network(address), ct));

    public Task<byte[]> AccountAsync(EmailAddress email, CancellationToken ct) => HashAsync("account:" + email.Text, ct);

    public Task<byte[]> MailboxAsync(EmailAddress email, CancellationToken ct) => HashAsync("mailbox:" + email.Text, ct);

    /// <summary>Counts an attempt of all subjects, or of none when one of them has to wait.</summary>
    public Task<Result<Attempt>> TakeAsync(IReadOnlyList<(byte[] Subject, LockOut Rule)> subjects, CancellationToken ct) =>
        database.TransactAsync<Attempt>(PlatformTenant.Id, async unit =>
        {
            var counted = new List<Counted>(subjects.Count);
            foreach (var (subject, rule) in InOrder(subjects, item => item.Subject))
            {
                var failures = await unit.ListAsync(LockOutSql.Take, [subject, unit.Tenant.Value, unit.Now, unit.Now - LockOut.Forgotten], row => row.GetInt32(0), ct);
                if (failures is not [var count]) return TooMany(await unit.ScalarAsync<DateTimeOffset>(LockOutSql.LockedUntil, [subject], ct) - unit.Now);
                var until = rule.WaitAfter(count) is var wait && wait == TimeSpan.Zero ? (DateTimeOffset?)null : unit.Now + wait;
                if (until is not null) await unit.ExecuteAsync(LockOutSql.Lock, [subject, until], ct);
                counted.Add(new(subject, rule, until));
            }
            return new Attempt(counted);
        }, ct);

    /// <summary>After success, in the transaction that it led to, speaking for the platform.</summary>
    public static Task ClearAsync(UnitOfWork unit, Attempt attempt, CancellationToken ct) => unit.ExecuteAllAsync(
        [.. attempt.Counted.Select(counted => counted.Rule == LockOut.Address ? (LockOutSql.GiveBack, [counted.Subject, counted.LockedUntil, unit.Now]) : (LockOutSql.Forget, new object?[] { counted.Subject }))], ct);

    /// <summary>In a transaction that forgets somebody, speaking for the platform.</summary>
    public static Task ForgetAsync(UnitOfWork unit, IReadOnlyCollection<byte[]> subjects, CancellationToken ct) =>
        unit.ExecuteAllAsync([.. InOrder(subjects, subject => subject).Select(subject => (LockOutSql.Forget, new object?[] { subject }))], ct);

    /// <summary>Whoever touches several subjects does it in one order, whatever they are, so that nobody waits for another in a circle.</summary>
    private static IEnumerable<T> InOrder<T>(IEnumerable<T> items, Func<T, byte[]> subject) => items.OrderBy(item => Convert.ToHexString(subject(item)), StringComparer.Ordinal);

    private static Problem TooMany(TimeSpan wait) => new(Errors.TooManyAttempts, "See the Retry-After header.") { RetryAfter = wait };

    private Task<byte[]> HashAsync(string subject, CancellationToken ct) => cipher.LookUpHashAsync(PlatformTenant.Id, subject, ct);
}

/// <summary>An attempt that was counted, in the order in which its subjects are locked.</summary>
internal sealed record Attempt(IReadOnlyList<Counted> Counted)
{
    /// <summary>Whether another attempt would have to wait now.</summary>
    public bool Locks => Counted.Any(counted => counted.LockedUntil is not null);
}

/// <param name="LockedUntil">How long this attempt, and no other, makes the subject wait.</param>
internal sealed record Counted(byte[] Subject, LockOut Rule, DateTimeOffset? LockedUntil);

/// <summary>Who is counted for an attempt.</summary>
internal sealed record AttemptSubjects(byte[] Account, byte[]? Address)
{
    public IReadOnlyList<(byte[] Subject, LockOut Rule)> All => Address is { } address ? [(Account, LockOut.Account), (address, LockOut.Address)] : [(Account, LockOut.Account)];
}
