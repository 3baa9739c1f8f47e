using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.JourneyTests.Security;

/// <summary>Sends what no integrator would, and keeps everything that comes back.</summary>
internal sealed class Intruder(string url) : IDisposable
{
    private const int AtOnce = 4;

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8, MaxConnectionsPerServer = AtOnce * 2 })
    {
        BaseAddress = new Uri(url),
        Timeout = TimeSpan.FromSeconds(40),
    };

    public async Task<Answer> SendAsync(Attempt attempt)
    {
        // What is attacked are addresses as they are written, so nothing may tidy them up.
        var address = new Uri(url + attempt.Address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Parse(attempt.Method), address);
        if (attempt.Key is { Length: > 0 } key) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        if (attempt.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            if (attempt.ContentType is { Length: > 0 } type) request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }
        foreach (var (name, value) in attempt.Headers ?? []) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _http.SendAsync(request);
        return new Answer(attempt, (int)response.StatusCode, response.Headers, await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>A few at a time, in no particular order; what a test makes of an answer comes back in the order of the attempts.</summary>
    public async Task<IReadOnlyList<Answer>> SendAllAsync(IReadOnlyList<Attempt> attempts)
    {
        var answers = new Answer[attempts.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, attempts.Count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) => answers[i] = await SendAsync(attempts[i]));
        return answers;
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>One request.</summary>
/// <param name="What">What is tried, for whoever reads that it worked.</param>
internal sealed record Attempt(string What, string Method, string Address, string? Key, byte[]? Body = null, string? ContentType = null, (string Name, string Value)[]? Headers = null)
{
    public static byte[] Bytes(JsonNode? body) => Encoding.UTF8.GetBytes(body?.ToJsonString() ?? "null");
}

internal sealed record Answer(Attempt Attempt, int Status, HttpResponseHeaders Headers, string Text, string? MediaType)
{
    public bool Succeeded => Status is >= 200 and < 300;

    public string? Code => Text.StartsWith('{') ? (string?)Parsed?["error"]?["code"] : null;

    public JsonNode? Parsed
    {
        get
        {
            try { return JsonNode.Parse(Text); }
            catch (JsonException) { return null; }
        }
    }

    public override string ToString() => $"{Attempt.Method} {(Attempt.Address.Length > 200 ? Attempt.Address[..200] + "…" : Attempt.Address)} ({Attempt.What}) answered {Status} {(Text.Length > 300 ? Text[..300] + "…" : Text)}";
}
