using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Modupay.Notifications;
using Modupay.Notifications.Delivery;

namespace Modupay.DatabaseTests.Notifications;

public sealed class DeliverWebhooksTests
{
    [Fact]
    public async Task A_fact_reaches_the_endpoint_signed_and_in_its_envelope()
    {
        await using var scene = await WebhookScene.StartAsync();
        var (_, secret) = await scene.EndpointAsync("/hook?x=1", xSignature: true);
        await scene.PublishAsync();

        Assert.Empty(await scene.DeliverAsync());

        var received = Assert.Single(scene.Receiver.Received);
        Assert.Equal(SignatureCheck.Valid, received.Check(secret, scene.Clock));
        Assert.Equal(WebhookSignature.XSign(received.Body, secret), received.Headers["X-Signature"]);
        Assert.Equal("application/json; charset=utf-8", received.Headers["Content-Type"]);
        Assert.False(received.Headers.ContainsKey("traceparent"));
        using var envelope = JsonDocument.Parse(received.Body);
        Assert.Equal(
            $$$"""{"id":"{{{received.Id}}}","type":"statement.received.v1","subject":"sf_1","sequence":1,"occurredAt":"2026-03-02T09:00:00Z","tenant":"{{{scene.Tenant}}}","data":{"statementFileId":"sf_1","bankProfileId":"bp_1","fileName":"relev\u00E9.sta","sha256":"{{{new string('0', 64)}}}"}}""",
            received.Text);
        Assert.Equal(["delivered 1"], await scene.DeliveriesAsync());
    }

    [Fact]
    public async Task A_message_that_is_heard_twice_is_delivered_once()
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync();
        await scene.PublishAsync();
        var message = Assert.Single(scene.TakeQueued());

        Assert.Empty(await scene.HandleAsync(message));
        Assert.Empty(await scene.HandleAsync(message));

