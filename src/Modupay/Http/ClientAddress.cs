using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Modupay.Http;

/// <summary>
/// From where a request comes. Each proxy we run appends the address it was called from to X-Forwarded-For, so the caller is as many places from
/// the right as there are proxies; whatever stands to the left of that was written by the caller and is worth nothing. CloudFront is one more
/// where it proved that it was there.
/// </summary>
internal static class ClientAddress
{
    public static IPAddress? Of(HttpContext context)
    {
        var proxies = context.RequestServices.GetRequiredService<Settings>().TrustedProxies;
        if (proxies == 0) return Normal(context.Connection.RemoteIpAddress);
        return FromHeader(context.Request.Headers["X-Forwarded-For"].ToString(), context.Features.Get<EdgeProof.Proven>() is null ? proxies : proxies + 1);
    }

    /// <summary>What is counted as one caller: whoever has an IPv6 line has 2^64 addresses of it.</summary>
    public static string Network(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return Convert.ToHexString(bytes.Length == 4 ? bytes : bytes.AsSpan(0, 8));
    }

    internal static IPAddress? FromHeader(string forwarded, int proxies)
    {
        var addresses = forwarded.Split(',', StringSplitOptions.TrimEntries);
        return addresses.Length >= proxies && IPAddress.TryParse(addresses[^proxies], out var address) ? Normal(address) : null;
    }

    private static IPAddress? Normal(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
