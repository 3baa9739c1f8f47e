using System.Text.Json.Nodes;
using Amazon.DynamoDBv2;
using Amazon.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.DatabaseTests.Notifications;
using Modupay.Http.RateLimiting;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Tenancy;

public sealed class ApiKeyTests : IAsyncLifetime
{
    private TenancyScene _scene = null!;
    private OrganizationWithKey _organization = null!;
    private HttpClient _owner = null!;

    public async Task InitializeAsync()
    {
        _scene = await TenancyScene.StartAsync();
        _organization = await Organizations.CreateAsync(_scene.Fresh.App, "Commune de Test", live: false, default);
        _owner = _scene.Client(_organization.Key.Secret);
    }

    public async Task DisposeAsync()
    {
        _owner.Dispose();
        await _scene.DisposeAsync();
    }

    [Fact]
    public async Task A_key_is_shown_once_and_is_in_no_table()
    {
        var made = await MakeAsync("""{"name":"ERP"}""");
        var secret = (string)made["secret"]!;
        Assert.StartsWith("mp_test_", secret, StringComparison.Ordinal);
        Assert.Equal($"mp_test_…{secret[^4..]}", (string?)made["start"]);
        Assert.Null((await GetAsync($"/v1/api-keys/{made["id"]}"))["secret"]);
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>($"select count(*) from platform.idempotency_keys where answer like '%{secret[8..20]}%'"));
    }

    [Fact]
    public async Task A_repeated_request_makes_no_second_key_and_shows_no_secret()
    {
        var answers = new List<JsonNode>();
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/api-keys") { Content = new StringContent("""{"name":"Once"}""", System.Text.Encoding.UTF8, "application/json") };
            request.Headers.Add("Idempotency-Key", "once");
            using var response = await _owner.SendAsync(request);
            answers.Add(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["data"]!);
        }
        Assert.Equal((string?)answers[0]["id"], (string?)answers[1]["id"]);
        Assert.NotNull(answers[0]["secret"]);
        Assert.Null(answers[1]["secret"]);
    }

    [Fact]
    public async Task A_key_does_what_its_scopes_say_and_nothing_else()
    {
        using var reader = _scene.Client((string)(await MakeAsync("""{"name":"Reader","scopes":["keys:read"]}"""))["secret"]!);
        Assert.Equal(200, (await TenancyScene.SendAsync(reader, "GET", "/v1/api-keys")).Status);
        var refused = await TenancyScene.SendAsync(reader, "POST", "/v1/api-keys", """{"name":"More"}""");
        Assert.Equal((403, "forbidden"), (refused.Status, (string?)refused.Body["error"]!["code"]));
        Assert.Equal(403, (await TenancyScene.SendAsync(reader, "GET", "/v1/departments")).Status);
    }

    [Theory]
    [InlineData("""{"name":"x","scopes":["members:write"]}""", 403, "scope_exceeded")]
    [InlineData("""{"name":"x","scopes":["encryption:manage"]}""", 403, "scope_exceeded")]
    [InlineData("""{"name":"x","scopes":["everything"]}""", 422, "invalid_request")]
    [InlineData("""{"name":"x","scopes":[]}""", 422, "invalid_request")]
    [InlineData("""{"name":"x","scopes":[null]}""", 400, "invalid_json")]
    [InlineData("""{"name":"","scopes":["keys:read"]}""", 422, "invalid_request")]
    [InlineData("""{"name":"x","allowedRanges":["10.0.0.0/33"]}""", 422, "invalid_request")]
    public async Task What_a_key_cannot_be_is_refused(string body, int status, string code)
    {
        var refused = await TenancyScene.SendAsync(_owner, "POST", "/v1/api-keys", body);
        Assert.Equal((status, code), (refused.Status, (string?)refused.Body["error"]!["code"]));
    }

    [Fact]
    public async Task Nobody_makes_or_takes_over_a_key_that_may_do_more_than_they_may()
    {
        var strong = await MakeAsync("""{"name":"Strong","scopes":["keys:read","payouts:approve"]}""");
        using var weak = _scene.Client((string)(await MakeAsync("""{"name":"Weak","scopes":["keys:write"]}"""))["secret"]!);
        var made = await TenancyScene.SendAsync(weak, "POST", "/v1/api-keys", """{"name":"x","scopes":["payouts:approve"]}""");
        Assert.Equal("scope_exceeded", (string?)made.Body["error"]!["code"]);
        var rolled = await TenancyScene.SendAsync(weak, "POST", $"/v1/api-keys/{strong["id"]}/roll", "{}");
        Assert.Equal("scope_exceeded", (string?)rolled.Body["error"]!["code"]);
    }

    [Fact]
    public async Task A_rolled_key_works_beside_its_successor_until_the_overlap_ends()
    {
        var old = await MakeAsync("""{"name":"Rolled","scopes":["keys:read"]}""");
        var rolled = await TenancyScene.SendAsync(_owner, "POST", $"/v1/api-keys/{old["id"]}/roll", """{"overlapSeconds":3600}""");
        Assert.Equal(201, rolled.Status);
        Assert.Equal((string?)old["id"], (string?)rolled.Body["data"]!["replaces"]);
        foreach (var secret in new[] { old["secret"], rolled.Body["data"]!["secret"] }) Assert.Equal(200, await StatusOfAsync((string)secret!));

        var ended = await TenancyScene.SendAsync(_owner, "POST", $"/v1/api-keys/{rolled.Body["data"]!["id"]}/roll", """{"overlapSeconds":0}""");
        Assert.Equal(200, await StatusOfAsync((string)ended.Body["data"]!["secret"]!));
        Assert.Equal(409, (await TenancyScene.SendAsync(_owner, "POST", $"/v1/api-keys/{rolled.Body["data"]!["id"]}/roll", "{}")).Status);
        Assert.Equal("expired", (string?)(await GetAsync($"/v1/api-keys/{rolled.Body["data"]!["id"]}"))["state"]);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_within_seconds_and_cannot_come_back()
    {
        var key = await MakeAsync("""{"name":"Lost","scopes":["keys:read"]}""");
        Assert.Equal(200, await StatusOfAsync((string)key["secret"]!));
        Assert.Equal("revoked", (string?)(await TenancyScene.SendAsync(_owner, "POST", $"/v1/api-keys/{key["id"]}/revoke")).Body["data"]!["state"]);
        var until = TimeProvider.System.GetTimestamp();
        int status;
        do
        {
            await Task.Delay(200);
            status = await StatusOfAsync((string)key["secret"]!);
        }
        while (status == 200 && TimeProvider.System.GetElapsedTime(until) < TimeSpan.FromSeconds(20));
        Assert.Equal(401, status);
        Assert.Equal(409, (await TenancyScene.SendAsync(_owner, "POST", $"/v1/api-keys/{key["id"]}/roll", "{}")).Status);
    }

    [Fact]
    public async Task A_key_with_networks_is_refused_from_elsewhere()
    {
        using var inside = _scene.Client(await TestKeys.InsertAsync(_scene.Fresh.App, _organization.Tenant, live: false, Roles.ForKeys, "127.0.0.0/8", "::1/128"));
        Assert.Equal(200, (await TenancyScene.SendAsync(inside, "GET", "/v1/api-keys")).Status);
        using var outside = _scene.Client(await TestKeys.InsertAsync(_scene.Fresh.App, _organization.Tenant, live: false, Roles.ForKeys, "203.0.113.0/24"));
        var refused = await TenancyScene.SendAsync(outside, "GET", "/v1/api-keys");
        Assert.Equal((403, "address_not_allowed"), (refused.Status, (string?)refused.Body["error"]!["code"]));
    }

    [Fact]
    public async Task The_last_use_is_remembered_to_the_minute()
    {
        var key = await MakeAsync("""{"name":"Used","scopes":["keys:read"]}""");
        Assert.Null((await GetAsync($"/v1/api-keys/{key["id"]}"))["lastUsedAt"]);
        await StatusOfAsync((string)key["secret"]!);
        Assert.NotNull((await GetAsync($"/v1/api-keys/{key["id"]}"))["lastUsedAt"]);
    }

    [Fact]
    public async Task A_prefix_that_lies_about_the_mode_opens_nothing()
    {
        var key = NewApiKey.Create(live: true, TimeProvider.System);
        await _scene.Fresh.App.ExecuteAsync(_organization.Tenant, ApiKeySql.Insert, [key.Id.Value, _organization.Tenant.Value, "lies", key.Hash, key.Secret[^4..], new[] { "keys:read" }, Array.Empty<string>(),
            TimeProvider.System.GetUtcNow(), "system:test", null], default);
        Assert.Equal(401, await StatusOfAsync(key.Secret));
    }

    [Fact]
    public async Task A_key_that_many_replace_at_once_without_an_overlap_has_one_successor()
    {
        for (var round = 0; round < 10; round++)
        {
            var key = await MakeAsync("""{"name":"Leaked","scopes":["keys:read"]}""");
            var answers = await AtOnce.RunAsync(_ => TenancyScene.SendAsync(_owner, "POST", $"/v1/api-keys/{key["id"]}/roll", """{"overlapSeconds":0}"""));
            Assert.Equal(["", .. Enumerable.Repeat("api_key_state", AtOnce.Many - 1)], answers.Select(answer => (string?)answer.Body["error"]?["code"] ?? "").Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Who_guesses_keys_is_told_to_wait_and_who_has_one_is_not()
    {
        var settings = new Settings(new Dictionary<string, string>(StringComparer.Ordinal) { ["RATE_LIMIT_ADDRESS"] = "5" });
        using var nobody = new AmazonDynamoDBClient(new BasicAWSCredentials("local", "local"), new AmazonDynamoDBConfig { ServiceURL = "http://127.0.0.1:1", AuthenticationRegion = "eu-central-1", MaxErrorRetry = 0 });
        var limits = RateLimits.In(settings, new RateLimiter(new RateTable(nobody, "coordination"), new TestClock(DateTimeOffset.UnixEpoch), NullLogger<RateLimiter>.Instance));
        await using var limited = await TestApi.StartAsync(_scene.Fresh.App, TimeProvider.System, TenancyModule.MapRoutes, services => services.AddSingleton(limits));
        using var owner = limited.Client(_organization.Key.Secret);

        var answers = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            using var guesser = limited.Client(i % 2 == 0 ? NewApiKey.Create(live: true, TimeProvider.System).Secret : "nonsense");
            using var answer = await guesser.GetAsync("/v1/api-keys");
            answers.Add($"{(int)answer.StatusCode}{(answer.Headers.RetryAfter is null ? "" : " later")}");
            Assert.Equal(200, (await TenancyScene.SendAsync(owner, "GET", "/v1/api-keys")).Status);
        }
        Assert.Equal(["401", "401", "401", "401", "401", "429 later", "429 later"], answers);
    }

    private async Task<JsonNode> MakeAsync(string body)
    {
        var (status, answer) = await TenancyScene.SendAsync(_owner, "POST", "/v1/api-keys", body);
        Assert.True(status == 201, answer.ToJsonString());
        return answer["data"]!;
    }

    private async Task<JsonNode> GetAsync(string path) => (await TenancyScene.SendAsync(_owner, "GET", path)).Body["data"]!;

    private async Task<int> StatusOfAsync(string secret)
    {
        using var client = _scene.Client(secret);
        return (await TenancyScene.SendAsync(client, "GET", "/v1/api-keys")).Status;
    }
}
