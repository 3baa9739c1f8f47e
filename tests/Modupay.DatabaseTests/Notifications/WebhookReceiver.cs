using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Modupay.Notifications.Delivery;

namespace Modupay.DatabaseTests.Notifications;

/// <summary>An integrator's server: it keeps what it is sent and answers as the test says.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<ReceivedWebhook> _received = new();
    private WebApplication _app = null!;

    public IReadOnlyList<ReceivedWebhook> Received => [.. _received];

    /// <summary>What to do after a request was kept; 200 unless it says otherwise.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    /// <summary>As <c>host:port</c>.</summary>
    public string Address => new Uri(_app.Urls.Single()).Authority;

    public string Url(string path) => _app.Urls.Single() + path;

    public static async Task<WebhookReceiver> StartAsync()
    {
        var receiver = new WebhookReceiver();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        receiver._app = builder.Build();
        receiver._app.Run(receiver.ReceiveAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    public void AnswerWith(int status, string body = "", params (string Name, string Value)[] headers) => Answer = async context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers) context.Response.Headers[name] = value;
        await context.Response.WriteAsync(body);
    };

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _received.Enqueue(new(context.Request.Path, context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
        await Answer(context);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

internal sealed record ReceivedWebhook(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Id => Headers[WebhookSignature.IdHeader];

    public string Text => Encoding.UTF8.GetString(Body);

    public SignatureCheck Check(WebhookSecret secret, TimeProvider time) => WebhookSignature.Verify(
        Id, Headers[WebhookSignature.TimestampHeader], Headers[WebhookSignature.SignatureHeader], Body, secret, time.GetUtcNow());
}
