using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Banking.Connectors;
using Modupay.Kernel;

namespace Modupay.DatabaseTests.Banking;

public sealed class ConnectorDirectoryTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_enabled_connector_of_the_lowest_priority_number_is_chosen()
    {
        var scene = await SceneAsync();
        await scene.ConnectorAsync(priority: 5);
        await scene.ConnectorAsync(priority: 0, enabled: false);
        var chosen = await scene.ConnectorAsync(priority: 1);
        Assert.Equal(chosen, (await scene.Directory.ForTreasuryAccountAsync(scene.Tenant, scene.Account, default)).Value.Id);
    }

    [Fact]
    public async Task A_claimed_order_is_asked_about_through_its_own_connector_even_when_that_was_disabled()
    {
        var scene = await SceneAsync();
        var disabled = await scene.ConnectorAsync(priority: 0, enabled: false);
        Assert.Equal(disabled, (await scene.Directory.ByIdAsync(scene.Tenant, disabled, default)).Value.Id);
        Assert.Equal(Errors.BankConnectorUnknown, (await scene.Directory.ForTreasuryAccountAsync(scene.Tenant, scene.Account, default)).Problem?.Error);
    }

    [Fact]
    public async Task Another_tenant_reaches_no_bank_of_ours()
    {
        var scene = await SceneAsync();
        var connector = await scene.ConnectorAsync(priority: 0);
        var other = await database.TenantAsync();
        Assert.NotNull((await scene.Directory.ForTreasuryAccountAsync(other, scene.Account, default)).Problem);
        Assert.NotNull((await scene.Directory.ByIdAsync(other, connector, default)).Problem);
    }

    [Fact]
    public async Task Every_call_is_a_row_that_says_how_it_went_and_nothing_of_what_was_in_it()
    {
        var scene = await SceneAsync();
        var connector = await scene.ConnectorAsync(priority: 0);
        var log = ConnectorLog.In(database.App, NullLogger.Instance);

        await log.WriteAsync(new BankCall(scene.Tenant, connector, "submit", "RF18539007547034", Id.New<SliceId>(TimeProvider.System), "in_doubt", null, TimeSpan.FromMilliseconds(2004), 1));
        await log.WriteAsync(new BankCall(scene.Tenant, connector, "look_up", "RF18539007547034", null, "accepted", 200, TimeSpan.FromMilliseconds(12), 1));

        Assert.Equal(["submit RF18539007547034 in_doubt - 2004 1", "look_up RF18539007547034 accepted 200 12 1"], await database.LinesAsync($"""
            select concat_ws(' ', operation, subject, outcome, coalesce(http_status::text, '-'), duration_ms, attempt)
            from banking.bank_connector_logs where connector_id = '{connector.Value}' order by log_id
            """));
    }

    private async Task<Scene> SceneAsync()
    {
        var tenant = await database.TenantAsync();
        var (profile, account) = (Id.New<BankProfileId>(TimeProvider.System), Id.New<TreasuryAccountId>(TimeProvider.System));
        await database.App.ExecuteAsync(tenant, "insert into banking.bank_profiles values ($1, $2, 'Bank', 'MODUDEFFXXX', array['sepa_credit_transfer'], 'german', $3)", [profile.Value, tenant.Value, Now], default);
        await database.App.ExecuteAsync(tenant, """
            insert into banking.treasury_accounts (treasury_account_id, tenant_id, bank_profile_id, name, currency, iban_sealed, iban_hash, iban_masked, order_limit_minor, created_at)
            values ($1, $2, $3, 'Main', 'EUR', $4, $4, 'masked', 100, $5)
            """, [account.Value, tenant.Value, profile.Value, account.Value.ToByteArray(), Now], default);
        return new Scene(database, tenant, profile, account);
    }

    private sealed record Scene(FreshDatabase Database, TenantId Tenant, BankProfileId Profile, TreasuryAccountId Account)
    {
        public ConnectorDirectory Directory => new(Database.App, (_, entry) => new Named(entry.Id));

        public async Task<ConnectorId> ConnectorAsync(int priority, bool enabled = true)
        {
            var id = Id.New<ConnectorId>(TimeProvider.System);
            await Database.App.ExecuteAsync(Tenant, """
                insert into banking.bank_connectors_registry (connector_id, tenant_id, bank_profile_id, kind, configuration, priority, enabled, created_at)
                values ($1, $2, $3, 'rest', '{}', $4, $5, $6)
                """, [id.Value, Tenant.Value, Profile.Value, priority, enabled, Now], default);
            return id;
        }
    }

    /// <summary>The directory chooses; what is built from the choice is shown elsewhere.</summary>
    private sealed class Named(ConnectorId id) : IBankConnector
    {
        public ConnectorId Id => id;

        public Task<BankAnswer> SendAsync(BankOrder order, CancellationToken ct) => throw new InvalidOperationException();

        public Task<BankAnswer> FindAsync(string endToEndId, CancellationToken ct) => throw new InvalidOperationException();

        public Task<HealthAnswer> CheckHealthAsync(CancellationToken ct) => throw new InvalidOperationException();
    }
}
