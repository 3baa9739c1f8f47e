using System.Net;
using System.Net.Sockets;

namespace Modupay.Notifications.Delivery;

/// <summary>
/// Where our requests may go when a customer chooses the address: the public internet. Without this, an endpoint's address could make us read
/// the network we run in (server-side request forgery). A name is judged by the addresses it resolves to at the moment of connecting, and the
/// connection goes to those very addresses, so that a name cannot change its mind in between.
/// </summary>
/// <param name="allowed">Exceptions as <c>host:port</c>, for receivers on the own network.</param>
internal sealed class EgressPolicy(IReadOnlySet<string> allowed)
{
    private const int MaxUrlLength = 2000;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A pooled connection was judged when it was made; it must not outlive a change of address for long.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    private static readonly string[] PrivateDomains = [".localhost", ".local", ".internal", ".home.arpa"];

    /// <summary>What can be refused by looking at the address alone. Also asked before each request: the exceptions may have changed.</summary>
    public Result<Uri> Parse(string text)
    {
        if (text.Length > MaxUrlLength || !Uri.TryCreate(text, UriKind.Absolute, out var url)) return Refused($"Not an absolute URL of at most {MaxUrlLength} characters.");
        if (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp) return Refused("Only https addresses receive webhooks.");
        if (url.UserInfo.Length > 0) return Refused("Credentials do not belong in a URL; the signature shows who is calling.");
        if (url.Fragment.Length > 0) return Refused("A fragment is never sent to a server.");
        if (IsException(url.IdnHost, url.Port)) return url;

        if (url.Scheme != Uri.UriSchemeHttps) return Refused("Only https addresses receive webhooks.");
        if (url.Port is not (443 or 80 or 8443)) return Refused("The port is one of 443, 8443 and 80.");
        var host = url.IdnHost.TrimEnd('.');
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address) ? !PublicAddress.Is(address) : IsPrivateName(host)) return Refused("The host is not on the public internet.");
        return url;
    }

    public SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        // Our trace ids are in the payload; headers of our own plumbing stay home.
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = 16 * 1024,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        ConnectCallback = (context, ct) => ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, ct),
    };

    private async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken ct)
    {
        var addresses = await Dns.GetHostAddressesAsync(host, ct);
        // One private address among public ones is no accident, so the name is refused as a whole.
        if (!IsException(host, port) && !addresses.All(PublicAddress.Is)) throw new EgressRefusedException($"{host} is not on the public internet.");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsException(string host, int port) => allowed.Contains($"{host}:{port}");

    /// <summary>Also every name without a dot: the public internet has none, search domains do.</summary>
    private static bool IsPrivateName(string host) => !host.Contains('.') || Array.Exists(PrivateDomains, domain => host.EndsWith(domain, StringComparison.OrdinalIgnoreCase));

    private static Problem Refused(string why) => new(Errors.UrlNotAllowed, why, [new("url", Errors.UrlNotAllowed.Code, why)]);
}

internal sealed class EgressRefusedException(string message) : IOException(message);
