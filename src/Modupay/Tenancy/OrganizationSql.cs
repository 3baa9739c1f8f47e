namespace Modupay.Tenancy;

internal static class OrganizationSql
{
    internal const string NameOrganization = "select set_config('app.organization', $1, true)";

    internal const string SpeakFor = "select set_config('app.tenant', $1, true)";

    internal const string Insert = """
        insert into tenancy.organizations (organization_id, kind, partner_id, name, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)
        """;

    internal const string InsertTenant = "insert into tenancy.tenants (tenant_id, organization_id, mode) values ($1, $2, $3)";

    internal const string OrganizationOf = "select organization_id from tenancy.tenants where tenant_id = $1";

    /// <summary>For the relay role, which may read this column and no other.</summary>
    internal const string EveryTenant = "select tenant_id from tenancy.tenants where tenant_id > $1 order by tenant_id limit $2";

    internal const string TenantsOf = "select tenant_id from tenancy.tenants where organization_id = $1";

    internal const string KindOf = "select kind from tenancy.organizations where organization_id = $1";

    private const string Columns = """
        select organization_id, kind, partner_id, name, display_name, primary_color, accent_color, languages, logo is not null, created_at, updated_at
        from tenancy.organizations

        """;

    internal const string Find = Columns + "where organization_id = $1";

    internal const string FindForChange = Columns + "where organization_id = $1 for no key update";

    internal const string List = Columns + "where organization_id < $1 and kind = $2 and ($3::uuid is null or partner_id = $3) order by organization_id desc limit $4";

    internal const string Change = """
        update tenancy.organizations
        set name = $2, display_name = $3, primary_color = $4, accent_color = $5, languages = $6, updated_at = $7
        where organization_id = $1
        """;

    internal const string SetLogo = "update tenancy.organizations set logo = $2, logo_media_type = $3, updated_at = $4 where organization_id = $1";

    internal const string Logo = "select logo, logo_media_type from tenancy.organizations where organization_id = $1 and logo is not null";
}

internal static class DepartmentSql
{
    private const string Columns = "select department_id, name, code, created_at, archived_at from tenancy.departments ";

    internal const string Insert = """
        insert into tenancy.departments (department_id, organization_id, name, code, created_at) values ($1, $2, $3, $4, $5)
        on conflict (organization_id, code) do nothing
        """;

    internal const string Find = Columns + "where department_id = $1";

    internal const string FindForChange = Columns + "where department_id = $1 for no key update";

    internal const string List = Columns + "where department_id < $1 and ($2 or archived_at is null) order by department_id desc limit $3";

    internal const string Change = "update tenancy.departments set name = $2, archived_at = $3 where department_id = $1";

    internal const string Active = "select count(*) from tenancy.departments where department_id = any ($1) and archived_at is null";
}
