using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Modupay.Http;
using Modupay.Notifications;
using Modupay.Notifications.Delivery;
using Modupay.Notifications.Endpoints;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Notifications;

/// <summary>The routes of events and webhooks over HTTP, with the key of one organization.</summary>
public sealed class WebhookApiTests : IAsyncLifetime
{
    private WebhookScene _scene = null!;
    private TestApi _app = null!;
    private HttpClient _api = null!;

    public async Task InitializeAsync()
    {
        _scene = await WebhookScene.StartAsync();
        _app = await TestApi.StartAsync(_scene.Database, _scene.Clock, NotificationsModule.MapRoutes, services => services.AddSingleton(_scene.Cipher).AddSingleton(_scene.Egress));
        _api = Client(_scene.Organization.Key.Secret);
    }

    [Fact]
    public async Task The_secret_is_shown_to_whoever_created_the_endpoint_and_is_in_no_table()
    {
        var (status, created) = await SendAsync("POST", "/v1/webhook-endpoints", $$"""{"url":"{{_scene.Receiver.Url("/hook")}}","eventTypes":["statement.received.v1"],"description":"ERP"}""", "key-1");
        var (again, repeated) = await SendAsync("POST", "/v1/webhook-endpoints", $$"""{"url":"{{_scene.Receiver.Url("/hook")}}","eventTypes":["statement.received.v1"],"description":"ERP"}""", "key-1");

        Assert.Equal((201, 201), (status, again));
        var secret = Text(created, "data.secret");
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(created["data"], repeated["data"]));
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>($"select count(*) from platform.idempotency_keys where answer like '%{secret[6..]}%' or answer like '%whsec%'"));
        Assert.Equal(1, await _scene.Fresh.ScalarAsync<long>("select count(*) from notify.webhook_endpoints"));

        var (_, shown) = await SendAsync("GET", $"/v1/webhook-endpoints/{Text(created, "data.endpoint.id")}");
        Assert.True(JsonNode.DeepEquals(created["data"]!["endpoint"], shown["data"]));
        Assert.DoesNotContain("whsec", shown.ToJsonString(), StringComparison.Ordinal);

        await _scene.PublishAsync();
        await _scene.DeliverAsync();
        Assert.Equal(SignatureCheck.Valid, Assert.Single(_scene.Receiver.Received).Check(WebhookSecret.Parse(secret), _scene.Clock));
    }

    [Theory]
    [InlineData("""{"url":"https://169.254.169.254/"}""", "url_not_allowed", "url")]
    [InlineData("""{"url":"https://erp.example.com/","eventTypes":["payout.settled.v1","payout.setled.v1"]}""", "event_type_unknown", "eventTypes[1]")]
    [InlineData("""{"url":"https://erp.example.com/","eventTypes":[]}""", "invalid_request", "eventTypes")]
    [InlineData("""{"eventTypes":["*"]}""", "invalid_json", "url")]
    public async Task An_endpoint_that_cannot_be_is_refused(string body, string code, string? field)
    {
        var (_, refused) = await SendAsync("POST", "/v1/webhook-endpoints", body);

        Assert.Equal((code, field), (Text(refused, "error.code"), (string?)refused["error"]!["errors"]?[0]?["field"]));
    }

    [Fact]
    public async Task There_are_at_most_fifty_endpoints()
    {
        for (var i = 0; i < 50; i++) await _scene.EndpointAsync();

        Assert.Equal("webhook_endpoint_limit", Text((await SendAsync("POST", "/v1/webhook-endpoints", """{"url":"https://erp.example.com/"}""")).Body, "error.code"));
    }

    [Fact]
    public async Task Another_organization_sees_and_changes_nothing_of_ours()
    {
        var (endpoint, _) = await _scene.EndpointAsync();
        await _scene.PublishAsync();
        await _scene.DeliverAsync();
        var (_, events) = await SendAsync("GET", "/v1/events");
        var (_, deliveries) = await SendAsync("GET", "/v1/webhook-deliveries");
        using var other = Client((await Organizations.CreateAsync(_scene.Database, "Other", live: false, default)).Key.Secret);

        foreach (var path in new[] { $"/v1/webhook-endpoints/{endpoint}", $"/v1/events/{Text(events, "data.0.id")}", $"/v1/webhook-deliveries/{Text(deliveries, "data.0.id")}" })
        {
            Assert.Equal(200, (await SendAsync("GET", path)).Status);
            Assert.Equal(404, (await SendAsync("GET", path, client: other)).Status);
        }
        foreach (var path in new[] { "/v1/webhook-endpoints", "/v1/events", "/v1/webhook-deliveries" }) Assert.Empty((await SendAsync("GET", path, client: other)).Body["data"]!.AsArray());
        Assert.Equal(404, (await SendAsync("PATCH", $"/v1/webhook-endpoints/{endpoint}", """{"state":"disabled"}""", client: other)).Status);
        Assert.Equal(404, (await SendAsync("DELETE", $"/v1/webhook-endpoints/{endpoint}", client: other)).Status);
        Assert.Equal(404, (await SendAsync("POST", $"/v1/webhook-endpoints/{endpoint}/rotate-secret", "{}", client: other)).Status);
        Assert.Equal(404, (await SendAsync("POST", $"/v1/webhook-endpoints/{endpoint}/replay", """{"from":"2026-03-01T00:00:00Z"}""", client: other)).Status);
        Assert.Equal(404, (await SendAsync("POST", $"/v1/webhook-deliveries/{Text(deliveries, "data.0.id")}/resend", "{}", client: other)).Status);
    }

    [Fact]
    public async Task A_disabled_endpoint_misses_events_and_gets_them_by_replay_once_it_is_enabled()
    {
        var (endpoint, _) = await _scene.EndpointAsync("/hook", types: EventTypes.StatementReceived);
        await _scene.PublishAsync();
        await _scene.DeliverAsync();
        Assert.Equal("requested", Text((await SendAsync("PATCH", $"/v1/webhook-endpoints/{endpoint}", """{"state":"disabled"}""")).Body, "data.disabledReason"));
        await _scene.PublishAsync();
        await _scene.PublishAsync(EventTypes.StatementQuarantined);
        Assert.Empty(_scene.TakeQueued());

        const string window = """{"from":"2026-03-01T00:00:00Z"}""";
        Assert.Equal("webhook_endpoint_disabled", Text((await SendAsync("POST", $"/v1/webhook-endpoints/{endpoint}/replay", window)).Body, "error.code"));
        Assert.Equal(200, (await SendAsync("PATCH", $"/v1/webhook-endpoints/{endpoint}", """{"state":"enabled"}""")).Status);
        var (status, replayed) = await SendAsync("POST", $"/v1/webhook-endpoints/{endpoint}/replay", window);
        await _scene.DeliverAsync();

        Assert.Equal((202, "1"), (status, Text(replayed, "data.replayed")));
        Assert.Equal(["1", "2"], _scene.Receiver.Received.Select(received => JsonNode.Parse(received.Body)!["sequence"]!.ToString()));
        Assert.Equal("0", Text((await SendAsync("POST", $"/v1/webhook-endpoints/{endpoint}/replay", window)).Body, "data.replayed"));
        Assert.Equal("2", Text((await SendAsync("POST", $"/v1/webhook-endpoints/{endpoint}/replay", """{"from":"2026-03-01T00:00:00Z","include":"all"}""")).Body, "data.replayed"));
        Assert.Equal("invalid_request", Text((await SendAsync("POST", $"/v1/webhook-endpoints/{endpoint}/replay", """{"from":"2026-02-01T00:00:00Z"}""")).Body, "error.code"));
    }

    [Fact]
    public async Task A_delivery_is_sent_again_with_a_fresh_schedule_and_tells_its_whole_story()
    {
        await _scene.EndpointAsync();
        _scene.Receiver.AnswerWith(500, "no");
        await _scene.PublishAsync();
        await _scene.DeliverAsync();
        var id = Text((await SendAsync("GET", "/v1/webhook-deliveries?state=pending")).Body, "data.0.id");

        // A retry waits in the outbox; sending again moves it to now instead of adding another.
        var (status, resent) = await SendAsync("POST", $"/v1/webhook-deliveries/{id}/resend", "{}");
        Assert.Equal((202, "pending"), (status, Text(resent, "data.state")));
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>("select count(*) from platform.outbox"));
        _scene.Receiver.AnswerWith(200, "yes");
        await _scene.DeliverAsync();
        await SendAsync("POST", $"/v1/webhook-deliveries/{id}/resend", "{}");
        await _scene.DeliverAsync();

        var (_, shown) = await SendAsync("GET", $"/v1/webhook-deliveries/{id}");
        Assert.Equal(("delivered", "3"), (Text(shown, "data.state"), Text(shown, "data.attempts")));
        Assert.Equal(["3 200 yes", "2 200 yes", "1 500 no"], shown["data"]!["log"]!.AsArray().Select(entry => $"{entry!["attempt"]} {entry["status"]} {entry["response"]}"));
        Assert.Single(_scene.Receiver.Received.Select(received => received.Id).Distinct());
    }

    [Fact]
    public async Task Rotating_shows_the_new_secret_and_both_sign_for_the_overlap()
    {
        var (endpoint, old) = await _scene.EndpointAsync();
        var (status, rotated) = await SendAsync("POST", $"/v1/webhook-endpoints/{endpoint}/rotate-secret", """{"overlapSeconds":60}""");
        var fresh = WebhookSecret.Parse(Text(rotated, "data.secret"));
        await _scene.PublishAsync();
        await _scene.DeliverAsync();

        Assert.Equal((201, "2026-03-02T09:01:00Z"), (status, Text(rotated, "data.previousExpiresAt")));
        Assert.Equal((SignatureCheck.Valid, SignatureCheck.Valid), (_scene.Receiver.Received[0].Check(old, _scene.Clock), _scene.Receiver.Received[0].Check(fresh, _scene.Clock)));

        // A second rotation ends what the first had let live on.
        await SendAsync("POST", $"/v1/webhook-endpoints/{endpoint}/rotate-secret", """{"overlapSeconds":60}""");
        await _scene.PublishAsync();
        await _scene.DeliverAsync();
        Assert.Equal((SignatureCheck.NoMatch, SignatureCheck.Valid), (_scene.Receiver.Received[1].Check(old, _scene.Clock), _scene.Receiver.Received[1].Check(fresh, _scene.Clock)));
    }

    [Fact]
    public async Task A_deleted_endpoint_is_gone_with_its_secrets_and_its_deliveries_still_tell_where_they_went()
    {
        var (endpoint, _) = await _scene.EndpointAsync();
        await _scene.PublishAsync();

        Assert.Equal(200, (await SendAsync("DELETE", $"/v1/webhook-endpoints/{endpoint}")).Status);
        Assert.Empty(await _scene.DeliverAsync());

        Assert.Empty(_scene.Receiver.Received);
        Assert.Equal(404, (await SendAsync("GET", $"/v1/webhook-endpoints/{endpoint}")).Status);
        Assert.Equal(404, (await SendAsync("DELETE", $"/v1/webhook-endpoints/{endpoint}")).Status);
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>("select count(*) from notify.webhook_secrets"));
        Assert.Equal("abandoned", Text((await SendAsync("GET", $"/v1/webhook-deliveries?webhookEndpoint={endpoint}")).Body, "data.0.state"));
    }

    [Fact]
    public async Task The_feed_gives_every_event_once_oldest_first_and_goes_on_where_it_stopped()
    {
        for (var i = 0; i < 5; i++) await _scene.PublishAsync(subject: "sf_a");
        await _scene.PublishAsync(EventTypes.StatementQuarantined, "sf_b");

        var (cursor, seen) = ("", new List<string>());
        while (seen.Count < 6)
        {
            var (_, page) = await SendAsync("GET", $"/v1/events?order=oldest&limit=4{(cursor.Length > 0 ? "&cursor=" + cursor : "")}");
            seen.AddRange(page["data"]!.AsArray().Select(item => $"{item!["subject"]} {item["sequence"]}"));
            cursor = Text(page, "meta.nextCursor");
        }
        Assert.Equal(["sf_a 1", "sf_a 2", "sf_a 3", "sf_a 4", "sf_a 5", "sf_b 1"], seen);

        var (_, nothing) = await SendAsync("GET", $"/v1/events?order=oldest&cursor={cursor}");
        Assert.Equal((0, cursor), (nothing["data"]!.AsArray().Count, Text(nothing, "meta.nextCursor")));
        Assert.Equal("invalid_cursor", Text((await SendAsync("GET", $"/v1/events?cursor={cursor}")).Body, "error.code"));

        var (_, newest) = await SendAsync("GET", "/v1/events?type=statement.quarantined.v1");
        Assert.Equal("sf_b", Text(newest, "data.0.subject"));
        Assert.Single(newest["data"]!.AsArray());
        Assert.Equal(5, (await SendAsync("GET", "/v1/events?subject=sf_a")).Body["data"]!.AsArray().Count);
    }

    [Fact]
    public async Task Of_many_who_take_the_last_place_at_once_one_gets_it()
    {
        for (var i = 1; i < WebhookEndpointRules.MaxEndpoints; i++) await _scene.EndpointAsync($"/hook/{i}");
        for (var round = 0; round < 10; round++)
        {
            var answers = await AtOnce.RunAsync(i => SendAsync("POST", "/v1/webhook-endpoints", $$"""{"url":"{{_scene.Receiver.Url($"/last/{i}")}}"}"""));
            Assert.Equal([201, .. Enumerable.Repeat(422, AtOnce.Many - 1)], answers.Select(answer => answer.Status).Order());
            Assert.Equal(200, (await SendAsync("DELETE", $"/v1/webhook-endpoints/{Text(answers.Single(answer => answer.Status == 201).Body, "data.endpoint.id")}")).Status);
        }
    }

    private HttpClient Client(string key) => _app.Client(key);

    private async Task<(int Status, JsonNode Body)> SendAsync(string method, string path, string? body = null, string? key = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var response = await (client ?? _api).SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    /// <summary>A member by its path, such as <c>data.0.id</c>.</summary>
    private static string Text(JsonNode node, string path) =>
        path.Split('.').Aggregate(node, (current, name) => (int.TryParse(name, out var index) ? current[index] : current[name]) ?? throw new JsonException($"No {path} in {node.ToJsonString()}")).ToString();

    public async Task DisposeAsync()
    {
        _api.Dispose();
        await _app.DisposeAsync();
        await _scene.DisposeAsync();
    }
}
