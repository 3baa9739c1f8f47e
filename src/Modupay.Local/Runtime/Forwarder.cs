using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Modupay.Local.Runtime;

/// <summary>Carries one request to the HTTP function and its answer back, without holding either body in memory.</summary>
internal sealed class Forwarder(Func<Uri?> addressOf, HttpFrontOptions options) : IDisposable
{
    // These belong to one connection and are set anew on the next (RFC 9110, section 7.6.1).
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
    };

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        // As Kestrel has read them: what one side lets through must not break the other.
        RequestHeaderEncodingSelector = static (_, _) => System.Text.Encoding.UTF8,
        ConnectTimeout = TimeSpan.FromSeconds(2),
    });

    public async Task HandleAsync(HttpContext http)
    {
        if (http.Request.ContentLength > options.MaxBodyBytes)
        {
            await RefuseAsync(http, StatusCodes.Status413PayloadTooLarge, "Request Entity Too Large");
            return;
        }

        if (addressOf() is not { } address)
        {
            await RefuseAsync(http, StatusCodes.Status503ServiceUnavailable, "Service Unavailable");
            return;
        }

        await using var body = new CallersBody(http.Request.Body);
        using var limit = new CancellationTokenSource(options.Timeout);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, limit.Token);
        try
        {
            await ForwardAsync(http, address, body, leave.Token);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            http.Abort();
        }
        catch (OperationCanceledException)
        {
            await RefuseAsync(http, StatusCodes.Status504GatewayTimeout, "Endpoint request timed out");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            if (body.Fault is { } fault) await RefuseAsync(http, fault, fault == StatusCodes.Status413PayloadTooLarge ? "Request Entity Too Large" : "Bad Request");
            // The function's process ended, before or while it answered.
            else await RefuseAsync(http, StatusCodes.Status503ServiceUnavailable, "Service Unavailable");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task ForwardAsync(HttpContext http, Uri address, CallersBody body, CancellationToken ct)
    {
        using var request = RequestFor(http, address, body);
        using var answer = await _http.SendAsync(request, ct);
        http.Response.StatusCode = (int)answer.StatusCode;
        CopyHeaders(answer.Headers.NonValidated, http.Response.Headers);
        CopyHeaders(answer.Content.Headers.NonValidated, http.Response.Headers);
        await answer.Content.CopyToAsync(http.Response.Body, ct);
    }

    private static HttpRequestMessage RequestFor(HttpContext http, Uri address, CallersBody body)
    {
        var from = http.Request;
        // Put together as text: as a reference, //elsewhere/v1 would be another host.
        var target = new Uri(string.Concat(address.GetLeftPart(UriPartial.Authority), from.PathBase.ToUriComponent(), from.Path.ToUriComponent(), from.QueryString.ToUriComponent()));
        var request = new HttpRequestMessage(HttpMethod.Parse(from.Method), target);
        if (from.ContentLength > 0 || from.Headers.TransferEncoding.Count > 0) request.Content = new StreamContent(body);
        foreach (var (name, values) in from.Headers)
        {
            // What the gateway says about the caller must come from the gateway.
            if (HopByHop.Contains(name) || name.StartsWith("x-amzn-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)) request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        var client = http.Connection.RemoteIpAddress?.ToString() ?? "";
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", from.Headers.TryGetValue("X-Forwarded-For", out var earlier) ? $"{earlier}, {client}" : client);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", from.Scheme);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Port", http.Connection.LocalPort.ToString());
        request.Headers.TryAddWithoutValidation("x-amzn-request-context", GatewayContext.Describe(http, client));
        return request;
    }

    private static void CopyHeaders(System.Net.Http.Headers.HttpHeadersNonValidated from, IHeaderDictionary to)
    {
        foreach (var (name, values) in from)
            if (!HopByHop.Contains(name)) to[name] = values.Count == 1 ? values.First() : new StringValues([.. values]);
    }

    private static async Task RefuseAsync(HttpContext http, int status, string message)
    {
        // Half an answer cannot be taken back; a broken connection at least tells the caller so.
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        http.Response.Clear();
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync($$"""{"message":"{{message}}"}""", http.RequestAborted);
    }
}
