namespace Modupay.DatabaseTests.Schema;

/// <summary>The schema as a text, so that a review sees what a migration changes: columns, constraints, indexes, policies, triggers and grants.</summary>
public sealed class ApprovedSchemaTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const string Text = """
        with tables as (
            select pg_class.oid, format('%I.%I', nspname, relname) as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
            where relkind in ('r', 'p') and nspname not like 'pg\_%' and nspname not in ('information_schema', 'public')
        )
        select line from (
            select name, 0 as part, '' as item, 'table ' || name as line from tables
            union all
            select name, 1, lpad(attnum::text, 3, '0'), format('    %s %s%s%s', attname, format_type(atttypid, atttypmod), case when attnotnull then ' not null' end, ' default ' || pg_get_expr(adbin, adrelid))
            from tables join pg_attribute on attrelid = tables.oid left join pg_attrdef on adrelid = attrelid and adnum = attnum where attnum > 0 and not attisdropped
            union all
            select name, 2, conname, format('    %s: %s', conname, pg_get_constraintdef(pg_constraint.oid)) from tables join pg_constraint on conrelid = tables.oid where contype in ('p', 'u', 'f', 'c')
            union all
            select name, 3, relname, '    ' || replace(pg_get_indexdef(indexrelid), ' USING btree', '') from tables join pg_index on indrelid = tables.oid join pg_class on pg_class.oid = indexrelid
            where not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))
            union all
            select name, 4, tgname, format('    trigger %s: %s', tgname, substring(pg_get_triggerdef(pg_trigger.oid) from ' (?:BEFORE|AFTER) .*')) from tables join pg_trigger on tgrelid = tables.oid where not tgisinternal
            union all
            select name, 5, policyname, format('    policy %s for %s to %s using %s with check %s', policyname, lower(cmd), array_to_string(roles, ', '), coalesce(qual, '-'), coalesce(with_check, '-'))
            from tables join pg_policies on format('%I.%I', schemaname, tablename) = name
            union all
            select name, 6, grantee, format('    %s may %s', grantee, string_agg(lower(privilege_type), ', ' order by privilege_type))
            from tables join information_schema.role_table_grants on format('%I.%I', table_schema, table_name) = name where grantee like 'modupay%' and grantee <> 'modupay_owner' group by name, grantee
            union all
            select name, 7, grantee || privilege_type, format('    %s may %s (%s)', grantee, lower(privilege_type), string_agg(column_name, ', ' order by column_name))
            from tables join information_schema.role_column_grants as columns on format('%I.%I', table_schema, table_name) = name where grantee like 'modupay%' and grantee <> 'modupay_owner'
                and not has_table_privilege(grantee, tables.oid, privilege_type)
            group by name, grantee, privilege_type
            union all
            select '~', 8, pg_proc.oid::regprocedure::text, format('%s %s%s%s', case prokind when 'p' then 'procedure' else 'function' end, pg_proc.oid::regprocedure, case when prosecdef then ' as its owner' end,
                case when has_function_privilege('modupay_app', pg_proc.oid, 'execute') then ', for modupay_app' end)
            from pg_proc join pg_namespace on pg_namespace.oid = pronamespace where nspname not like 'pg\_%' and nspname not in ('information_schema', 'public')
        ) as lines order by name collate "C", part, item collate "C"
        """;

    [Fact]
    public async Task The_schema_is_what_was_approved() => Approved.Matches(string.Join('\n', await database.LinesAsync(Text)), "schema.approved.txt");
}
