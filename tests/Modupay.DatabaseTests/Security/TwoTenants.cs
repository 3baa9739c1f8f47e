using System.Globalization;
using Modupay.Tenancy;
using Npgsql;

namespace Modupay.DatabaseTests.Security;

/// <summary>
/// Two organizations with a row of each in every table there is, so that an intruder always has something to find. What the rows say is made up from
/// the types of their columns, for which the database loses its check constraints, and nothing else: policies, privileges and functions are the real ones.
/// </summary>
public sealed class TwoTenants : IAsyncLifetime
{
    private const string Columns = """
        select a.attname, format_type(a.atttypid, a.atttypmod), coalesce(format_type(nullif(t.typelem, 0), null), ''), t.typtype::text, t.typcategory::text
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = '' order by attnum
        """;

    internal FreshDatabase Fresh { get; } = new();

    /// <summary>Whose rows are attacked.</summary>
    internal OrganizationWithKey Victim { get; private set; } = null!;

    /// <summary>Who is logged in.</summary>
    internal OrganizationWithKey Stranger { get; private set; } = null!;

    internal IReadOnlyList<OwnedTable> Tables { get; private set; } = [];

    public async Task InitializeAsync()
    {
        await Fresh.InitializeAsync();
        Victim = await Organizations.CreateAsync(Fresh.App, "Commune de la Victime", live: false, default);
        Stranger = await Organizations.CreateAsync(Fresh.App, "Commune de l'Intrus", live: false, default);
        await using var superuser = await OpenAsync("postgres");
        Tables = await OwnedRows.TablesAsync(superuser);
        foreach (var drop in await ListAsync(superuser, "select format('alter table %s drop constraint %I', conrelid::regclass, conname) from pg_constraint where contype = 'c' and conrelid <> 0"))
            await RunAsync(superuser, drop);
        // References need not lead anywhere.
        await RunAsync(superuser, "set session_replication_role = replica");
        foreach (var table in Tables)
        {
            await FillAsync(superuser, table, Victim);
            await FillAsync(superuser, table, Stranger);
        }
    }

    public Task DisposeAsync() => Fresh.DisposeAsync();

    internal Guid OwnerOf(OwnedTable table, OrganizationWithKey organization) => table.OwnerColumn == "tenant_id" ? organization.Tenant.Value : organization.Id.Value;

    internal async Task<SortedDictionary<string, string>> VictimsChecksumsAsync()
    {
        await using var superuser = await OpenAsync("postgres");
        return await OwnedRows.ChecksumsAsync(superuser, Victim.Tenant.Value, Victim.Id.Value);
    }

    /// <summary>A login of its own, outside every pool, because intruders leave their settings behind.</summary>
    internal async Task<NpgsqlConnection> OpenAsync(string role)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Fresh.ConnectionString(role)) { Pooling = false, IncludeErrorDetail = true }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>One statement in a transaction that is not kept, with a tenant's setting or none.</summary>
    internal static async Task<Outcome> TryAsync(NpgsqlConnection connection, string? tenant, string sql, params object[] parameters)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        try
        {
            if (tenant is not null)
            {
                await using var speak = new NpgsqlCommand("select set_config('app.tenant', $1, true)", connection) { Parameters = { new() { Value = tenant } } };
                await speak.ExecuteNonQueryAsync();
            }
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var value in parameters) command.Parameters.Add(new() { Value = value });
            await using var reader = await command.ExecuteReaderAsync();
            var first = await reader.ReadAsync() && reader.FieldCount > 0 && !reader.IsDBNull(0) ? Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture) ?? "" : "";
            while (await reader.ReadAsync()) { }
            await reader.CloseAsync();
            return new(null, reader.RecordsAffected, first);
        }
        catch (PostgresException refused)
        {
            return new(refused.SqlState, 0, refused.MessageText);
        }
    }

    internal static async Task<List<string>> ListAsync(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in parameters) command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync()) lines.Add(reader.GetString(0));
        return lines;
    }

    internal static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task FillAsync(NpgsqlConnection superuser, OwnedTable table, OrganizationWithKey owner)
    {
        var there = await ListAsync(superuser, $"select 'row' from {table.Name} where {table.OwnerColumn} = $1 limit 1", OwnerOf(table, owner));
        if (there.Count > 0) return;
        var (names, values) = (new List<string>(), new List<string>());
        await using (var command = new NpgsqlCommand(Columns, superuser) { Parameters = { new() { Value = table.Name } } })
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                names.Add($"\"{reader.GetString(0)}\"");
                values.Add(reader.GetString(0) switch
                {
                    "tenant_id" => $"'{owner.Tenant.Value}'",
                    "organization_id" => $"'{owner.Id.Value}'",
                    _ => Value(reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4)),
                });
            }
        }
        await RunAsync(superuser, $"insert into {table.Name} ({string.Join(", ", names)}) values ({string.Join(", ", values)})");
    }

    private static string Value(string type, string element, string kind, string category) => (kind, category, type) switch
    {
        ("e", _, _) => $"(enum_range(null::{type}))[1]",
        (_, "A", _) => $"array[{Value(element, "", "b", Category(element))}]::{type}",
        (_, "S", _) => $"cast(md5(random()::text) as {type})",
        (_, "N", _) => $"1::{type}",
        (_, "B", _) => "false",
        (_, "D", _) => $"now()::{type}",
        (_, "T", _) => $"'1 day'::{type}",
        (_, "I", _) => $"'127.0.0.1'::{type}",
        (_, "R", _) => $"'empty'::{type}",
        (_, _, "uuid") => "gen_random_uuid()",
        (_, _, "bytea") => "sha256(gen_random_uuid()::text::bytea)",
        (_, _, "json" or "jsonb") => $"'{{}}'::{type}",
        _ => throw new NotSupportedException($"Say here what a column of type {type} may hold."),
    };

    private static string Category(string type) => type is "text" || type.StartsWith("character", StringComparison.Ordinal) ? "S" : type is "integer" or "bigint" or "smallint" or "numeric" ? "N" : "";
}

/// <summary>What became of an attempt: refused with a state, or rows touched and the first value seen.</summary>
internal sealed record Outcome(string? Refused, int Rows, string First);
