using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.Local.Fuzz;

/// <summary>A request that was answered as no request should be.</summary>
/// <param name="Number">With the seed, which request it was.</param>
internal sealed record FuzzFinding(int Number, string Operation, string What, string Answer, string? RequestId);

/// <summary>
/// Walks the OpenAPI document and sends each operation what it does not expect: fields of the wrong type, bodies that are no JSON, ids of other
/// things, strange headers and queries. Whatever is sent, the answer must be an envelope with a status below 500. The same seed sends the same.
/// </summary>
internal sealed class ApiFuzzer(HttpClient http, ApiContract contract, string apiKey, IReadOnlyList<string> ids, int seed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public SortedDictionary<int, int> Statuses { get; } = [];

    /// <param name="only">One request of the walk, to repeat a finding.</param>
    public async Task<IReadOnlyList<FuzzFinding>> RunAsync(int requests, int parallel, CancellationToken ct, int? only = null)
    {
        var findings = new List<FuzzFinding>();
        var (first, end) = only is { } one ? (one, one + 1) : (0, requests);
        await Parallel.ForAsync(first, end, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = ct }, async (number, token) =>
        {
            if (await SendAsync(number, token) is not { } finding) return;
            lock (findings) findings.Add(finding);
        });
        return [.. findings.OrderBy(finding => finding.Number)];
    }

    private async Task<FuzzFinding?> SendAsync(int number, CancellationToken ct)
    {
        // Each request has a source of chance of its own, so that one finding can be repeated without the others.
        var random = new Random(unchecked(seed * 486_187_739 + number));
        var operation = contract.Operations[number % contract.Operations.Count];
        var changes = new List<string>();
        using var request = Request(operation, random, changes);
        var what = string.Join(", ", changes);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            using var response = await http.SendAsync(request, patience.Token);
            var body = await response.Content.ReadAsByteArrayAsync(patience.Token);
            lock (Statuses) Statuses[(int)response.StatusCode] = Statuses.GetValueOrDefault((int)response.StatusCode) + 1;
            return Fault(response, body) is { } fault
                ? new(number, operation.ToString(), what, fault, response.Headers.TryGetValues("X-Request-Id", out var id) ? id.First() : null)
                : null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new(number, operation.ToString(), what, $"no answer in {Patience.TotalSeconds:0} s", null);
        }
        catch (HttpRequestException exception)
        {
            return new(number, operation.ToString(), what, $"no answer: {exception.Message}", null);
        }
    }

    private static string? Fault(HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        if (status >= 500) return $"{status}: {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 300)))}";
        // A file is answered as it is, and what the server itself refuses before anybody looks (a header that is none, an address of 8 KB) has no body.
        if (status < 400 || body.Length == 0 && status is 400 or 414 or 431) return null;
        try
        {
            return (string?)JsonNode.Parse(body)?["error"]?["code"] is { Length: > 0 } ? null : $"{status} without a code";
        }
        catch (JsonException)
        {
            return $"{status} without the envelope";
        }
    }

    private HttpRequestMessage Request(ApiOperation operation, Random random, List<string> changes)
    {
        var request = new HttpRequestMessage(operation.Method, Address(operation, random, changes));
        Authorize(request, random, changes);
        AddHeaders(request, random, changes);
        if (operation.Body is { } schema) request.Content = Json(schema, random, changes);
        else if (operation.TakesBytes) request.Content = new ByteArrayContent(Bytes(random));
        return request;
    }

    private string Address(ApiOperation operation, Random random, List<string> changes)
    {
        var path = string.Join('/', operation.Path.Split('/').Select(part => part.StartsWith('{') ? Segment(random, changes) : part));
        var query = operation.Query.Where(_ => random.Next(2) == 0).Select(name => $"{name}={Uri.EscapeDataString(Safe(Text(random, name, changes)))}").ToList();
        return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
    }

    private string Segment(Random random, List<string> changes)
    {
        if (random.Next(3) > 0 && ids.Count > 0) return ids[random.Next(ids.Count)];
        var text = Malformed.Texts[random.Next(Malformed.Texts.Count)];
        changes.Add($"path {Shown(text)}");
        // An empty segment would be another address, and dots would leave this one before anything is sent.
        return Uri.EscapeDataString(Safe(text.Trim('.').Length == 0 ? "x" : text));
    }

    private void Authorize(HttpRequestMessage request, Random random, List<string> changes)
    {
        if (random.Next(12) > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
            return;
        }
        string[] forged =
        [
            "", "Bearer", "Bearer ", "Basic YTpi", "Bearer mp_test_", $"Bearer {apiKey}x", $"bearer  {apiKey} ", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c3JfMSJ9.", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "Bearer ...", "Bearer a.b.c",
            "Bearer " + new string('A', 9000),
        ];
        var header = forged[random.Next(forged.Length)];
        changes.Add($"authorization {Shown(header)}");
        request.Headers.TryAddWithoutValidation("Authorization", header);
    }

    private static void AddHeaders(HttpRequestMessage request, Random random, List<string> changes)
    {
        var key = random.Next(4) == 0 ? new string('k', random.Next(1, 400)) : $"fuzz-{random.NextInt64()}";
        if (request.Method == HttpMethod.Post) request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        if (random.Next(6) > 0) return;
        string[] names = ["X-Request-Id", "traceparent", "Modupay-Organization", "Modupay-Mode", "X-Forwarded-For", "Accept", "Accept-Language", "Origin", "X-HTTP-Method-Override", "Expect-CT", "Range", "If-None-Match"];
        var (name, value) = (names[random.Next(names.Length)], new string([.. Malformed.Texts[random.Next(Malformed.Texts.Count)].Where(character => character is >= ' ' and <= '~')]));
        changes.Add($"{name} {Shown(value)}");
        request.Headers.TryAddWithoutValidation(name, value);
    }

    private ByteArrayContent Json(JsonObject schema, Random random, List<string> changes)
    {
        var body = contract.Sample(schema, name => random.Next(4) == 0 && ids.Count > 0 ? ids[random.Next(ids.Count)] : Plausible(name));
        for (var i = random.Next(0, 3); i > 0; i--) Spoil(body, random, changes);
        var bytes = Encoding.UTF8.GetBytes(body?.ToJsonString() ?? "null");
        if (random.Next(8) == 0)
        {
            changes.Add("bytes");
            bytes = Malformed.Bytes(random, bytes);
        }
        var content = new ByteArrayContent(bytes);
        string[] types = ["text/plain", "application/xml", "application/json; charset=utf-16", "application/json;", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"];
        var type = random.Next(15) == 0 ? types[random.Next(types.Length)] : "application/json";
        if (type != "application/json") changes.Add(type);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return content;
    }

    /// <summary>Replaces, removes, renames or adds something somewhere in the body.</summary>
    private static void Spoil(JsonNode? body, Random random, List<string> changes)
    {
        var objects = Objects(body).Where(found => found.Count > 0).ToList();
        if (objects.Count == 0) return;
        var target = objects[random.Next(objects.Count)];
        var property = target.ElementAt(random.Next(target.Count)).Key;
        switch (random.Next(8))
        {
            case 0:
                target.Remove(property);
                changes.Add($"without {property}");
                break;
            case 1:
                target[property + "_"] = 1;
                changes.Add($"with {property}_");
                break;
            default:
                var value = Malformed.Value(random);
                target[property] = value;
                changes.Add($"{property} = {Shown(value?.ToJsonString() ?? "null")}");
                break;
        }
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject found => found.SelectMany(property => Objects(property.Value)).Prepend(found),
        JsonArray items => items.SelectMany(Objects),
        _ => [],
    };

    private static string Text(Random random, string name, List<string> changes)
    {
        if (random.Next(2) == 0) return Plausible(name);
        var text = random.Next(10) == 0 ? new string('q', 3000) : Malformed.Texts[random.Next(Malformed.Texts.Count)];
        changes.Add($"{name}={Shown(text)}");
        return text;
    }

    private static string Plausible(string name) => name switch
    {
        "currency" => "EUR",
        "iban" => "DE89370400440532013000",
        "bic" => "MODUDEFFXXX",
        "date" or "effectiveOn" or "asOf" or "from" or "to" => "2026-01-31",
        "date-time" => "2026-01-31T12:00:00Z",
        "email" => "ada@example.org",
        "url" => "https://example.org/hook",
        "limit" => "10",
        "format" => "csv",
        _ => "text",
    };

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(0, 4000)];
        random.NextBytes(bytes);
        return random.Next(2) == 0 ? bytes : [.. ":20:REF\r\n:25:DE89370400440532013000\r\n:28C:1/1\r\n:60F:C260101EUR0,00\r\n"u8, .. bytes];
    }

    // Half of a surrogate pair cannot be escaped into an address.
    private static string Safe(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static string Shown(string text) => $"\"{JavaScriptEncoder.Default.Encode(text.Length > 40 ? text[..40] + "…" : text)}\"";
}
