using Npgsql;

namespace Modupay.DatabaseTests.Schema;

public sealed class SchemaRulesTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    [Fact]
    public async Task Every_table_has_forced_row_level_security_and_a_policy() => Assert.Empty(await database.LinesAsync(SchemaRules.UnprotectedTables));

    [Fact]
    public async Task Every_table_with_a_tenant_shows_only_that_tenant() => Assert.Empty(await database.LinesAsync(SchemaRules.TenantTablesWithoutTenantPolicy));

    [Fact]
    public async Task No_policy_reads_the_setting_once_per_row() => Assert.Empty(await database.LinesAsync(SchemaRules.SlowPolicies));

    [Fact]
    public async Task No_policy_opens_a_table_to_the_application() => Assert.Empty(await database.LinesAsync(SchemaRules.OpenPolicies));

    [Fact]
    public async Task The_application_owns_nothing_and_has_no_powers() => Assert.Empty(await database.LinesAsync(SchemaRules.PowersOfTheApplication));

    [Fact]
    public async Task What_is_append_only_cannot_be_changed_by_the_application() => Assert.Empty(await database.LinesAsync(SchemaRules.WritableAppendOnlyTables));

    [Fact]
    public async Task Every_foreign_key_has_an_index() => Assert.Empty(await database.LinesAsync(SchemaRules.ForeignKeysWithoutIndex));

    [Fact]
    public async Task A_function_that_runs_as_its_owner_is_closed_to_others() => Assert.Empty(await database.LinesAsync(SchemaRules.OpenDefinerFunctions));

    [Fact]
    public async Task The_application_cannot_create_alter_or_drop()
    {
        foreach (var sql in new[] { "create table tenancy.mine (id int)", "create table mine (id int)", "alter table tenancy.tenants disable row level security", "drop table ledger.postings", "create schema mine" })
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => database.AsAsync("modupay_app", sql))).SqlState);
    }

    /// <summary>A rule that nobody has seen broken may be looking at the wrong thing.</summary>
    public static TheoryData<string, string, string> Offences => new()
    {
        { SchemaRules.UnprotectedTables, "create table notify.bad (id int)", "notify.bad" },
        { SchemaRules.UnprotectedTables, "create table notify.bad (id int); alter table notify.bad enable row level security; create policy own on notify.bad using (id = 1)", "notify.bad" },
        { SchemaRules.TenantTablesWithoutTenantPolicy, "create table notify.bad (tenant_id uuid)", "notify.bad" },
        { SchemaRules.SlowPolicies, "create table notify.bad (tenant_id uuid); create policy slow on notify.bad using (tenant_id = current_setting('app.tenant')::uuid)", "slow on notify.bad" },
        { SchemaRules.OpenPolicies, "create table notify.bad (id int); create policy open on notify.bad to modupay_app using (true)", "open on notify.bad" },
        { SchemaRules.PowersOfTheApplication, "create table notify.bad (id int); alter table notify.bad owner to modupay_app", "modupay_app owns bad" },
        { SchemaRules.PowersOfTheApplication, "grant create on schema notify to modupay_app", "modupay_app may create in notify" },
        { SchemaRules.WritableAppendOnlyTables, "grant update (description) on ledger.journals to modupay_app", "ledger.journals" },
        { SchemaRules.ForeignKeysWithoutIndex, "create table notify.bad (tenant_id uuid references tenancy.tenants)", "notify.bad (bad_tenant_id_fkey)" },
        { SchemaRules.OpenDefinerFunctions, "create function notify.bad() returns int language sql security definer as 'select 1'", "notify.bad()" },
    };

    [Theory, MemberData(nameof(Offences))]
    public async Task Breaking_a_rule_is_seen(string rule, string offence, string seen)
    {
        var scratch = await FreshDatabase.CreateAsync();
        try
        {
            await scratch.AsAsync("postgres", offence);
            Assert.Contains(seen, await scratch.LinesAsync(rule));
        }
        finally
        {
            await scratch.DisposeAsync();
        }
    }
}
