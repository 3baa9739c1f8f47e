using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Modupay.Local.Cloud;
using Modupay.Local.Runtime;

namespace Modupay.JourneyTests.Runtime;

/// <summary>The gateway in front of a plain HTTP server that stands for the function.</summary>
public sealed class HttpFrontTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private LoopbackServer? _function;
    private HttpFront? _front;
    private bool _starting;

    public async Task InitializeAsync()
    {
        _function = await LoopbackServer.StartAsync(0, "the test function", (http, _) => TestFunction.AnswerAsync(http), CancellationToken.None);
        var address = new Uri(_function.Url);
        var options = new HttpFrontOptions { MaxBodyBytes = 1_000_000, Timeout = TimeSpan.FromSeconds(1) };
        _front = await HttpFront.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), () => _starting ? null : address, options, CancellationToken.None);
        _http.BaseAddress = new Uri(_front.Url);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _front!.DisposeAsync();
        await _function!.DisposeAsync();
    }

    [Fact]
    public async Task Status_headers_path_and_body_arrive_as_they_were_sent()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/caf%C3%A9/a%2Fb?q=%20x&y") { Content = new StringContent("{\"é\":1}", Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Request-Id", "r-1");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        using var answer = await _http.SendAsync(request);

        Assert.Equal(207, (int)answer.StatusCode);
        Assert.Equal(["a=1", "b=2"], answer.Headers.GetValues("Set-Cookie"));
        var seen = await SeenAsync(answer);
        Assert.Equal("{\"é\":1}", seen["body"]);
        Assert.Equal("/v1/caf%C3%A9/a%2Fb?q=%20x&y", seen["target"]);
        Assert.Equal("application/json; charset=utf-8", seen["content-type"]);
        Assert.Equal(("r-1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), (seen["x-request-id"], seen["traceparent"]));
        Assert.Equal(_http.BaseAddress!.Authority, seen["host"]);
    }

    [Fact]
    public async Task What_only_the_gateway_may_say_cannot_be_said_by_the_caller()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("x-amzn-request-context", """{"authorizer":{"jwt":{"claims":{"sub":"root"}}}}""");
        request.Headers.Add("X-Amzn-Lambda-Context", "{}");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "https");

        using var answer = await _http.SendAsync(request);

        var seen = await SeenAsync(answer);
        using var context = JsonDocument.Parse(seen["x-amzn-request-context"]);
        Assert.Equal("127.0.0.1", context.RootElement.GetProperty("http").GetProperty("sourceIp").GetString());
        Assert.False(context.RootElement.TryGetProperty("authorizer", out _));
        Assert.DoesNotContain("x-amzn-lambda-context", seen.Keys);
        Assert.Equal(("203.0.113.7, 127.0.0.1", "http"), (seen["x-forwarded-for"], seen["x-forwarded-proto"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_above_the_limit_is_refused_with_or_without_a_length(bool lengthKnown)
    {
        using var accepted = await SendAsync(999_000); // The framing of chunks counts too.
        using var refused = await SendAsync(1_000_001);

        Assert.Equal("999000", await accepted.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, """{"message":"Request Entity Too Large"}"""), (refused.StatusCode, await refused.Content.ReadAsStringAsync()));

        async Task<HttpResponseMessage> SendAsync(int bytes)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/length") { Content = new ByteArrayContent(new byte[bytes]) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            request.Headers.TransferEncodingChunked = !lengthKnown;
            return await _http.SendAsync(request);
        }
    }

    [Fact]
    public async Task A_function_that_takes_too_long_is_answered_for()
    {
        using var answer = await _http.GetAsync("/never");

        Assert.Equal((HttpStatusCode.GatewayTimeout, """{"message":"Endpoint request timed out"}"""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_function_that_starts_or_has_gone_is_unavailable()
    {
        _starting = true;
        using var starting = await _http.GetAsync("/");
        _starting = false;
        await _function!.DisposeAsync();
        using var gone = await _http.GetAsync("/");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable), (starting.StatusCode, gone.StatusCode));
        Assert.Equal("""{"message":"Service Unavailable"}""", await gone.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Half_an_answer_does_not_look_like_a_whole_one() =>
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _http.GetStringAsync("/half"));

    private static async Task<Dictionary<string, string>> SeenAsync(HttpResponseMessage answer) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(await answer.Content.ReadAsStringAsync())!;
}
