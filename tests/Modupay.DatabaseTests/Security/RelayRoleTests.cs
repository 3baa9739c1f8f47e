using Npgsql;

namespace Modupay.DatabaseTests.Security;

/// <summary>The relay's role sees every tenant, and therefore next to nothing of each. What that is, is read in review.</summary>
public sealed class RelayRoleTests(TwoTenants scene) : IClassFixture<TwoTenants>
{
    private const string Privileges = """
        select format('%-50s %s', format('%I.%I.%I', nspname, relname, attname), concat_ws(', ',
            case when has_column_privilege('modupay_relay', pg_class.oid, attnum, 'select') then 'select' end,
            case when has_column_privilege('modupay_relay', pg_class.oid, attnum, 'insert') then 'insert' end,
            case when has_column_privilege('modupay_relay', pg_class.oid, attnum, 'update') then 'update' end,
            case when has_table_privilege('modupay_relay', pg_class.oid, 'delete') then 'delete' end))
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace join pg_attribute on attrelid = pg_class.oid
        where relkind in ('r', 'p', 'v', 'm') and attnum > 0 and not attisdropped and nspname not like 'pg\_%' and nspname <> 'information_schema'
            and has_schema_privilege('modupay_relay', pg_namespace.oid, 'usage')
            and (has_column_privilege('modupay_relay', pg_class.oid, attnum, 'select, insert, update') or has_table_privilege('modupay_relay', pg_class.oid, 'delete'))
        union all
        select format('%-50s execute', pg_proc.oid::regprocedure) from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
        where nspname not like 'pg\_%' and nspname <> 'information_schema' and has_schema_privilege('modupay_relay', pg_namespace.oid, 'usage') and has_function_privilege('modupay_relay', pg_proc.oid, 'execute')
        order by 1
        """;

    [Fact]
    public async Task It_has_what_was_approved_and_no_more() => Approved.Matches(string.Join('\n', await scene.Fresh.LinesAsync(Privileges)), "relay-role.approved.txt");

    [Fact]
    public async Task Whole_rows_are_not_for_it()
    {
        await using var relay = await scene.OpenAsync("modupay_relay");
        var whole = new List<string>();
        foreach (var table in scene.Tables)
        {
            foreach (var tenant in new[] { null, scene.Victim.Tenant.Value.ToString() })
            {
                var seen = await TwoTenants.TryAsync(relay, tenant, $"select to_json(owned)::text from {table.Name} owned where {table.OwnerColumn} = $1", scene.OwnerOf(table, scene.Victim));
                if (seen.Refused != PostgresErrorCodes.InsufficientPrivilege) whole.Add(table.Name);
            }
        }
        // It sends what the outbox holds, so that one it must read.
        Assert.Equal(["platform.outbox"], whole.Distinct());
    }

    [Fact]
    public async Task Naming_a_tenant_does_not_make_it_the_application()
    {
        var before = await scene.VictimsChecksumsAsync();
        await using var relay = await scene.OpenAsync("modupay_relay");
        foreach (var table in scene.Tables.Where(table => table.Name != "platform.outbox"))
        {
            foreach (var sql in new[] { $"update {table.Name} set {table.OwnerColumn} = {table.OwnerColumn}", $"delete from {table.Name}", $"insert into {table.Name} select * from {table.Name}" })
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await TwoTenants.TryAsync(relay, scene.Victim.Tenant.Value.ToString(), sql)).Refused);
        }
        Assert.Equal(before, await scene.VictimsChecksumsAsync());
    }
}
