using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Modupay.Local;

/// <summary>Speaks to the API as an integrator would, over HTTP.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    public ApiClient(string url, string? apiKey)
    {
        _http = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(30) };
        if (apiKey is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
    }

    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, JsonNode? body, string? idempotencyKey, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        using var response = await _http.SendAsync(request, ct);
        var text = await response.Content.ReadAsStringAsync(ct);
        return new((int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), response.Headers.Contains("Idempotency-Replayed"));
    }

    public Task<ApiAnswer> GetAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Get, path, null, null, ct);

    public Task<ApiAnswer> PostAsync(string path, JsonNode? body, string? idempotencyKey, CancellationToken ct) => SendAsync(HttpMethod.Post, path, body, idempotencyKey, ct);

    /// <summary>For what must succeed; the refusal is in the exception otherwise.</summary>
    public async Task<JsonNode> CreateAsync(string path, JsonNode body, CancellationToken ct)
    {
        var answer = await PostAsync(path, body, Guid.CreateVersion7(LocalCloud.Time.GetUtcNow()).ToString(), ct);
        return answer.Status is 200 or 201 ? answer.Data! : throw new InvalidOperationException($"POST {path} answered {answer.Status}: {answer.Body?.ToJsonString()}");
    }

    public void Dispose() => _http.Dispose();
}

internal sealed record ApiAnswer(int Status, JsonNode? Body, bool Replayed)
{
    public JsonNode? Data => Body?["data"];

    public string? Code => (string?)Body?["error"]?["code"];
}
