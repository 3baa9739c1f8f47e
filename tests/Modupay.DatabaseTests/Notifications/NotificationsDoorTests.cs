using Modupay.Notifications;
using Modupay.Notifications.Events;

namespace Modupay.DatabaseTests.Notifications;

public sealed class NotificationsDoorTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    [Fact]
    public async Task Twenty_writers_of_one_subject_leave_no_gap_and_no_twin()
    {
        var tenant = await database.TenantAsync();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async writer =>
        {
            for (var i = 0; i < 10; i++)
            {
                // Every third fact is taken back, and with it its number.
                var kept = (writer + i) % 3 != 0;
                await database.App.TransactAsync<bool>(tenant, async unit =>
                {
                    await WebhookScene.PublishAsync(unit, EventTypes.StatementReceived, "sf_1");
                    return kept ? true : new Problem(Errors.InvalidRequest, "Taken back.");
                }, default);
            }
        }));

        var kept = Enumerable.Range(0, 20).Sum(writer => Enumerable.Range(0, 10).Count(i => (writer + i) % 3 != 0));
        Assert.Equal(Enumerable.Range(1, kept).Select(number => number.ToString()),
            await database.LinesAsync($"select sequence::text from notify.events where tenant_id = '{tenant.Value}' order by events.sequence"));
        Assert.Equal(await database.LinesAsync($"select sequence::text from notify.events where tenant_id = '{tenant.Value}' order by horizon, position"),
            Enumerable.Range(1, kept).Select(number => number.ToString()));
    }

    [Fact]
    public async Task Only_enabled_endpoints_that_want_the_type_hear_of_a_fact()
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync("/all");
        await scene.EndpointAsync("/this", types: [EventTypes.PayoutSettled, EventTypes.StatementReceived]);
        await scene.EndpointAsync("/that", types: EventTypes.PayoutSettled);
        var (disabled, _) = await scene.EndpointAsync("/disabled");
        await scene.Fresh.AsAsync("modupay_owner", "alter table notify.webhook_endpoints no force row level security");
        await scene.Fresh.AsAsync("modupay_owner", $"update notify.webhook_endpoints set state = 'disabled', disabled_reason = 'requested' where webhook_endpoint_id = '{disabled.Value}'");

        await scene.PublishAsync(EventTypes.StatementReceived);
        await scene.DeliverAsync();

        Assert.Equal(["/all", "/this"], scene.Receiver.Received.Select(received => received.Path).Order());
    }

    [Fact]
    public async Task A_fact_that_was_not_committed_is_never_heard_of()
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync();

        await scene.Database.TransactAsync<bool>(scene.Tenant, async unit =>
        {
            await WebhookScene.PublishAsync(unit, EventTypes.StatementReceived, "sf_1");
            return new Problem(Errors.InvalidRequest, "No.");
        }, default);

        Assert.Empty(scene.TakeQueued());
        Assert.Equal(0, await scene.Fresh.ScalarAsync<long>("select count(*) from platform.outbox"));
    }

    [Fact]
    public async Task A_type_that_is_not_in_the_catalogue_is_a_mistake_in_the_code()
    {
        var tenant = await database.TenantAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await WebhookScene.PublishAsync(unit, "payout.exploded.v1", "po_1");
            return true;
        }, default));
    }

    [Fact]
    public async Task The_feed_waits_for_an_older_transaction_so_that_no_reader_passes_a_fact_that_commits_late()
    {
        var tenant = await database.TenantAsync();
        var (published, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var slow = database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await WebhookScene.PublishAsync(unit, EventTypes.StatementReceived, "sf_slow");
            published.SetResult();
            await release.Task;
            return true;
        }, default);
        await published.Task;
        await PublishAsync(tenant, "sf_fast");

        Assert.Empty(await FeedAsync(tenant));

        release.SetResult();
        await slow;
        Assert.Equal(["sf_slow 1", "sf_fast 1"], await FeedAsync(tenant, 2));
    }

    [Fact]
    public async Task The_feed_keeps_the_sequence_of_a_subject_also_when_the_older_transaction_publishes_last()
    {
        var tenant = await database.TenantAsync();
        await database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await WebhookScene.PublishAsync(unit, EventTypes.StatementReceived, "sf_first"); // Takes the older transaction id …
            await PublishAsync(tenant, "sf_shared"); // … a younger transaction publishes and commits …
            await WebhookScene.PublishAsync(unit, EventTypes.StatementReceived, "sf_shared"); // … and only then the older one.
            return true;
        }, default);

        Assert.Equal(["sf_first 1", "sf_shared 1", "sf_shared 2"], await FeedAsync(tenant, 3));
    }

    private Task PublishAsync(TenantId tenant, string subject) => database.App.TransactAsync<bool>(tenant, async unit =>
    {
        await WebhookScene.PublishAsync(unit, EventTypes.StatementReceived, subject);
        return true;
    }, default);

    /// <summary>Tests beside this one have older transactions too; the feed waits for theirs as well, so it is asked until it has said enough.</summary>
    private async Task<List<string>> FeedAsync(TenantId tenant, int expected = 0)
    {
        while (true)
        {
            var facts = await database.App.ListAsync(
                tenant, EventSql.Feed, [FeedCursor.Start.Horizon, FeedCursor.Start.Position, null, null, 100], row => $"{row.GetString(2)} {row.GetInt64(3)}", default);
            if (facts.Count >= expected) return facts;
            await Task.Delay(20);
        }
    }
}
