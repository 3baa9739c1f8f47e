using System.Net;
using Amazon.DynamoDBv2;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Http;
using Modupay.Http.RateLimiting;
using Modupay.JourneyTests.Banking;

namespace Modupay.JourneyTests.Http;

/// <summary>Where nobody has to say who he is, his address is what is counted.</summary>
public sealed class OpenEndpointLimitTests(CoordinationTable table) : IClassFixture<CoordinationTable>
{
    private const int Limit = 5;

    private readonly ManualTime _time = new();

    [Fact]
    public async Task Whoever_calls_open_endpoints_too_often_is_told_when_to_come_back_and_nobody_else_is()
    {
        await using var app = await StartAsync(table.Client);
        using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };
        for (var i = 0; i < Limit; i++) Assert.Equal(HttpStatusCode.OK, (await CallAsync(http, "2001:db8:0:1::7", i % 2 == 0 ? "/v1/auth/login" : "/v1/auth/refresh")).StatusCode);
        // The same network, another address of its 2^64.
        using var refused = await CallAsync(http, "2001:db8:0:1::8", "/v1/auth/login");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("rate_limited", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal($"\"address\";q={Limit};w=60", refused.Headers.GetValues("RateLimit-Policy").Single());
        var wait = refused.Headers.RetryAfter!.Delta!.Value;
        Assert.InRange(wait, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));

        Assert.Equal(HttpStatusCode.OK, (await CallAsync(http, "2001:db8:0:2::7", "/v1/auth/login")).StatusCode);
        // What the caller wrote himself before our proxy's word changes nothing.
        Assert.Equal(HttpStatusCode.TooManyRequests, (await CallAsync(http, "203.0.113.9, 2001:db8:0:1::7", "/v1/auth/login")).StatusCode);
        _time.Advance(wait);
        Assert.Equal(HttpStatusCode.OK, (await CallAsync(http, "2001:db8:0:1::7", "/v1/auth/login")).StatusCode);
    }

    [Fact]
    public async Task Without_the_table_a_sandbox_goes_on_letting_in_what_it_counted_itself()
    {
        using var nobody = CoordinationTable.Connect("http://127.0.0.1:1");
        await using var app = await StartAsync(nobody);
        using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };
        for (var i = 0; i < Limit; i++) Assert.Equal(HttpStatusCode.OK, (await CallAsync(http, "198.51.100.1", "/v1/auth/login")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await CallAsync(http, "198.51.100.1", "/v1/auth/login")).StatusCode);
    }

    [Fact]
    public async Task Whether_the_process_is_ready_may_be_asked_as_often_as_its_sandbox_likes()
    {
        await using var app = await StartAsync(table.Client);
        using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };
        for (var i = 0; i < 3 * Limit; i++) Assert.Equal(HttpStatusCode.OK, (await CallAsync(http, "198.51.100.2", "/health/ready")).StatusCode);
    }

    private static Task<HttpResponseMessage> CallAsync(HttpClient http, string from, string path)
    {
        var request = new HttpRequestMessage(path.StartsWith("/v1", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, path);
        request.Headers.Add("X-Forwarded-For", from);
        return http.SendAsync(request);
    }

    private async Task<WebApplication> StartAsync(IAmazonDynamoDB client)
    {
        var settings = new Settings(new Dictionary<string, string>(StringComparer.Ordinal) { ["TRUSTED_PROXIES"] = "1", ["RATE_LIMIT_ADDRESS"] = Limit.ToString() });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(settings).AddSingleton<TimeProvider>(_time);
        var limits = RateLimits.In(settings, new RateLimiter(new RateTable(client, CoordinationTable.Name), _time, NullLogger<RateLimiter>.Instance));
        var app = builder.Build();
        app.Use(next => context => limits.UseAsync(context, next));
        app.MapPost("/v1/auth/login", () => Results.Text("in")).OpenToAll();
        app.MapPost("/v1/auth/refresh", () => Results.Text("in")).OpenToAll();
        app.MapGet("/health/ready", () => Results.Text("ready"));
        await app.StartAsync();
        return app;
    }
}
