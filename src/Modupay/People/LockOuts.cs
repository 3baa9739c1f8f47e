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

    /// <summary>Takes back what this attempt counted, and leaves what others at the same address did.</summary>
    internal const string GiveBack = "update people.lock_outs set failures = greatest(failures - 1, 0), locked_until = $2 where subject = $1";

    internal const string Purge = "delete from people.lock_outs where last_at < $1 and locked_until < $1";
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
    /// <returns>Whether another attempt would have to wait now.</returns>
    public Task<Result<bool>> TakeAsync(IReadOnlyList<(byte[] Subject, LockOut Rule)> subjects, CancellationToken ct)
    {
        // In one order always, so that two attempts never wait for each other.
        var ordered = subjects.OrderBy(item => Convert.ToHexString(item.Subject), StringComparer.Ordinal).ToList();
        return database.TransactAsync<bool>(PlatformTenant.Id, async unit =>
        {
            var locks = false;
            foreach (var (subject, rule) in ordered)
            {
                var failures = await unit.ListAsync(LockOutSql.Take, [subject, unit.Tenant.Value, unit.Now, unit.Now - LockOut.Forgotten], row => row.GetInt32(0), ct);
                if (failures is not [var count]) return TooMany(await unit.ScalarAsync<DateTimeOffset>(LockOutSql.LockedUntil, [subject], ct) - unit.Now);
                var wait = rule.WaitAfter(count);
                if (wait == TimeSpan.Zero) continue;
                await unit.ExecuteAsync(LockOutSql.Lock, [subject, unit.Now + wait], ct);
                locks = true;
            }
            return locks;
        }, ct);
    }

    /// <summary>After success, in the transaction that it led to, speaking for the platform.</summary>
    public static Task ClearAsync(UnitOfWork unit, AttemptSubjects subjects, CancellationToken ct) => unit.ExecuteAllAsync(
        subjects.Address is { } address
            ? [(LockOutSql.Forget, [subjects.Account]), (LockOutSql.GiveBack, [address, unit.Now])]
            : [(LockOutSql.Forget, [subjects.Account])], ct);

    private static Problem TooMany(TimeSpan wait) => new(Errors.TooManyAttempts, "See the Retry-After header.") { RetryAfter = wait };

    private Task<byte[]> HashAsync(string subject, CancellationToken ct) => cipher.LookUpHashAsync(PlatformTenant.Id, subject, ct);
}

/// <summary>Who is counted for an attempt.</summary>
internal sealed record AttemptSubjects(byte[] Account, byte[]? Address)
{
    public IReadOnlyList<(byte[] Subject, LockOut Rule)> All => Address is { } address ? [(Account, LockOut.Account), (address, LockOut.Address)] : [(Account, LockOut.Account)];
}
