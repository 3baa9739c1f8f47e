using Npgsql;

namespace Modupay.TestSupport;

/// <summary>A table whose rows belong to a tenant or, for what both modes share, to an organization.</summary>
internal sealed record OwnedTable(string Name, string OwnerColumn);

/// <summary>
/// What a tenant has, seen by a superuser whom no policy hides anything from, in every table the catalog knows. Two equal checksums say that nothing of
/// it was changed, added or removed.
/// </summary>
internal static class OwnedRows
{
    private const string Tables = """
        select format('%I.%I', nspname, relname), min(attname)
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace join pg_attribute on attrelid = pg_class.oid
        where relkind in ('r', 'p') and not relispartition and not attisdropped and nspname not like 'pg\_%'
            and (attname = 'tenant_id' or attname = 'organization_id' and not exists (
                select from pg_attribute other where other.attrelid = pg_class.oid and other.attname = 'tenant_id' and not other.attisdropped))
        group by nspname, relname order by 1
        """;

    // When a key was last used is written for whoever uses it, and says nothing of what became of its owner's data.
    private const string Checksum = """
        select count(*) || ' ' || coalesce(md5(string_agg(row, E'\n' order by row)), '')
        from (select (to_jsonb(owned) - 'last_used_at')::text as row from {0} owned where {1} = $1) rows
        """;

    public static async Task<IReadOnlyList<OwnedTable>> TablesAsync(NpgsqlConnection superuser)
    {
        await using var command = new NpgsqlCommand(Tables, superuser);
        await using var reader = await command.ExecuteReaderAsync();
        var tables = new List<OwnedTable>();
        while (await reader.ReadAsync()) tables.Add(new(reader.GetString(0), reader.GetString(1)));
        return tables;
    }

    /// <param name="organization">Null leaves out what the tenant shares with its organization's other mode.</param>
    public static async Task<SortedDictionary<string, string>> ChecksumsAsync(NpgsqlConnection superuser, Guid tenant, Guid? organization)
    {
        var tables = (await TablesAsync(superuser)).Where(table => table.OwnerColumn == "tenant_id" || organization is not null).ToList();
        await using var batch = new NpgsqlBatch(superuser);
        foreach (var table in tables)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Checksum.Replace("{0}", table.Name).Replace("{1}", table.OwnerColumn))
            {
                Parameters = { new() { Value = table.OwnerColumn == "tenant_id" ? tenant : organization!.Value } },
            });
        }

        var sums = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var table in tables)
        {
            await reader.ReadAsync();
            sums.Add(table.Name, reader.GetString(0));
            await reader.NextResultAsync();
        }
        return sums;
    }
}
