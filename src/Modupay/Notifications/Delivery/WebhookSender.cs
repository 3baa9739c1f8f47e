using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Modupay.Notifications.Delivery;

/// <summary>What one POST carries. The id is the event's, the same in every attempt, so that a receiver recognises a repetition.</summary>
internal sealed record WebhookRequest(string Url, string EventId, byte[] Payload, IReadOnlyList<WebhookSecret> Secrets, bool XSignature);

/// <summary>How one POST ended: with a status and the beginning of the answer, or with our word for why there was none.</summary>
internal sealed record WebhookAnswer(int? Status, string? Excerpt, string? Failure, TimeSpan? RetryAfter, TimeSpan Duration)
{
    public bool Accepted => Status is >= 200 and < 300;

    /// <summary>The receiver says that it will never want this again.</summary>
    public bool Gone => Status == (int)HttpStatusCode.Gone;
}

/// <summary>Makes one attempt: signs, posts, and reports what happened. Nothing a receiver does is an exception here.</summary>
internal sealed class WebhookSender : IDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(15);

    private readonly EgressPolicy _egress;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly HttpClient _http;

    public WebhookSender(EgressPolicy egress, TimeProvider time, TimeSpan? timeout = null)
    {
        (_egress, _time, _timeout) = (egress, time, timeout ?? DefaultTimeout);
        _http = new HttpClient(egress.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Modupay-Webhooks", "1"));
    }

    public async Task<WebhookAnswer> PostAsync(WebhookRequest request, CancellationToken ct)
    {
        var start = _time.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_timeout);
        try
        {
            var url = _egress.Parse(request.Url);
            if (url.Problem is not null) return Failed("url_not_allowed");

            using var message = Message(url.Value, request);
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var excerpt = await ExcerptAsync(response.Content, limit.Token);
            return new((int)response.StatusCode, excerpt, null, RetryAfter(response), _time.GetElapsedTime(start));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Failed("timeout");
        }
        catch (HttpRequestException exception)
        {
            return Failed(NameOf(exception));
        }

        WebhookAnswer Failed(string failure) => new(null, null, failure, null, _time.GetElapsedTime(start));
    }

    private HttpRequestMessage Message(Uri url, WebhookRequest request)
    {
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds();
        var message = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(request.Payload) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        message.Headers.Add(WebhookSignature.IdHeader, request.EventId);
        message.Headers.Add(WebhookSignature.TimestampHeader, timestamp.ToString());
        message.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Sign(request.EventId, timestamp, request.Payload, request.Secrets));
        // This header has room for one signature only; the newest secret is the one that stays.
        if (request.XSignature) message.Headers.Add(WebhookSignature.XSignatureHeader, WebhookSignature.XSign(request.Payload, request.Secrets[0]));
        return message;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > _time.GetUtcNow() => date - _time.GetUtcNow(),
        _ => null,
    };

    /// <summary>The status is the answer; what follows it is read for people only, so an answer that breaks off half-way still counts.</summary>
    private static async Task<string?> ExcerptAsync(HttpContent content, CancellationToken ct)
    {
        var bytes = new byte[AnswerExcerpt.MaxBytes];
        var length = 0;
        try
        {
            await using var stream = await content.ReadAsStreamAsync(ct);
            length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException)
        {
            return null;
        }
        return AnswerExcerpt.Of(bytes.AsSpan(0, length));
    }

    private static string NameOf(HttpRequestException exception)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case EgressRefusedException: return "address_not_allowed";
                case AuthenticationException: return "tls";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }: return "name_not_found";
            }
        }
        return "connection";
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>The first characters of an answer, fit for a table and a screen: whole characters, none of them control characters.</summary>
internal static class AnswerExcerpt
{
    private const int MaxCharacters = 200;

    /// <summary>UTF-8 needs at most four bytes for a character.</summary>
    public const int MaxBytes = MaxCharacters * 4;

    public static string? Of(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(MaxCharacters);
        foreach (var rune in Encoding.UTF8.GetString(bytes).EnumerateRunes())
        {
            if (text.Length + rune.Utf16SequenceLength > MaxCharacters) break;
            text.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        }
        return text.Length > 0 ? text.ToString() : null;
    }
}
