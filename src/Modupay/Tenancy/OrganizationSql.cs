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
}
