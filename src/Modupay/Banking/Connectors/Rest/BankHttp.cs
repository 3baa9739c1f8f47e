using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Modupay.Banking.Connectors.Signing;

namespace Modupay.Banking.Connectors.Rest;

/// <summary>Signs and sends one request, and says what became of it. Where it cannot tell whether the bank got it, it says so.</summary>
internal sealed class BankHttp(HttpClient client, RestConfiguration configuration, SecretReferences secrets, TimeProvider time, ILogger log)
{
    private const int MaxAnswerBytes = 1024 * 1024;
    private static readonly TimeSpan SignatureLasts = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan WhileSecretsFail = TimeSpan.FromSeconds(15);

    /// <summary>One for the whole process: connections are shared by all banks' connectors and renewed, so that a bank may move its address.</summary>
    public static HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, // A redirected order is an order at somebody we have not chosen.
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        ActivityHeadersPropagator = null, // The trace id is sent by hand; baggage is nobody's business at a bank.
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // Each connector has its own.
        MaxResponseContentBufferSize = MaxAnswerBytes,
        DefaultRequestVersion = HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    public Task<Exchange> SubmitAsync(SliceId slice, byte[] body, CancellationToken ct) => ExchangeAsync(() => new HttpRequestMessage(HttpMethod.Post, Address(""))
    {
        // The slice's own id: however often it is sent, it is the same request to the bank.
        Headers = { { "X-Request-ID", slice.Value.ToString("D") }, { "Idempotency-Key", $"\"{slice}\"" } },
        Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
    }, body, ct);

    public Task<Exchange> LookUpAsync(string endToEndId, CancellationToken ct) => AskAsync("?endToEndIdentification=" + Uri.EscapeDataString(endToEndId), ct);

    public Task<Exchange> StatusAsync(string paymentId, CancellationToken ct) => AskAsync($"/{Uri.EscapeDataString(paymentId)}/status", ct);

    private Task<Exchange> AskAsync(string rest, CancellationToken ct) => ExchangeAsync(() => new HttpRequestMessage(HttpMethod.Get, Address(rest))
    {
        Headers = { { "X-Request-ID", Guid.CreateVersion7(time.GetUtcNow()).ToString("D") } },
    }, [], ct);

    private Uri Address(string rest) => new($"{configuration.BaseUrl.AbsoluteUri.TrimEnd('/')}/v1/payments/{configuration.Product}{rest}");

    private async Task<Exchange> ExchangeAsync(Func<HttpRequestMessage> create, byte[] body, CancellationToken ct)
    {
        if (await KeyAsync(async token => await secrets.ResolveAsync(configuration.HmacSecret, token), ct) is not var (secret, key))
            return new Exchange.NotReached("The signing secret cannot be read.", WhileSecretsFail);

        var exchange = await SendSignedAsync(create, body, key, ct);
        if (exchange is not Exchange.Answered { Status: 401 }) return exchange;

        // A bank that refuses the signature has not looked at the order. If the secret was rotated meanwhile, the new one is worth one more try.
        return await KeyAsync(token => secrets.RefreshAsync(configuration.HmacSecret, secret, token), ct) is var (_, renewed) ? await SendSignedAsync(create, body, renewed, ct) : exchange;
    }

    private async Task<Exchange> SendSignedAsync(Func<HttpRequestMessage> create, byte[] body, SignatureKey key, CancellationToken ct)
    {
        using var request = create();
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } traceParent }) request.Headers.Add("traceparent", traceParent);
        HttpSignature.Sign(request, body, key, time.GetUtcNow(), SignatureLasts);

        using var deadline = new CancellationTokenSource(configuration.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
            var content = await response.Content.ReadAsByteArrayAsync(either.Token);
            return new Exchange.Answered((int)response.StatusCode, content, RetryAfter(response.Headers.RetryAfter));
        }
        catch (HttpRequestException failure) when (failure.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError)
        {
            return new Exchange.NotReached($"No connection ({failure.HttpRequestError}).", TimeSpan.Zero);
        }
        catch (HttpRequestException failure)
        {
            return new Exchange.Silent($"The connection was lost ({failure.HttpRequestError}).");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Neither the caller nor our deadline ended it, so it was the handler's own limit for connecting.
            return deadline.IsCancellationRequested
                ? new Exchange.Silent($"No answer within {configuration.Timeout.TotalSeconds:0.#} s.")
                : new Exchange.NotReached("No connection in time.", TimeSpan.Zero);
        }
    }

    /// <summary>Without the secret nothing can be sent, whatever the reason; that is an answer to the dispatcher and an error to us.</summary>
    private async Task<(string Secret, SignatureKey Key)?> KeyAsync(Func<CancellationToken, Task<string?>> get, CancellationToken ct)
    {
        try
        {
            return await get(ct) is { } secret ? (secret, SignatureKey.Of(configuration.KeyId, secret)) : null;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            log.LogError(failure, "The signing secret {Secret} cannot be read.", configuration.HmacSecret);
            return null;
        }
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) => header switch
    {
        { Delta: { } wait } => wait,
        { Date: { } at } when at > time.GetUtcNow() => at - time.GetUtcNow(),
        _ => null,
    };
}
