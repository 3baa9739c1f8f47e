using System.Security.Cryptography;

namespace Modupay.Tenancy;

internal static class DataSubjectSql
{
    /// <summary>Shared, so that nobody is erased while something is written about him.</summary>
    internal const string FindForUse = "select subject_id, key_sealed from tenancy.data_subjects where tenant_id = $1 and reference_hash = $2 for share";

    internal const string Insert = """
        insert into tenancy.data_subjects (subject_id, tenant_id, kind, reference_hash, key_sealed, created_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (tenant_id, reference_hash) do nothing
        """;

    internal const string Key = "select key_sealed from tenancy.data_subjects where subject_id = $1 and key_sealed is not null";

    internal const string FindByReference = "select subject_id, erased_at from tenancy.data_subjects where tenant_id = $1 and reference_hash = $2 for update";

    internal const string FindById = "select subject_id, erased_at from tenancy.data_subjects where subject_id = $1 for update";

    internal const string Erase = "update tenancy.data_subjects set key_sealed = null, reference_hash = null, erased_at = $2 where subject_id = $1 and erased_at is null";

    internal const string SealedKeys = """
        select subject_id, key_sealed from tenancy.data_subjects
        where subject_id > $1 and get_byte(key_sealed, 0) = 1 and substr(key_sealed, 1, 5) <> $2 order by subject_id limit $3
        """;

    internal const string SwapKeys = """
        update tenancy.data_subjects as held set key_sealed = swap.after from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as swap (id, before, after)
        where held.subject_id = swap.id and held.key_sealed = swap.before
        """;
}

/// <summary>A person while something is being written about him.</summary>
internal sealed record DataSubject(SubjectId Id, TenantId Tenant, byte[] Key)
{
    /// <summary>Seals what is about this person. It can be read until he is erased.</summary>
    public byte[] Seal(string field, ReadOnlySpan<byte> plaintext) => SealedValue.Seal(Key, SealedValue.Header(Id), Tenant, field, plaintext);
}

/// <summary>A person as he stands in the table.</summary>
internal sealed record StoredSubject(SubjectId Id, DateTimeOffset? ErasedAt)
{
    internal static StoredSubject Read(Npgsql.NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.IsDBNull(1) ? null : row.GetFieldValue<DateTimeOffset>(1));
}

/// <summary>
/// The people whose data we hold, each under a key of his own. The key is sealed with the organization's key, so making one costs no call to KMS and
/// rotating the organization's key rewrites these few bytes instead of everything that was ever written about somebody.
/// </summary>
internal static class DataSubjects
{
    public const string Counterparty = "counterparty";
    public const string User = "user";
    internal const string KeyField = "data_subject.key";
    private const int KeyBytes = 32;

    /// <summary>The person of a reference (an IBAN, a user's id), who is made when nobody has it yet. He cannot be erased before the unit ends.</summary>
    public static async Task<DataSubject> OfAsync(UnitOfWork unit, FieldCipher cipher, string kind, string reference, CancellationToken ct)
    {
        var hash = await HashAsync(unit.Tenant, cipher, kind, reference, ct);
        // Again when somebody else made him and a third erased him since we looked.
        for (; ; )
        {
            if (await FindAsync(unit, cipher, hash, ct) is { } known) return known;
            var made = new DataSubject(Id.New<SubjectId>(unit.Time), unit.Tenant, RandomNumberGenerator.GetBytes(KeyBytes));
            var wrapped = await cipher.SealAsync(unit.Tenant, KeyField, made.Key, ct);
            if (await unit.ExecuteAsync(DataSubjectSql.Insert, [made.Id.Value, unit.Tenant.Value, kind, hash, wrapped, unit.Now], ct) == 1) return made;
        }
    }

    /// <summary>Who it is, held until the unit ends; null when we know nobody of that reference.</summary>
    public static async Task<StoredSubject?> LockAsync(UnitOfWork unit, FieldCipher cipher, string kind, string reference, CancellationToken ct) =>
        await unit.FirstAsync(DataSubjectSql.FindByReference, [unit.Tenant.Value, await HashAsync(unit.Tenant, cipher, kind, reference, ct)], StoredSubject.Read, ct);

    public static Task<StoredSubject?> LockAsync(UnitOfWork unit, SubjectId subject, CancellationToken ct) => unit.FirstAsync(DataSubjectSql.FindById, [subject.Value], StoredSubject.Read, ct);

    /// <summary>Destroys the key, and the hash by which the person was found.</summary>
    public static Task EraseAsync(UnitOfWork unit, SubjectId subject, CancellationToken ct) => unit.ExecuteAsync(DataSubjectSql.Erase, [subject.Value, unit.Now], ct);

    private static async Task<DataSubject?> FindAsync(UnitOfWork unit, FieldCipher cipher, byte[] hash, CancellationToken ct)
    {
        var rows = await unit.ListAsync(DataSubjectSql.FindForUse, [unit.Tenant.Value, hash], row => (Id: new SubjectId(row.GetGuid(0)), Wrapped: row.GetFieldValue<byte[]>(1)), ct);
        return rows is [var found] ? new DataSubject(found.Id, unit.Tenant, await cipher.OpenAsync(unit.Tenant, KeyField, found.Wrapped, ct)) : null;
    }

    private static Task<byte[]> HashAsync(TenantId tenant, FieldCipher cipher, string kind, string reference, CancellationToken ct) => cipher.LookUpHashAsync(tenant, $"{kind}:{reference}", ct);
}
