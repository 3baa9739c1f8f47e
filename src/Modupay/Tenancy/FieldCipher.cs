using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Modupay.Tenancy;

/// <summary>
/// Seals what must not be readable in a table or a backup: IBANs, names, webhook secrets. What is about a person is sealed for that person
/// (<see cref="DataSubjects"/>), everything else with the organization's own key.
/// </summary>
internal sealed class FieldCipher(DataKeys keys)
{
    private const int MaxRemembered = 10_000;

    private readonly ConcurrentDictionary<(TenantId Tenant, SubjectId Subject), KnownSubject> _subjects = new();

    public DataKeys Keys => keys;

    public async Task<byte[]> SealAsync(TenantId tenant, string field, ReadOnlyMemory<byte> plaintext, CancellationToken ct)
    {
        var key = await keys.NewestAsync(tenant, DataKeys.Seal, ct);
        return SealedValue.Seal(key.Key, SealedValue.Header(key.Version), tenant, field, plaintext.Span);
    }

    public Task<byte[]> SealAsync(TenantId tenant, string field, string plaintext, CancellationToken ct) => SealAsync(tenant, field, Encoding.UTF8.GetBytes(plaintext), ct);

    /// <summary>The value, whoever it was sealed for. <see cref="ErasedException"/> when that person was erased.</summary>
    public async Task<byte[]> OpenAsync(TenantId tenant, string field, byte[] value, CancellationToken ct)
    {
        var (version, subject) = SealedValue.KeyOf(field, value);
        var key = subject is { } person ? await SubjectKeyAsync(tenant, person, ct) : (await keys.ByVersionAsync(tenant, DataKeys.Seal, version, ct)).Key;
        return SealedValue.Open(key, tenant, field, value);
    }

    public async Task<string> OpenTextAsync(TenantId tenant, string field, byte[] value, CancellationToken ct) => Encoding.UTF8.GetString(await OpenAsync(tenant, field, value, ct));

    /// <summary>A keyed hash to find an IBAN by, without being able to try all of them from a stolen table.</summary>
    public async Task<byte[]> LookUpHashAsync(TenantId tenant, string value, CancellationToken ct) =>
        HMACSHA256.HashData((await keys.NewestAsync(tenant, DataKeys.LookUp, ct)).Key, Encoding.UTF8.GetBytes(value));

    /// <summary>Remembered as long as any key, which bounds how long another process still reads a person who was erased.</summary>
    private async Task<byte[]> SubjectKeyAsync(TenantId tenant, SubjectId subject, CancellationToken ct)
    {
        var now = keys.Database.Time.GetUtcNow();
        if (_subjects.TryGetValue((tenant, subject), out var known) && known.Until > now) return known.Key;
        var wrapped = await keys.Database.FirstAsync(tenant, DataSubjectSql.Key, [subject.Value], row => row.GetFieldValue<byte[]>(0), ct) ?? throw new ErasedException(subject);
        var key = await OpenAsync(tenant, DataSubjects.KeyField, wrapped, ct);
        if (_subjects.Count >= MaxRemembered) _subjects.Clear();
        _subjects[(tenant, subject)] = new(key, now + DataKeys.Remembered);
        return key;
    }

    /// <summary>The process that erases somebody forgets him at once.</summary>
    public void Forget(TenantId tenant, SubjectId subject) => _subjects.TryRemove((tenant, subject), out _);

    private sealed record KnownSubject(byte[] Key, DateTimeOffset Until);
}

/// <summary>The value is about somebody who was erased: nobody can read it any more.</summary>
internal sealed class ErasedException(SubjectId subject) : CryptographicException($"{subject} was erased.");
