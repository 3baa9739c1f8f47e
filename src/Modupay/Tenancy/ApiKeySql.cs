namespace Modupay.Tenancy;

internal static class ApiKeySql
{
    internal const string FindByHash = """
        select k.api_key_id, k.tenant_id, t.organization_id, t.mode, k.scopes, k.allowed_ranges, k.expires_at, k.last_used_at
        from tenancy.api_keys k join tenancy.tenants t using (tenant_id)
        where k.key_hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2)
        """;

    internal const string Used = "update tenancy.api_keys set last_used_at = $2 where api_key_id = $1 and (last_used_at is null or last_used_at < $2)";

    internal const string Insert = """
        insert into tenancy.api_keys (api_key_id, tenant_id, name, key_hash, last_four, scopes, allowed_ranges, created_at, created_by, replaces)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """;

    private const string Columns = """
        select api_key_id, name, last_four, scopes, allowed_ranges, created_at, created_by, replaces, expires_at, last_used_at, revoked_at from tenancy.api_keys

        """;

    internal const string Find = Columns + "where api_key_id = $1";

    internal const string FindForChange = Columns + "where api_key_id = $1 for update";

    internal const string List = Columns + "where api_key_id < $1 order by api_key_id desc limit $2";

    internal const string Expire = "update tenancy.api_keys set expires_at = $2 where api_key_id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)";

    internal const string Revoke = "update tenancy.api_keys set revoked_at = $2 where api_key_id = $1 and revoked_at is null";
}
