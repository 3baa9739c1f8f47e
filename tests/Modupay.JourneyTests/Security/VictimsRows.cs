using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Modupay.Kernel;
using Npgsql;

namespace Modupay.JourneyTests.Security;

/// <summary>Everything that identifies a row of the victim's, straight from the catalog and past every policy: whoever is told one of these was told too much.</summary>
internal sealed partial class VictimsRows
{
    private const string KeyColumns = """
        select format('%I.%I', nspname, relname), quote_ident(attname), exists (
            select from pg_attribute owner where owner.attrelid = pg_class.oid and owner.attname = 'tenant_id' and not owner.attisdropped)
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        join pg_index on indrelid = pg_class.oid and indisprimary
        join pg_attribute on attrelid = pg_class.oid and attnum = any (indkey) and atttypid = 'uuid'::regtype and attname <> 'tenant_id'
        where relkind in ('r', 'p') and not relispartition and nspname not like 'pg\_%' and exists (
            select from pg_attribute owner where owner.attrelid = pg_class.oid and owner.attname in ('tenant_id', 'organization_id') and not owner.attisdropped)
        """;

    private const string References = """
        select format('select %L || count(*) from %I.%I where tenant_id <> $1 and %I = any ($2)', nspname || '.' || relname || '.' || attname || ' ', nspname, relname, attname)
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped and atttypid = 'uuid'::regtype and attname not in ('tenant_id', 'organization_id')
        where relkind in ('r', 'p') and not relispartition and nspname not like 'pg\_%' and exists (
            select from pg_attribute owner where owner.attrelid = pg_class.oid and owner.attname = 'tenant_id' and not owner.attisdropped)
        """;

    private readonly FrozenDictionary<string, bool> _texts;
    private readonly Guid[] _tenants;

    private VictimsRows(Dictionary<Guid, bool> keys)
    {
        _texts = keys.SelectMany(key => new[] { KeyValuePair.Create(Id.Base32(key.Key), key.Value), KeyValuePair.Create(key.Key.ToString(), key.Value) }).ToFrozenDictionary(StringComparer.Ordinal);
        _tenants = [.. keys.Where(key => key.Value).Select(key => key.Key)];
    }

    public int Count => _texts.Count / 2;

    public static async Task<VictimsRows> ReadAsync(NpgsqlConnection superuser, Victim victim)
    {
        var columns = new List<(string Table, string Column, bool OfTenant)>();
        await using (var command = new NpgsqlCommand(KeyColumns, superuser))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync()) columns.Add((reader.GetString(0), reader.GetString(1), reader.GetBoolean(2)));
        }
        var keys = new Dictionary<Guid, bool> { [victim.Tenant.Value] = true, [victim.Organization.Value] = false };
        foreach (var (table, column, ofTenant) in columns)
        {
            await using var command = new NpgsqlCommand($"select {column} from {table} where {(ofTenant ? "tenant_id" : "organization_id")} = $1", superuser) { Parameters = { new() { Value = ofTenant ? victim.Tenant.Value : victim.Organization.Value } } };
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) keys.TryAdd(reader.GetGuid(0), ofTenant);
        }
        return new(keys);
    }

    /// <param name="ofTenantOnly">For the organization's other mode, which shares the organization itself, its members and departments.</param>
    /// <param name="sent">What the request said itself is no news to whoever sent it.</param>
    public string? ToldBy(string text, bool ofTenantOnly, string sent) => Tokens().Matches(text).Select(match => match.Value)
        .FirstOrDefault(token => _texts.TryGetValue(token, out var ofTenant) && (ofTenant || !ofTenantOnly) && !sent.Contains(token, StringComparison.Ordinal));

    public bool Has(string id, bool ofTenantOnly) => _texts.TryGetValue(id.Split('_')[^1], out var ofTenant) && (ofTenant || !ofTenantOnly);

    /// <summary>Places where somebody else's row points to one of the victim's.</summary>
    public async Task<List<string>> ReferredToByOthersAsync(NpgsqlConnection superuser, Victim victim)
    {
        var queries = new List<string>();
        await using (var command = new NpgsqlCommand(References, superuser))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync()) queries.Add(reader.GetString(0));
        }
        Assert.NotEmpty(queries);
        var found = new List<string>();
        foreach (var query in queries)
        {
            await using var command = new NpgsqlCommand(query, superuser) { Parameters = { new() { Value = victim.Tenant.Value }, new() { Value = _tenants } } };
            if ((string)(await command.ExecuteScalarAsync())! is var line && !line.EndsWith(" 0", StringComparison.Ordinal)) found.Add(line);
        }
        return found;
    }

    [GeneratedRegex("[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tokens();
}
