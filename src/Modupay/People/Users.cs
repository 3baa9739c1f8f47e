using Modupay.Tenancy;
using Npgsql;

namespace Modupay.People;

/// <summary>A person as he is kept: what identifies him is sealed.</summary>
internal sealed record User(UserId Id, byte[] EmailHash, byte[] EmailSealed, byte[] NameSealed, string PasswordHash, byte[]? TotpSealed, byte[]? TotpPendingSealed, long TotpLastStep, DateTimeOffset? ErasedAt)
{
    public static User Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetFieldValue<byte[]>(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3), row.GetString(4),
        row.Bytes(5), row.Bytes(6), row.GetInt64(7), row.Instant(8));
}

internal static class UserSql
{
    private const string Columns = "user_id, email_hash, email_sealed, name_sealed, password_hash, totp_sealed, totp_pending_sealed, totp_last_step, erased_at";

    internal const string FindByEmail = $"select {Columns} from people.users where email_hash = $1";

    internal const string Find = $"select {Columns} from people.users where user_id = any($1)";

    internal const string Lock = $"select {Columns} from people.users where user_id = $1 for update";

    /// <summary>What is sealed for him stays, as bytes that nobody can open; no password has a hash without a text.</summary>
    internal const string Erase = """
        update people.users set email_hash = $2, password_hash = '', totp_sealed = null, totp_pending_sealed = null, totp_last_step = 0, erased_at = $3
        where user_id = $1
        """;

    internal const string Insert = """
        insert into people.users (user_id, tenant_id, email_hash, email_sealed, name_sealed, password_hash, password_changed_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)
        on conflict (email_hash) do nothing
        """;

    /// <summary>Only over the hash that was verified: a password that changed meanwhile is not put back.</summary>
    internal const string Rehash = "update people.users set password_hash = $3 where user_id = $1 and password_hash = $2";

    internal const string SetPassword = "update people.users set password_hash = $2, password_changed_at = $3 where user_id = $1";

    /// <summary>A time step is spent by whoever gets here first; the same code in two requests at once works in one of them.</summary>
    internal const string SpendStep = "update people.users set totp_last_step = $2 where user_id = $1 and totp_last_step < $2 and password_hash = $3";

    internal const string Unchanged = "select user_id from people.users where user_id = $1 and password_hash = $2 for update";

    internal const string SpendRecoveryCode = "update people.recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null";

    internal const string ProposeTotp = "update people.users set totp_pending_sealed = $2 where user_id = $1 and totp_sealed is null";

    internal const string EnableTotp = """
        update people.users set totp_sealed = totp_pending_sealed, totp_pending_sealed = null, totp_last_step = $3
        where user_id = $1 and totp_pending_sealed = $2 and totp_sealed is null
        """;

    internal const string DisableTotp = "update people.users set totp_sealed = null, totp_pending_sealed = null where user_id = $1 and totp_sealed is not null";

    internal const string ForgetRecoveryCodes = "delete from people.recovery_codes where user_id = $1";

    internal const string InsertRecoveryCodes = "insert into people.recovery_codes (user_id, code_hash, tenant_id) select $1, hash, $3 from unnest($2::bytea[]) as hash";

    internal const string RecoveryCodesLeft = "select count(*) from people.recovery_codes where user_id = $1 and used_at is null";
}

/// <summary>Finds people by their address and opens what is sealed of them.</summary>
internal sealed class Users(Database database, FieldCipher cipher)
{
    internal const string EmailField = "email";
    internal const string NameField = "name";
    internal const string TotpField = "totp_seed";

    public Task<byte[]> HashOfAsync(EmailAddress email, CancellationToken ct) => cipher.LookUpHashAsync(PlatformTenant.Id, "email:" + email.Text, ct);

    public Task<User?> FindAsync(byte[] emailHash, CancellationToken ct) => database.FirstAsync(PlatformTenant.Id, UserSql.FindByEmail, [emailHash], User.Read, ct);

    public async Task<User> FindAsync(UserId id, CancellationToken ct) =>
        (await FindAllAsync([id], ct)).TryGetValue(id, out var user) ? user : throw new InvalidOperationException($"{id} is gone.");

    public async Task<IReadOnlyDictionary<UserId, User>> FindAllAsync(IEnumerable<UserId> ids, CancellationToken ct) =>
        (await database.ListAsync(PlatformTenant.Id, UserSql.Find, [ids.Select(id => id.Value).ToArray()], User.Read, ct)).ToDictionary(user => user.Id);

    /// <summary>Everything we keep of somebody is sealed with a key of his own, so that destroying it forgets him.</summary>
    public async Task<DataSubject> SubjectAsync(EmailAddress email, CancellationToken ct) => (await database.TransactAsync<DataSubject>(PlatformTenant.Id,
        async unit => await DataSubjects.OfAsync(unit, cipher, DataSubjects.User, email.Text, ct), ct)).Value;

    public async Task<EmailAddress> OpenEmailAsync(byte[] value, CancellationToken ct) => EmailAddress.Parse(await OpenAsync(EmailField, value, ct)).Value;

    /// <summary>Null for the address of somebody who was erased.</summary>
    public async Task<EmailAddress?> OpenEmailIfKeptAsync(byte[] value, CancellationToken ct)
    {
        try
        {
            return await OpenEmailAsync(value, ct);
        }
        catch (ErasedException)
        {
            return null;
        }
    }

    public Task<string> OpenNameAsync(byte[] value, CancellationToken ct) => OpenAsync(NameField, value, ct);

    public Task<byte[]> OpenSeedAsync(byte[] value, CancellationToken ct) => cipher.OpenAsync(PlatformTenant.Id, TotpField, value, ct);

    public Task<byte[]> HashOfRecoveryCodeAsync(UserId user, string normalised, CancellationToken ct) => cipher.LookUpHashAsync(PlatformTenant.Id, $"recovery:{user}:{normalised}", ct);

    private Task<string> OpenAsync(string field, byte[] value, CancellationToken ct) => cipher.OpenTextAsync(PlatformTenant.Id, field, value, ct);
}

/// <summary>What is sealed for a person.</summary>
internal static class PersonalFields
{
    public static byte[] SealEmail(this DataSubject subject, EmailAddress email) => subject.Seal(Users.EmailField, System.Text.Encoding.UTF8.GetBytes(email.Text));

    public static byte[] SealName(this DataSubject subject, string name) => subject.Seal(Users.NameField, System.Text.Encoding.UTF8.GetBytes(name));

    public static byte[] SealSeed(this DataSubject subject, byte[] seed) => subject.Seal(Users.TotpField, seed);
}
