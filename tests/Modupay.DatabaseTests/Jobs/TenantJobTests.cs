using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Deployment;
using Modupay.Http;
using Modupay.Jobs;
using Modupay.Ledger;
using Modupay.Ledger.Proof;
using Modupay.Triggers;
using Npgsql;

namespace Modupay.DatabaseTests.Jobs;

public sealed class TenantJobTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    [Fact]
    public void Every_job_has_its_schedule_and_every_schedule_its_job() =>
        Assert.Equal(TenantJobs.All.Keys.Order(), Manifest.Schedules.Where(schedule => schedule.ForEachTenant).Select(schedule => schedule.Name).Order());

    [Fact]
    public async Task A_job_is_ordered_once_for_every_tenant()
    {
        var tenants = new[] { await database.TenantAsync(), await database.TenantAsync(), await database.TenantAsync() };

        var started = await StartAsync("idempotency-purge");

        var sent = database.Queue.Sent.Where(item => item.Queue == "tenant-jobs").Select(item => TenantJobMessage.Parse(item.Message.Body)).Where(order => order.Name == "idempotency-purge").ToList();
        Assert.Equal(started, sent.Count);
        Assert.All(tenants, tenant => Assert.Single(sent, order => order.Tenant == tenant));
    }

    [Fact]
    public async Task A_job_of_every_minute_is_ordered_for_those_who_have_something_to_do()
    {
        var (busy, idle) = (await database.TenantAsync(), await database.TenantAsync());
        await PostAsync(busy);

        await StartAsync("ledger-upkeep");

        var sent = database.Queue.Sent.Select(item => TenantJobMessage.Parse(item.Message.Body)).Where(order => order.Name == "ledger-upkeep").Select(order => order.Tenant).ToList();
        Assert.Contains(busy, sent);
        Assert.DoesNotContain(idle, sent);
    }

    [Fact]
    public async Task A_job_nobody_knows_is_not_started() => await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync("tea"));

    [Theory]
    [InlineData("select organization_id from tenancy.tenants")]
    [InlineData("select mode from tenancy.tenants")]
    [InlineData("select organization_id from tenancy.organizations")]
    [InlineData("delete from tenancy.tenants")]
    public async Task Who_starts_jobs_learns_the_ids_of_tenants_and_nothing_else(string sql) =>
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => database.AsAsync("modupay_relay", sql))).SqlState);

    [Fact]
    public async Task A_poisoned_message_does_not_hold_back_its_neighbours()
    {
        var tenant = await database.TenantAsync();
        await PostAsync(tenant);

        var answer = await new RunTenantJobs((_, speaksFor, ct) => LedgerUpkeep.RunAsync(database.App, speaksFor, ct), NullLogger<RunTenantJobs>.Instance).HandleAsync(new SqsBatch(
        [
            Message("broken", "{"), Message("unknown", TenantJobMessage.Text("tea", tenant)), Message("nobody", """{"job":"ledger-upkeep","tenant":"ten_1"}"""),
            Message("good", TenantJobMessage.Text("ledger-upkeep", tenant)), Message("again", TenantJobMessage.Text("ledger-upkeep", tenant)),
        ]), default);

        Assert.Equal(["broken", "unknown", "nobody"], answer.BatchItemFailures.Select(failure => failure.ItemIdentifier));
        Assert.Equal(1, (await database.App.ReadAsync(tenant, session => Verification.RunAsync(session, default), default)).Blocks);
    }

    [Fact]
    public async Task Keys_are_forgotten_after_a_day_and_only_those_of_the_tenant()
    {
        var (tenant, other) = (await database.TenantAsync(), await database.TenantAsync());
        foreach (var owner in new[] { tenant, other })
            await database.AsSuperuserAsync($"""
                insert into platform.idempotency_keys (tenant_id, key, fingerprint, created_at)
                select '{owner.Value}', 'k' || n, '', now() - n * interval '1 minute' from generate_series(1, 3000) as n
                """);

        Assert.Equal(3000 - 24 * 60 + 1, await PurgeIdempotencyKeys.RunAsync(database.App, tenant, default));

        Assert.Equal(24 * 60 - 1, await KeysOfAsync(tenant));
        Assert.Equal(3000, await KeysOfAsync(other));
        Assert.Equal(0, await PurgeIdempotencyKeys.RunAsync(database.App, tenant, default));
    }

    private Task<long> KeysOfAsync(TenantId tenant) => database.ScalarAsync<long>($"select count(*) from platform.idempotency_keys where tenant_id = '{tenant.Value}'");

    private Task<int> StartAsync(string name) => new StartTenantJob(database.Relay, database.Queue).RunAsync(name, default);

    private async Task PostAsync(TenantId tenant) => await database.App.TransactAsync<Posted>(tenant, async unit =>
    {
        var eur = Currency.Known("EUR");
        await LedgerDoor.OpenAccountsAsync(unit, [new("a", "", eur, NormalSide.Debit), new("b", "", eur, NormalSide.Credit)], default);
        return await LedgerDoor.PostAsync(unit, new Journal("s", new(2026, 3, 2), "", [new("a", new(1, eur)), new("b", new(-1, eur))]), default);
    }, default);

    private static SqsMessage Message(string id, string body) => new(id, id, body, new Dictionary<string, string>(), new Dictionary<string, SqsMessageAttribute>(), "aws:sqs", "arn:aws:sqs:eu-central-1:1:tenant-jobs", "eu-central-1");
}
