using Modupay.Audit;

namespace Modupay.Tenancy;

/// <summary>
/// The life of an organization's seal key: a new version every year or when somebody asks, everything sealed again with it, and the old version
/// destroyed once nothing needs it. Interrupted at any point it goes on with the next run.
/// </summary>
internal sealed class KeyRotation(Database database, FieldCipher cipher, IReadOnlyList<SealedField> fields)
{
    private const int AtOnce = 500;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>
    /// A process may seal with the version it remembers for this long, and commit what it sealed a little later. Until then the old version stays.
    /// </summary>
    internal static readonly TimeSpan Settled = DataKeys.Remembered * 2;

    /// <summary>A new version. Every process seals with it within minutes; what it sealed before stays readable.</summary>
    public async Task<Result<KeyVersion>> RotateAsync(UnitOfWork unit, Actor actor, CancellationToken ct)
    {
        var newest = (await AllAsync(unit, ct)).FirstOrDefault(key => key.Purpose == DataKeys.Seal);
        if (newest is not null && unit.Now - newest.CreatedAt < Settled)
            return new Problem(Errors.DataKeyTooYoung, $"Version {newest.Version} is not in use everywhere before {newest.CreatedAt + Settled:u}.");

        var version = (newest?.Version ?? 0) + 1;
        var wrapped = await cipher.Keys.WrappedAsync(unit.Tenant, DataKeys.Seal, ct);
        if (await unit.ExecuteAsync(DataKeySql.Insert, [unit.Tenant.Value, DataKeys.Seal, version, wrapped, unit.Now], ct) == 0)
            return new Problem(Errors.DataKeyTooYoung, "Somebody else has just rotated it.");
        AuditLog.Record(unit, actor, AuditActions.DataKeyRotated, DataKeys.Seal, new Change("version", newest?.Version.ToString(), version.ToString()));
        return new KeyVersion(DataKeys.Seal, version, unit.Now, null);
    }

    public static Task<List<KeyVersion>> AllAsync(Session session, CancellationToken ct) => session.ListAsync(DataKeySql.All, [session.Tenant.Value], KeyVersion.Read, ct);

    /// <summary>The job <c>key-rotation</c>, once a day.</summary>
    public async Task<RotationDone> RunAsync(TenantId tenant, CancellationToken ct)
    {
        var actor = Actor.OfSystem("key-rotation");
        var newest = (await database.ReadAsync(tenant, session => AllAsync(session, ct), ct)).FirstOrDefault(key => key.Purpose == DataKeys.Seal);
        if (newest is null) return new(0, []);
        // Not an error if it is refused: then somebody has just done it.
        if (database.Time.GetUtcNow() - newest.CreatedAt >= Lifetime) await database.TransactAsync(tenant, unit => RotateAsync(unit, actor, ct), ct);

        // Only what this process itself seals with counts as new: a version it has not heard of yet is the next run's.
        var key = await cipher.Keys.NewestAsync(tenant, DataKeys.Seal, ct);
        var again = 0;
        foreach (var field in fields) again += await SealAgainAsync(tenant, field, key, ct);
        return new(again, await DestroyAsync(tenant, actor, key.Version, ct));
    }

    private async Task<int> SealAgainAsync(TenantId tenant, SealedField field, DataKey key, CancellationToken ct)
    {
        if (field.Find is null || field.Swap is null) return 0;
        var again = 0;
        for (var after = Guid.Empty; ;)
        {
            var rows = await database.ListAsync(tenant, field.Find, [after, SealedValue.Header(key.Version), AtOnce], row => (Id: row.GetGuid(0), Value: row.GetFieldValue<byte[]>(1)), ct);
            if (rows.Count == 0) return again;
            var values = new byte[rows.Count][];
            for (var i = 0; i < rows.Count; i++)
                values[i] = SealedValue.Seal(key.Key, SealedValue.Header(key.Version), tenant, field.Field, await cipher.OpenAsync(tenant, field.Field, rows[i].Value, ct));
            // A row that traffic changed meanwhile is left alone; it was sealed anew by whoever changed it.
            again += await database.ExecuteAsync(tenant, field.Swap, [rows.Select(row => row.Id).ToArray(), rows.Select(row => row.Value).ToArray(), values], ct);
            after = rows[^1].Id;
        }
    }

    /// <summary>Looks once more, in the transaction that destroys, and only when no process can still seal with an older version.</summary>
    private async Task<IReadOnlyList<int>> DestroyAsync(TenantId tenant, Actor actor, int version, CancellationToken ct) => (await database.TransactAsync<IReadOnlyList<int>>(tenant, async unit =>
    {
        var seals = (await AllAsync(unit, ct)).Where(key => key.Purpose == DataKeys.Seal).ToList();
        if (seals[0].Version != version || unit.Now - seals[0].CreatedAt < Settled) return Array.Empty<int>();
        foreach (var field in fields.Where(field => field.Find is not null))
            if ((await unit.ListAsync(field.Find!, [Guid.Empty, SealedValue.Header(version), 1], row => row.GetGuid(0), ct)).Count > 0) return Array.Empty<int>();
        var destroyed = await unit.ListAsync(DataKeySql.Destroy, [tenant.Value, version, unit.Now], row => row.GetInt32(0), ct);
        foreach (var old in destroyed) AuditLog.Record(unit, actor, AuditActions.DataKeyDestroyed, DataKeys.Seal, new Change("version", old.ToString(), null));
        return destroyed;
    }, ct)).Value;
}

/// <summary>A version of an organization's key. Never the key.</summary>
internal sealed record KeyVersion(string Purpose, int Version, DateTimeOffset CreatedAt, DateTimeOffset? DestroyedAt)
{
    internal static KeyVersion Read(Npgsql.NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetInt32(1), row.GetFieldValue<DateTimeOffset>(2), row.IsDBNull(3) ? null : row.GetFieldValue<DateTimeOffset>(3));
}

internal sealed record RotationDone(int SealedAgain, IReadOnlyList<int> Destroyed);
