using Npgsql;

namespace Modupay.DatabaseTests.Security;

/// <summary>What somebody tries who can run SQL as the application: becoming another role, switching policies off, leaving traps for the next one on the connection.</summary>
public sealed class SessionTrickTests(TwoTenants scene) : IClassFixture<TwoTenants>
{
    [Theory]
    [InlineData("set role modupay_owner")]
    [InlineData("set role postgres")]
    [InlineData("set role modupay_relay")]
    [InlineData("set session authorization modupay_owner")]
    [InlineData("set session authorization postgres")]
    [InlineData("set session_replication_role = replica")]
    [InlineData("alter role modupay_app bypassrls")]
    [InlineData("alter role modupay_app superuser")]
    [InlineData("grant modupay_owner to modupay_app")]
    [InlineData("create role intruder login superuser")]
    [InlineData("create extension dblink")]
    [InlineData("create language plperlu")]
    [InlineData("copy (select 1) to program 'true'")]
    [InlineData("copy (select 1) to '/tmp/modupay-copy'")]
    [InlineData("select pg_read_file('postgresql.conf')")]
    [InlineData("select lo_import('/etc/hostname')")]
    [InlineData("alter system set row_security = off")]
    [InlineData("select pg_reload_conf()")]
    [InlineData("select pg_terminate_backend(0) from pg_authid")]
    public async Task No_power_is_to_be_had(string sql)
    {
        await using var app = await scene.OpenAsync("modupay_app");
        var refused = await Assert.ThrowsAsync<PostgresException>(() => TwoTenants.RunAsync(app, sql));
        Assert.True(refused.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.FeatureNotSupported, refused.Message);
    }

    [Theory]
    [InlineData("set row_security = off")]
    [InlineData("reset all")]
    [InlineData("discard all")]
    [InlineData("reset app.tenant")]
    [InlineData("set role none")]
    [InlineData("set search_path = pg_temp, ledger, banking, tenancy")]
    [InlineData("set app.organization = ''")]
    [InlineData("set app.key_hash = '00'")]
    public async Task Policies_stay_on(string sql)
    {
        await using var app = await scene.OpenAsync("modupay_app");
        await TwoTenants.RunAsync(app, $"set app.tenant = '{scene.Stranger.Tenant.Value}'");
        await TwoTenants.RunAsync(app, sql);
        await SeesNothingAsync(app, null);
        await SeesNothingAsync(app, scene.Stranger.Tenant.Value.ToString());
    }

    [Fact]
    public async Task The_tenant_ends_with_its_transaction()
    {
        await using var app = await scene.OpenAsync("modupay_app");
        foreach (var end in new[] { "commit", "rollback" })
        {
            await TwoTenants.RunAsync(app, $"begin; select set_config('app.tenant', '{scene.Victim.Tenant.Value}', true); {end}");
            await SeesNothingAsync(app, null);
        }
    }

    [Fact]
    public async Task A_statement_prepared_for_one_tenant_shows_the_next_only_its_own()
    {
        await using var app = await scene.OpenAsync("modupay_app");
        var readable = await ReadableAsync(app);
        for (var i = 0; i < readable.Count; i++)
        {
            // Often enough for PostgreSQL to settle on a plan that it keeps.
            await TwoTenants.RunAsync(app, $"begin; select set_config('app.tenant', '{scene.Victim.Tenant.Value}', true); prepare trap_{i} as select count(*) from {readable[i].Name} where {readable[i].OwnerColumn} = '{scene.OwnerOf(readable[i], scene.Victim)}'; "
                + string.Concat(Enumerable.Repeat($"execute trap_{i}; ", 7)) + "commit");
            Assert.NotEqual("0", (await TwoTenants.TryAsync(app, scene.Victim.Tenant.Value.ToString(), $"execute trap_{i}")).First);
            Assert.Equal("0", (await TwoTenants.TryAsync(app, scene.Stranger.Tenant.Value.ToString(), $"execute trap_{i}")).First);
            Assert.Equal("0", (await TwoTenants.TryAsync(app, "", $"execute trap_{i}")).First);
        }
        Assert.NotEmpty(readable);
    }

    [Fact]
    public async Task Functions_and_operators_of_ones_own_do_not_stand_in_for_those_of_a_policy()
    {
        await using var app = await scene.OpenAsync("modupay_app");
        await TwoTenants.RunAsync(app, $$"""
            create function pg_temp.current_setting(text, boolean) returns text language sql as 'select ''{{scene.Victim.Tenant.Value}}''::text';
            create function pg_temp.nullif(text, text) returns text language sql as 'select ''{{scene.Victim.Tenant.Value}}''::text';
            create function pg_temp.uuid_eq(uuid, uuid) returns boolean language sql as 'select true';
            create operator pg_temp.= (leftarg = uuid, rightarg = uuid, function = pg_temp.uuid_eq);
            set search_path = pg_temp, pg_catalog;
            """);
        await SeesNothingAsync(app, scene.Stranger.Tenant.Value.ToString(), equals: "operator(pg_catalog.=)");
    }

    /// <summary>Histograms quote rows; PostgreSQL hides them where a policy applies.</summary>
    [Fact]
    public async Task Statistics_quote_no_rows()
    {
        await using (var superuser = await scene.OpenAsync("postgres")) await TwoTenants.RunAsync(superuser, "analyze");
        await using var app = await scene.OpenAsync("modupay_app");
        Assert.Equal("0", (await TwoTenants.TryAsync(app, null, "select count(*) from pg_stats where schemaname not like 'pg\\_%' and schemaname <> 'information_schema'")).First);
    }

    /// <summary>A view runs as whoever owns it, past every policy, unless it is told to run as its reader; a materialized one has no policies at all.</summary>
    [Fact]
    public async Task No_view_looks_past_the_policies() => Assert.Empty(await scene.Fresh.LinesAsync("""
        select pg_class.oid::regclass::text from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where relkind in ('v', 'm') and nspname not like 'pg\_%' and nspname <> 'information_schema'
            and (relkind = 'm' or not coalesce(reloptions, '{}') && array['security_invoker=true', 'security_invoker=on'])
            and (has_any_column_privilege('modupay_app', pg_class.oid, 'select') or has_any_column_privilege('modupay_relay', pg_class.oid, 'select'))
        """));

    private async Task<List<OwnedTable>> ReadableAsync(NpgsqlConnection app)
    {
        var readable = new List<OwnedTable>();
        foreach (var table in scene.Tables)
        {
            var seen = await TwoTenants.TryAsync(app, scene.Victim.Tenant.Value.ToString(), $"select count(*) from {table.Name} where {table.OwnerColumn} = $1", scene.OwnerOf(table, scene.Victim));
            if (seen.Refused is null && seen.First != "0") readable.Add(table);
        }
        return readable;
    }

    private async Task SeesNothingAsync(NpgsqlConnection app, string? tenant, string equals = "=")
    {
        foreach (var table in scene.Tables)
        {
            var seen = await TwoTenants.TryAsync(app, tenant, $"select count(*) from {table.Name} where {table.OwnerColumn} {equals} $1", scene.OwnerOf(table, scene.Victim));
            Assert.True(seen.Refused == PostgresErrorCodes.InsufficientPrivilege || seen is { Refused: null, First: "0" }, $"{table.Name}: {seen}");
        }
    }
}
