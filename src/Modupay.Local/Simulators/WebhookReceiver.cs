using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Modupay.Local.Cloud;

namespace Modupay.Local.Simulators;

/// <summary>A webhook as it arrived. Type, subject and sequence are null when the body is not an event.</summary>
internal sealed record ReceivedWebhook(string Id, string? Type, string? Subject, long? Sequence, bool SignatureValid, int Answered, DateTimeOffset At, string Body);

/// <summary>
/// Somebody else's endpoint. It checks signatures by the text of Standard Webhooks 1.0.0 and shares no code with the sender, so that the two
/// cannot be wrong in the same way. It remembers everything, and fails when told to.
/// </summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly List<ReceivedWebhook> _received = [];
    private readonly List<byte[]> _secrets = [];
    private readonly Queue<(int Status, TimeSpan Delay)> _script = new();
    private readonly TimeProvider _time;
    private LoopbackServer _server = null!;

    private WebhookReceiver(TimeProvider time) => _time = time;

    public string Url => _server.Url;

    public IReadOnlyList<ReceivedWebhook> Received
    {
        get { lock (_lock) return [.. _received]; }
    }

    public static Task<WebhookReceiver> StartAsync(CancellationToken ct) => StartAsync(port: 0, TimeProvider.System, ct);

    public static async Task<WebhookReceiver> StartAsync(int port, TimeProvider time, CancellationToken ct)
    {
        var receiver = new WebhookReceiver(time);
        receiver._server = await LoopbackServer.StartAsync(port, "the webhook receiver", receiver.HandleAsync, ct);
        return receiver;
    }

    /// <summary>From now on signatures with this secret (<c>whsec_…</c>) are valid too.</summary>
    public void Trust(string secret)
    {
        var key = Convert.FromBase64String(secret.StartsWith("whsec_", StringComparison.Ordinal) ? secret[6..] : secret);
        if (key.Length == 0) throw new ArgumentException("An empty secret would trust everybody.", nameof(secret));
        lock (_lock) _secrets.Add(key);
    }

    /// <summary>The next webhooks are answered with this status, each after the delay.</summary>
    public void Answer(int status, int times = 1, TimeSpan delay = default)
    {
        lock (_lock)
            for (var i = 0; i < times; i++) _script.Enqueue((status, delay));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task HandleAsync(HttpContext context, CancellationToken ct) => (context.Request.Method, context.Request.Path.Value) switch
    {
        ("GET", "/received") => ListAsync(context, ct),
        ("POST", "/script") => ScriptAsync(context, ct),
        ("POST", "/trust") => TrustAsync(context, ct),
        ("POST", _) => ReceiveAsync(context, ct),
        _ => StatusAsync(context, 404),
    };

    private async Task ReceiveAsync(HttpContext context, CancellationToken ct)
    {
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content, ct);
        var body = content.ToArray();
        var valid = IsSigned(context.Request.Headers, body);

        (int Status, TimeSpan Delay) answer = (valid ? 204 : 401, TimeSpan.Zero);
        lock (_lock)
        {
            if (_script.TryDequeue(out var scripted)) answer = scripted;
            _received.Add(Read(context.Request.Headers["webhook-id"].ToString(), body, valid, answer.Status));
        }

        if (answer.Delay > TimeSpan.Zero) await Task.Delay(answer.Delay, _time, ct);
        context.Response.StatusCode = answer.Status;
    }

    private ReceivedWebhook Read(string id, byte[] body, bool valid, int status)
    {
        var text = Encoding.UTF8.GetString(body);
        JsonObject? envelope = null;
        try
        {
            envelope = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // Remembered as it came; that it is not an event shows in the fields that stay empty.
        }

        return new(id, (string?)envelope?["type"], (string?)envelope?["subject"], (long?)envelope?["sequence"], valid, status, _time.GetUtcNow(), text);
    }

    /// <summary>Any v1 signature of any trusted secret will do; versions we do not know are passed over.</summary>
    private bool IsSigned(IHeaderDictionary headers, byte[] body)
    {
        if (headers["webhook-id"].ToString() is not { Length: > 0 } id || !long.TryParse(headers["webhook-timestamp"].ToString(), out var seconds)) return false;
        if (Math.Abs(_time.GetUtcNow().ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds) return false;

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{seconds}."), .. body];
        byte[][] secrets;
        lock (_lock) secrets = [.. _secrets];
        var expected = secrets.Select(secret => "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, signed))).ToList();
        return headers["webhook-signature"].ToString().Split(' ').Any(signature => expected.Any(right =>
            CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(right), Encoding.UTF8.GetBytes(signature))));
    }

    private Task ListAsync(HttpContext context, CancellationToken ct)
    {
        context.Response.ContentType = "application/json";
        var list = new JsonArray([.. Received.Select(webhook => new JsonObject
        {
            ["id"] = webhook.Id,
            ["type"] = webhook.Type,
            ["subject"] = webhook.Subject,
            ["sequence"] = webhook.Sequence,
            ["signatureValid"] = webhook.SignatureValid,
            ["answered"] = webhook.Answered,
            ["at"] = webhook.At.ToString("O"),
            ["body"] = webhook.Body,
        })]);
        return context.Response.WriteAsync(list.ToJsonString(), ct);
    }

    /// <summary><c>{"status":503,"times":3,"delayMs":0}</c>.</summary>
    private async Task ScriptAsync(HttpContext context, CancellationToken ct)
    {
        var script = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: ct);
        Answer((int)script!["status"]!, (int?)script["times"] ?? 1, TimeSpan.FromMilliseconds((int?)script["delayMs"] ?? 0));
        context.Response.StatusCode = 204;
    }

    /// <summary><c>{"secret":"whsec_…"}</c>.</summary>
    private async Task TrustAsync(HttpContext context, CancellationToken ct)
    {
        Trust((string)(await JsonNode.ParseAsync(context.Request.Body, cancellationToken: ct))!["secret"]!);
        context.Response.StatusCode = 204;
    }

    private static Task StatusAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