        Assert.Single(scene.Receiver.Received);
        Assert.Equal(["delivered 1"], await scene.DeliveriesAsync());
    }

    [Fact]
    public async Task A_message_that_is_heard_by_two_at_once_is_recorded_once()
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync();
        await scene.PublishAsync();
        // Both have asked for the work before either has an answer.
        var both = new TaskCompletionSource();
        scene.Receiver.Answer = context =>
        {
            if (scene.Receiver.Received.Count == 2) both.SetResult();
            context.Response.StatusCode = 500;
            return both.Task;
        };
        var message = Assert.Single(scene.TakeQueued());

        Assert.Empty(await scene.HandleAsync(message, message));

        Assert.Single(scene.Receiver.Received.Select(received => received.Id).Distinct());
        Assert.Equal("pending 1", Assert.Single(await scene.DeliveriesAsync())[..9]);
        Assert.Equal(1, await scene.Fresh.ScalarAsync<long>("select count(*) from notify.webhook_attempts"));
        Assert.Equal(1, await scene.Fresh.ScalarAsync<long>("select count(*) from platform.outbox"));
    }

    [Fact]
    public async Task A_death_between_the_post_and_the_record_repeats_the_same_attempt_under_the_same_id()
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync();
        await scene.PublishAsync();
        var message = Assert.Single(scene.TakeQueued());
        // While the receiver holds the request, we lose the right to write anything down.
        scene.Receiver.Answer = _ => scene.Fresh.AsAsync("modupay_owner", "revoke insert on notify.webhook_attempts from modupay_app");

        Assert.Equal([message.Id.ToString()], await scene.HandleAsync(message));
        Assert.Equal(["pending 0 in 0 s"], await scene.DeliveriesAsync());

        await scene.Fresh.AsAsync("modupay_owner", "grant insert on notify.webhook_attempts to modupay_app");
        scene.Receiver.Answer = _ => Task.CompletedTask;
        Assert.Empty(await scene.HandleAsync(message));

        Assert.Equal(2, scene.Receiver.Received.Count);
        Assert.Equal(scene.Receiver.Received[0].Id, scene.Receiver.Received[1].Id);
        Assert.Equal(scene.Receiver.Received[0].Text, scene.Receiver.Received[1].Text);
        Assert.Equal(["delivered 1"], await scene.DeliveriesAsync());
    }

    [Fact]
    public async Task A_poisoned_message_does_not_hold_back_its_neighbours()
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync();
        await scene.PublishAsync();
        var good = Assert.Single(scene.TakeQueued());
        QueuedMessage[] bad =
        [
            new(Guid.CreateVersion7(), "not json", null),
            new(Guid.CreateVersion7(), """{"tenant":"ten_x","delivery":"dlv_x","attempt":1}""", null),
            new(Guid.CreateVersion7(), $$"""{"tenant":"{{scene.Tenant}}","delivery":"{{new DeliveryId(Guid.CreateVersion7())}}","attempt":1}""", null),
        ];

        Assert.Equal(bad.Select(message => message.Id.ToString()), await scene.HandleAsync([bad[0], bad[1], good, bad[2]]));

        Assert.Single(scene.Receiver.Received);
    }

    [Fact]
    public async Task A_failing_endpoint_is_tried_eight_times_over_a_good_day_and_then_given_up()
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync();
        scene.Receiver.AnswerWith(500, "out\0 of order");
        await scene.PublishAsync();

        await scene.DeliverAsync();
        for (var attempt = 2; attempt <= RetrySchedule.Waits.Count; attempt++)
        {
            Assert.StartsWith($"pending {attempt - 1} in ", Assert.Single(await scene.DeliveriesAsync()), StringComparison.Ordinal);
            await scene.PassAsync(RetrySchedule.Waits[attempt - 1] * 0.8);
            Assert.Empty(scene.TakeQueued());
            await scene.PassAsync(RetrySchedule.Waits[attempt - 1] * 0.4 + TimeSpan.FromSeconds(4));
            Assert.Empty(await scene.DeliverAsync());
        }

        Assert.Equal(["failed 8"], await scene.DeliveriesAsync());
        Assert.Equal(8, scene.Receiver.Received.Count);
        Assert.Single(scene.Receiver.Received.Select(received => received.Id).Distinct());
        Assert.Equal(8, scene.Receiver.Received.Select(received => received.Headers[WebhookSignature.SignatureHeader]).Distinct().Count());
        Assert.Equal(Enumerable.Range(1, 8).Select(number => $"{number} 500 out  of order"),
            await scene.Fresh.LinesAsync("select attempt || ' ' || response_status || ' ' || response_excerpt from notify.webhook_attempts order by attempt"));
        Assert.Equal(0, await scene.Fresh.ScalarAsync<long>("select count(*) from platform.outbox"));
    }

    [Theory]
    [InlineData(429, "7200", 7200)]
    [InlineData(503, "Mon, 02 Mar 2026 11:00:00 GMT", 7200)]
    [InlineData(503, "999999999", 86400)] // not for ever
    [InlineData(500, "7200", 5)] // no reason to believe it
    [InlineData(503, "1", 5)] // never sooner than the schedule
    public async Task Retry_After_is_honoured_when_it_is_meant(int status, string value, int expected)
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync();
        scene.Receiver.AnswerWith(status, "", ("Retry-After", value));
        await scene.PublishAsync();

        await scene.DeliverAsync();

        var wait = int.Parse(Assert.Single(await scene.DeliveriesAsync()).Split(' ')[3]);
        Assert.InRange(wait, expected * 0.9 - 1, expected * 1.1 + 1);
    }

    [Fact]
    public async Task An_endpoint_that_is_gone_is_disabled_and_the_others_hear_of_it()
    {
        await using var scene = await WebhookScene.StartAsync();
        var (gone, _) = await scene.EndpointAsync("/gone", types: EventTypes.StatementReceived);
        await scene.EndpointAsync("/other", types: EventTypes.WebhookEndpointDisabled);
        await scene.PublishAsync();
        await scene.PublishAsync();
        scene.Receiver.AnswerWith(410);
        var first = scene.TakeQueued();

        await scene.HandleAsync(first[0]);
        scene.Receiver.Answer = _ => Task.CompletedTask;
        await scene.HandleAsync(first[1]);
        await scene.DeliverAsync();

        Assert.Equal(["/gone", "/other"], scene.Receiver.Received.Select(received => received.Path));
        using var notice = JsonDocument.Parse(scene.Receiver.Received[1].Body);
        Assert.Equal((gone.ToString(), "gone"), (notice.RootElement.GetProperty("subject").GetString(), notice.RootElement.GetProperty("data").GetProperty("reason").GetString()));
        Assert.Equal(["abandoned 0", "delivered 1", "failed 1"], (await scene.DeliveriesAsync()).Order());
    }

    [Fact]
    public async Task An_endpoint_that_has_failed_for_five_days_is_disabled_and_one_that_recovered_is_not()
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync("/hook", types: EventTypes.StatementReceived);
        async Task HearAsync(int status)
        {
            scene.Receiver.AnswerWith(status);
            await scene.PublishAsync();
            await scene.DeliverAsync();
        }
        Task<string> StateAsync() => scene.Fresh.ScalarAsync<string>("select concat_ws(' ', state, disabled_reason) from notify.webhook_endpoints");

        await HearAsync(500);
        scene.Clock.Advance(TimeSpan.FromDays(4.9));
        await HearAsync(500);
        Assert.Equal("enabled", await StateAsync());
        await HearAsync(200);
        scene.Clock.Advance(TimeSpan.FromDays(4.9));
        await HearAsync(500);
        Assert.Equal("enabled", await StateAsync());
        scene.Clock.Advance(TimeSpan.FromDays(5));
        await HearAsync(500);

        Assert.Equal("disabled failing", await StateAsync());
        Assert.Equal(1, await scene.Fresh.ScalarAsync<long>("select count(*) from notify.events where type = 'webhook_endpoint.disabled.v1'"));
    }

    [Fact]
    public async Task While_a_secret_is_replaced_both_sign_and_afterwards_the_new_one_alone()
    {
        await using var scene = await WebhookScene.StartAsync();
        var (endpoint, old) = await scene.EndpointAsync(xSignature: true);
        await scene.Database.ExecuteAsync(scene.Tenant, Modupay.Notifications.Endpoints.RotateWebhookSecretSql.Expire, [endpoint.Value, scene.Clock.GetUtcNow().AddHours(1)], default);
        var fresh = WebhookSecret.Create();
        await scene.AddSecretAsync(endpoint, fresh);

        await scene.PublishAsync();
        await scene.DeliverAsync();
        Assert.Equal((SignatureCheck.Valid, SignatureCheck.Valid), (scene.Receiver.Received[0].Check(old, scene.Clock), scene.Receiver.Received[0].Check(fresh, scene.Clock)));
        Assert.Equal(WebhookSignature.XSign(scene.Receiver.Received[0].Body, fresh), scene.Receiver.Received[0].Headers["X-Signature"]);

        scene.Clock.Advance(TimeSpan.FromHours(1));
        await scene.PublishAsync();
        await scene.DeliverAsync();
        Assert.Equal((SignatureCheck.NoMatch, SignatureCheck.Valid), (scene.Receiver.Received[1].Check(old, scene.Clock), scene.Receiver.Received[1].Check(fresh, scene.Clock)));
    }

    [Fact]
    public async Task A_redirect_is_a_failure_and_is_never_followed()
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync();
        scene.Receiver.AnswerWith(307, "", ("Location", scene.Receiver.Url("/elsewhere")));
        await scene.PublishAsync();

        await scene.DeliverAsync();

        Assert.Equal("/hook", Assert.Single(scene.Receiver.Received).Path);
        Assert.StartsWith("pending 1", Assert.Single(await scene.DeliveriesAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_that_never_answers_is_a_failure_with_a_name()
    {
        await using var scene = await WebhookScene.StartAsync(timeout: TimeSpan.FromMilliseconds(200));
        await scene.EndpointAsync();
        scene.Receiver.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await scene.PublishAsync();

        await scene.DeliverAsync();

        Assert.Equal(["timeout"], await scene.Fresh.LinesAsync("select failure from notify.webhook_attempts"));
    }

    [Fact]
    public async Task An_address_that_became_private_is_not_reached()
    {
        await using var scene = await WebhookScene.StartAsync();
        await scene.EndpointAsync();
        // The exception was withdrawn, or the row was written by other means.
        await scene.Fresh.AsAsync("postgres", $"update notify.webhook_endpoints set url = replace(url, '127.0.0.1', 'localhost')");
        await scene.PublishAsync();

        await scene.DeliverAsync();

        Assert.Empty(scene.Receiver.Received);
        Assert.Equal(["url_not_allowed"], await scene.Fresh.LinesAsync("select failure from notify.webhook_attempts"));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task The_address_is_judged_when_it_is_connected_to_whatever_it_is_called(string host)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        using var http = new HttpClient(new EgressPolicy(new HashSet<string>(StringComparer.Ordinal)).CreateHandler());

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync($"http://{host}:{receiver.Address.Split(':')[1]}/"));

        Assert.IsType<EgressRefusedException>(refused.InnerException);
        Assert.Empty(receiver.Received);
    }

    [Fact]
    public async Task An_endpoint_that_is_slow_to_finish_its_answer_has_still_answered()
    {
        // Long enough for the first words to come through on a busy machine.
        await using var scene = await WebhookScene.StartAsync(timeout: TimeSpan.FromSeconds(3));
        await scene.EndpointAsync();
        scene.Receiver.Answer = async context =>
        {
            await context.Response.WriteAsync("so far");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await scene.PublishAsync();

        await scene.DeliverAsync();

        Assert.Equal(["delivered 1"], await scene.DeliveriesAsync());
    }
}
