using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Modupay.Local.Cloud;

internal sealed record SesOptions(string Folder)
{
    /// <summary>One line for each letter: where it was put, and never what it says or whom it is for.</summary>
    public Action<string> Log { get; init; } = static _ => { };

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>A letter that would have left.</summary>
internal sealed record KeptMail(string From, string To, string Subject, string Text, string Html);

/// <summary>Amazon SES on loopback, as far as <c>SendEmail</c> of its second API goes. Letters are kept in a folder instead of being sent.</summary>
internal sealed class SesStandIn : IAsyncDisposable
{
    private readonly SesOptions _options;
    private readonly ConcurrentQueue<KeptMail> _kept = new();
    private LoopbackServer _server = null!;
    private int _count;

    private SesStandIn(SesOptions options) => _options = options;

    public string Url => _server.Url;

    /// <summary>What was sent since the start, oldest first.</summary>
    public IReadOnlyList<KeptMail> Kept => [.. _kept];

    public static async Task<SesStandIn> StartAsync(SesOptions options, CancellationToken ct)
    {
        var ses = new SesStandIn(options);
        ses._server = await LoopbackServer.StartAsync(0, "the local mail service", ses.AnswerAsync, ct);
        return ses;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, CancellationToken ct)
    {
        var (status, answer) = await HandleAsync(context.Request, ct);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        if (status != 200) context.Response.Headers["x-amzn-ErrorType"] = (string?)answer["__type"];
        await context.Response.WriteAsync(answer.ToJsonString(), ct);
    }

    private async Task<(int Status, JsonObject Answer)> HandleAsync(HttpRequest request, CancellationToken ct)
    {
        if (!HttpMethods.IsPost(request.Method) || request.Path != "/v2/email/outbound-emails") return Refuse("NotFoundException", $"{request.Method} {request.Path} is not an operation of the local SES.");
        KeptMail mail;
        try
        {
            mail = Read(await JsonNode.ParseAsync(request.Body, cancellationToken: ct));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            return Refuse("BadRequestException", "The body is not a simple letter to one address.");
        }
        if (!mail.To.Contains('@', StringComparison.Ordinal) || mail.Subject.Any(char.IsControl)) return Refuse("BadRequestException", "The address or the subject is not one.");
        await KeepAsync(mail, ct);
        return (200, new() { ["MessageId"] = $"local-{_count:000000}" });
    }

    private static KeptMail Read(JsonNode? body)
    {
        var content = body!["Content"]!["Simple"]!;
        if (body["Destination"]!["ToAddresses"] is not JsonArray { Count: 1 } to) throw new FormatException("One address.");
        return new((string)body["FromEmailAddress"]!, (string)to[0]!, (string)content["Subject"]!["Data"]!, (string)content["Body"]!["Text"]!["Data"]!, (string)content["Body"]!["Html"]!["Data"]!);
    }

    private async Task KeepAsync(KeptMail mail, CancellationToken ct)
    {
        var name = $"{_options.Clock.GetUtcNow():yyyyMMdd'T'HHmmss}-{Interlocked.Increment(ref _count):000}";
        var path = Path.Combine(_options.Folder, name + ".txt");
        await PrivateFile.WriteAsync(path, $"From: {mail.From}\nTo: {mail.To}\nSubject: {mail.Subject}\n\n{mail.Text}\n", ct);
        await PrivateFile.WriteAsync(Path.ChangeExtension(path, ".html"), mail.Html, ct);
        _kept.Enqueue(mail);
        _options.Log($"A mail was put into {path}");
    }

    private static (int Status, JsonObject Answer) Refuse(string type, string message) => (400, new() { ["__type"] = type, ["message"] = message });
}
