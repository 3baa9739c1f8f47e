using Npgsql;

namespace Modupay.DatabaseTests.Security;

/// <summary>
/// Functions that run as their owner are the one way past the application's own privileges. Every one it may call is called for a stranger with what is
/// the victim's: its ids, its codes and names, its hashes, in every place where the type allows it.
/// </summary>
public sealed class DefinerFunctionTests(TwoTenants scene) : IClassFixture<TwoTenants>
{
    private const string Callable = """
        select pg_proc.oid::regproc::text || '|' || array_to_string(array(select format_type(type, null) from unnest(proargtypes::oid[]) with ordinality as given (type, place) order by place), ';')
        from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
        where prosecdef and nspname not like 'pg\_%' and has_function_privilege('modupay_app', pg_proc.oid, 'execute') order by 1
        """;

    /// <summary>How often each function is called; each time every argument is another of the victim's values.</summary>
    private const int Rounds = 24;

    [Fact]
    public async Task A_stranger_reaches_nothing_through_them()
    {
        var loot = await LootAsync();
        var functions = await scene.Fresh.LinesAsync(Callable);
        Assert.NotEmpty(functions);
        var before = await scene.VictimsChecksumsAsync();
        await using var app = await scene.OpenAsync("modupay_app");
        var leaks = new List<string>();
        foreach (var function in functions)
        {
            foreach (var tenant in new[] { scene.Stranger.Tenant.Value.ToString(), "" })
            {
                for (var round = 0; round < Rounds; round++)
                {
                    var (call, given) = Call(function, loot, round);
                    var seen = await KeepAsync(app, tenant, call);
                    // What was handed in may come back; anything else of the victim's may not.
                    if (seen is not null && loot.Telling.FirstOrDefault(value => seen.Contains(value, StringComparison.Ordinal) && !given.Contains(value)) is { } leak) leaks.Add($"{call} as '{tenant}' told {leak}");
                }
            }
        }
        Assert.Empty(leaks);
        Assert.Equal(before, await scene.VictimsChecksumsAsync());
    }

    /// <summary>pg_temp is looked through first even where the search path is empty; whoever names things in full does not mind.</summary>
    [Fact]
    public async Task Temporary_tables_do_not_stand_in_for_ours()
    {
        var loot = await LootAsync();
        var before = await scene.VictimsChecksumsAsync();
        await using var app = await scene.OpenAsync("modupay_app");
        await using var superuser = await scene.OpenAsync("postgres");
        var traps = new List<string>();
        foreach (var table in scene.Tables)
        {
            var columns = await TwoTenants.ListAsync(superuser, "select format('%I %s', attname, format_type(atttypid, atttypmod)) from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum", table.Name);
            var name = table.Name.Split('.')[1];
            if (traps.Contains(name)) continue;
            await TwoTenants.RunAsync(app, $"create temporary table {name} ({string.Join(", ", columns)}); grant all on {name} to public");
            traps.Add(name);
        }
        await TwoTenants.RunAsync(app, "set search_path = pg_temp, platform, tenancy, banking, ledger");

        foreach (var function in await scene.Fresh.LinesAsync(Callable))
            for (var round = 0; round < Rounds; round++)
                await KeepAsync(app, scene.Stranger.Tenant.Value.ToString(), Call(function, loot, round).Sql);

        foreach (var trap in traps) Assert.Equal("0", (await TwoTenants.TryAsync(app, null, $"select count(*) from pg_temp.{trap}")).First);
        Assert.Equal(before, await scene.VictimsChecksumsAsync());
    }

    /// <summary>Everything of the victim's by type, as it stands in the database.</summary>
    private async Task<Loot> LootAsync()
    {
        await using var superuser = await scene.OpenAsync("postgres");
        var values = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var table in scene.Tables)
        {
            var rows = $"(select * from {table.Name} where {table.OwnerColumn} = '{scene.OwnerOf(table, scene.Victim)}') rows";
            foreach (var column in await TwoTenants.ListAsync(superuser, """
                select format_type(atttypid, null) || '|' || quote_ident(attname) from pg_attribute
                where attrelid = $1::regclass and attnum > 0 and not attisdropped and attname not in ('tenant_id', 'organization_id') and format_type(atttypid, null) in ('uuid', 'text', 'bytea', 'bigint', 'integer')
                """, table.Name))
            {
                var (type, name) = (column.Split('|')[0], column.Split('|')[1]);
                if (!values.TryGetValue(type, out var known)) values[type] = known = [];
                known.AddRange(await TwoTenants.ListAsync(superuser, $"select distinct {name}::text from {rows} where {name} is not null"));
            }
        }
        values["uuid"].Insert(0, scene.Victim.Tenant.Value.ToString());
        values["uuid"].Insert(1, scene.Victim.Id.Value.ToString());
        return new(values.ToDictionary(kind => kind.Key, kind => kind.Value.Distinct(StringComparer.Ordinal).ToList(), StringComparer.Ordinal));
    }

    private static (string Sql, HashSet<string> Given) Call(string function, Loot loot, int round)
    {
        var (name, types) = (function.Split('|')[0], function.Split('|')[1].Split(';', StringSplitOptions.RemoveEmptyEntries));
        var given = new HashSet<string>(StringComparer.Ordinal);
        var arguments = types.Select((type, place) => Argument(type, place + round * 7));
        return ($"select * from {name}({string.Join(", ", arguments)}) as answer", given);

        string Argument(string type, int pick)
        {
            if (type.EndsWith("[]", StringComparison.Ordinal)) return $"array[{Argument(type[..^2], pick)}]::{type}";
            if (type.StartsWith("timestamp", StringComparison.Ordinal)) return $"now()::{type}";
            if (type is "json" or "jsonb") return $"'[]'::{type}";
            if (!loot.Values.TryGetValue(type, out var known)) return $"null::{type}";
            // Now and then one of few small numbers, so that places in lists are hit too.
            var value = type is "integer" or "bigint" && pick % 2 == 0 ? (pick % 3).ToString(System.Globalization.CultureInfo.InvariantCulture) : known[pick % known.Count];
            given.Add(value);
            return $"'{value.Replace("'", "''")}'::{type}";
        }
    }

    /// <summary>Unlike the other attempts this one commits: what it did must be seen by the checksums.</summary>
    private static async Task<string?> KeepAsync(NpgsqlConnection connection, string tenant, string sql)
    {
        try
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand("select set_config('app.tenant', $1, true)") { Parameters = { new() { Value = tenant } } });
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"select coalesce(json_agg(told)::text, '') from ({sql}) told"));
            await using var reader = await batch.ExecuteReaderAsync();
            await reader.NextResultAsync();
            return await reader.ReadAsync() ? reader.GetString(0) : null;
        }
        catch (PostgresException refused)
        {
            // The detail of a violated constraint quotes the row; the application hides it, an intruder with SQL reads it.
            return refused.MessageText + refused.Detail;
        }
    }

    private sealed record Loot(IReadOnlyDictionary<string, List<string>> Values)
    {
        /// <summary>What can only be known from the victim's rows; small numbers and common words are in everybody's.</summary>
        public IEnumerable<string> Telling => Values.Where(kind => kind.Key is "uuid" or "bytea" or "text").SelectMany(kind => kind.Value).Where(value => value.Length >= 20);
    }
}
