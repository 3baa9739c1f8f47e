using Modupay.Banking.Accounts;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Tenancy;

/// <summary>Two departments with an account and a payout each, one account of neither, and the database as members of either see it.</summary>
public sealed class DepartmentConfinementTests : IAsyncLifetime
{
    private FreshDatabase _fresh = null!;
    private TenantId _tenant;
    private DepartmentId _pool, _school;

    public async Task InitializeAsync()
    {
        _fresh = await FreshDatabase.CreateAsync();
        _tenant = await _fresh.TenantAsync();
        (_pool, _school) = (await DepartmentAsync("POOL"), await DepartmentAsync("SCHOOL"));
        foreach (var department in new[] { _pool.Value, _school.Value, (Guid?)null }) await AccountAsync(department);
    }

    public Task DisposeAsync() => _fresh.DisposeAsync();

    [Fact]
    public async Task Whoever_is_confined_sees_the_accounts_of_his_departments_and_what_hangs_on_them()
    {
        Assert.Equal((3, 3), await SeenAsync(null));
        Assert.Equal((1, 1), await SeenAsync([_pool]));
        Assert.Equal((2, 2), await SeenAsync([_pool, _school]));
        Assert.Equal((0, 0), await SeenAsync([]));
        Assert.Equal((0, 0), await SeenAsync([new(Guid.CreateVersion7(_fresh.App.Time.GetUtcNow()))]));
    }

    [Fact]
    public async Task Whoever_is_confined_does_not_even_learn_which_other_departments_there_are()
    {
        Assert.Equal(["POOL", "SCHOOL"], await CodesAsync(null));
        Assert.Equal(["SCHOOL"], await CodesAsync([_school]));
        Assert.Empty(await CodesAsync([]));

        async Task<IEnumerable<string>> CodesAsync(IReadOnlyList<DepartmentId>? departments) =>
            (await _fresh.App.Within(departments).ListAsync(_tenant, DepartmentSql.List, [Guid.AllBitsSet, true, 10], row => row.GetString(2), default)).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Whoever_is_confined_changes_nothing_he_does_not_see()
    {
        Assert.Equal(1, await _fresh.App.Within([_pool]).ExecuteAsync(_tenant, "update banking.payouts set state = 'canceled'", [], default));
        Assert.Equal(2, await _fresh.App.ExecuteAsync(_tenant, "update banking.payouts set state = 'failed' where state <> 'canceled'", [], default));
    }

    [Fact]
    public async Task A_pooled_connection_does_not_remember_whom_it_was_confined_to()
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal((1, 1), await SeenAsync([_school]));
            Assert.Equal((3, 3), await SeenAsync(null));
        }
    }

    private async Task<(int Accounts, int Payouts)> SeenAsync(IReadOnlyList<DepartmentId>? departments)
    {
        var database = _fresh.App.Within(departments);
        var accounts = await database.ListAsync(_tenant, BankAccountSql.ListTreasuryAccounts, [Guid.AllBitsSet, 10], row => row.GetGuid(0), default);
        var payouts = await database.ListAsync(_tenant, "select payout_id from banking.payouts", [], row => row.GetGuid(0), default);
        return (accounts.Count, payouts.Count);
    }

    private async Task<DepartmentId> DepartmentAsync(string code)
    {
        var id = Id.New<DepartmentId>(_fresh.App.Time);
        var organization = await Organizations.OrganizationOfAsync(_fresh.App, _tenant, default);
        await _fresh.App.ExecuteAsync(_tenant, DepartmentSql.Insert, [id.Value, organization.Value, code, code, _fresh.App.Time.GetUtcNow()], default);
        return id;
    }

    /// <summary>As superuser without foreign keys, because a payout is made of more than this looks at.</summary>
    private Task AccountAsync(Guid? department) => _fresh.AsSuperuserAsync($"""
        with profile as (
            insert into banking.bank_profiles (bank_profile_id, tenant_id, name, bic, rails, dialect, created_at)
            values (gen_random_uuid(), '{_tenant.Value}', 'Bank', 'MODUDEFFXXX', array['sepa_credit_transfer'], 'generic', now()) returning bank_profile_id),
        account as (
            insert into banking.treasury_accounts (treasury_account_id, tenant_id, bank_profile_id, name, currency, iban_sealed, iban_hash, iban_masked, order_limit_minor, department_id, created_at)
            select gen_random_uuid(), '{_tenant.Value}', bank_profile_id, 'Account', 'EUR', '', gen_random_uuid()::text::bytea, 'masked', 1, {(department is { } id ? $"'{id}'" : "null")}, now() from profile returning treasury_account_id)
        insert into banking.payouts (payout_id, tenant_id, treasury_account_id, state, amount_minor, currency, reference, creditor_subject_id, creditor_sealed, creditor_masked, created_at, updated_at)
        select gen_random_uuid(), '{_tenant.Value}', treasury_account_id, 'created', 1, 'EUR', gen_random_uuid()::text, gen_random_uuid(), '', 'masked', now(), now() from account
        """);
}
