namespace Modupay.DatabaseTests.Schema;

/// <summary>What must be true of every table, policy, key and function, now and in every migration to come. Each query lists what breaks the rule.</summary>
internal static class SchemaRules
{
    private const string Ours = "nspname not like 'pg\\_%' and nspname <> 'information_schema' and nspname <> 'public'";

    /// <summary>The record of migrations exists before the roles do, and the application cannot read it.</summary>
    internal const string UnprotectedTables = $"""
        select format('%I.%I', nspname, relname) from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where relkind in ('r', 'p') and {Ours} and format('%I.%I', nspname, relname) <> 'platform.migrations'
            and (not relrowsecurity or not relforcerowsecurity or not exists (select from pg_policy where polrelid = pg_class.oid))
        """;

    /// <summary>Without the sub-select the setting is read once per row instead of once per statement.</summary>
    internal const string SlowPolicies = $"""
        select format('%s on %I.%I', policyname, schemaname, tablename) from pg_policies
        where concat(qual, with_check) like '%current_setting%' and concat(qual, with_check) !~ 'SELECT .*current_setting'
        """;

    /// <summary>A tenant's rows may only be reached through the tenant: nobody else's policy opens a table to the application.</summary>
    internal const string TenantTablesWithoutTenantPolicy = $"""
        select format('%I.%I', nspname, relname) from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        join pg_attribute on attrelid = pg_class.oid and attname = 'tenant_id' and not attisdropped
        where relkind in ('r', 'p') and {Ours}
            and not exists (
                select from pg_policies where schemaname = nspname and tablename = relname and policyname = 'tenant' and roles = array['modupay_app']::name[]
                    and qual like '%tenant_id = %app.tenant%' and with_check like '%tenant_id = %app.tenant%')
        """;

    internal const string OpenPolicies = """
        select format('%s on %I.%I', policyname, schemaname, tablename) from pg_policies
        where (roles && array['modupay_app', 'public']::name[]) and (qual = 'true' or with_check = 'true')
        """;

    internal const string PowersOfTheApplication = """
        select format('%s is %s', rolname, power) from pg_roles
        cross join lateral (values ('superuser', rolsuper), ('bypassrls', rolbypassrls), ('createdb', rolcreatedb), ('createrole', rolcreaterole), ('replication', rolreplication)) as has (power, yes)
        where rolname in ('modupay_app', 'modupay_relay') and yes
        union all
        select format('%s belongs to %s', roleid::regrole, member::regrole) from pg_auth_members where member in ('modupay_app'::regrole, 'modupay_relay'::regrole)
        union all
        select format('%s owns %s', rolname, relname) from pg_class join pg_roles on pg_roles.oid = relowner where rolname in ('modupay_app', 'modupay_relay')
        union all
        select format('%s may create in %s', rolname, nspname) from pg_namespace cross join pg_roles
        where rolname in ('modupay_app', 'modupay_relay') and has_schema_privilege(pg_roles.oid, pg_namespace.oid, 'create') and nspname not like 'pg\_temp%'
        union all
        select format('%s may truncate or trigger %s', rolname, pg_class.oid::regclass) from pg_class cross join pg_roles
        where rolname in ('modupay_app', 'modupay_relay') and relkind in ('r', 'p') and has_table_privilege(pg_roles.oid, pg_class.oid, 'truncate, trigger')
        """;

    internal const string WritableAppendOnlyTables = """
        select tgrelid::regclass::text from pg_trigger join pg_roles on rolname in ('modupay_app', 'modupay_relay')
        where tgname = 'append_only' and (has_table_privilege(pg_roles.oid, tgrelid, 'update, delete, truncate') or has_any_column_privilege(pg_roles.oid, tgrelid, 'update'))
        """;

    internal const string ForeignKeysWithoutIndex = """
        select format('%s (%s)', conrelid::regclass, conname) from pg_constraint
        where contype = 'f' and not exists (
            select from pg_index where indrelid = conrelid and indpred is null and (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey and (indkey::int2[])[0:cardinality(conkey) - 1] <@ conkey)
        """;

    /// <summary>A function that runs as its owner must not take its names from the caller's search path, and is for the application, not for everybody.</summary>
    internal const string OpenDefinerFunctions = $"""
        select pg_proc.oid::regprocedure::text from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
        where prosecdef and {Ours} and (not coalesce(proconfig, '{"{}"}') && array['search_path=""'] or has_function_privilege('public', pg_proc.oid, 'execute'))
        """;
}
