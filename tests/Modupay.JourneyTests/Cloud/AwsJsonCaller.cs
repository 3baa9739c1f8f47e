using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Modupay.JourneyTests.Cloud;

/// <summary>Says to a stand-in exactly the JSON a test wants said.</summary>
internal sealed class AwsJsonCaller(string url, string target, string version) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(40) };

    public async Task<JsonObject> CallAsync(string operation, JsonObject body)
    {
        var (status, answer, _) = await SendAsync(operation, body);
        Assert.True(status == 200, $"{operation}: {answer.ToJsonString()}");
        return answer;
    }

    public async Task<string> RefusedAsync(string operation, JsonObject body)
    {
        var (status, answer, _) = await SendAsync(operation, body);
        Assert.Equal(400, status);
        return ((string)answer["__type"]!).Split('#')[^1];
    }

    public async Task<(int Status, JsonObject Answer, string? QueryError)> SendAsync(string operation, JsonObject body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent(body.ToJsonString(), Encoding.UTF8) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue($"application/x-amz-json-{version}");
        request.Headers.Add("X-Amz-Target", $"{target}.{operation}");
        using var response = await _http.SendAsync(request);
        Assert.NotEmpty(response.Headers.GetValues("x-amzn-RequestId").Single());
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject(),
            response.Headers.TryGetValues("x-amzn-query-error", out var values) ? values.Single() : null);
    }

    public void Dispose() => _http.Dispose();
}
