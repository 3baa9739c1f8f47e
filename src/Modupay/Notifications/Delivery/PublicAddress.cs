using System.Net;
using System.Net.Sockets;

namespace Modupay.Notifications.Delivery;

/// <summary>Tells addresses of the public internet from all others, after IANA's special-purpose registries. What is not known to be public is not.</summary>
internal static class PublicAddress
{
    private static readonly IPNetwork[] SpecialIPv4 =
    [
        IPNetwork.Parse("0.0.0.0/8"), // this network
        IPNetwork.Parse("10.0.0.0/8"), // private
        IPNetwork.Parse("100.64.0.0/10"), // shared by carriers (CGNAT); also Alibaba's metadata
        IPNetwork.Parse("127.0.0.0/8"), // loopback
        IPNetwork.Parse("168.63.129.16/32"), // Azure's metadata and DNS, a public address by its looks
        IPNetwork.Parse("169.254.0.0/16"), // link-local: metadata of AWS, Google, Azure; task credentials of ECS; Lambda's own
        IPNetwork.Parse("172.16.0.0/12"), // private
        IPNetwork.Parse("192.0.0.0/24"), // protocol assignments; also Oracle's metadata
        IPNetwork.Parse("192.0.2.0/24"), // documentation
        IPNetwork.Parse("192.88.99.0/24"), // 6to4 relays
        IPNetwork.Parse("192.168.0.0/16"), // private
        IPNetwork.Parse("198.18.0.0/15"), // benchmarks
        IPNetwork.Parse("198.51.100.0/24"), // documentation
        IPNetwork.Parse("203.0.113.0/24"), // documentation
        IPNetwork.Parse("224.0.0.0/4"), // multicast
        IPNetwork.Parse("240.0.0.0/4"), // reserved, broadcast
    ];

    /// <summary>Everything public lies in here; loopback, link-local, unique local (fd00:ec2::254), multicast, mapped and NAT64 do not.</summary>
    private static readonly IPNetwork GlobalIPv6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] SpecialIPv6 =
    [
        IPNetwork.Parse("2001::/23"), // protocol assignments; Teredo carries an IPv4 address of the sender's choice
        IPNetwork.Parse("2001:db8::/32"), // documentation
        IPNetwork.Parse("2002::/16"), // 6to4 carries an IPv4 address of the sender's choice
        IPNetwork.Parse("3fff::/20"), // documentation
    ];

    public static bool Is(IPAddress address) => address switch
    {
        // The same host written differently: it is judged as what the socket would connect to.
        { IsIPv4MappedToIPv6: true } => Is(address.MapToIPv4()),
        { AddressFamily: AddressFamily.InterNetwork } => !Array.Exists(SpecialIPv4, network => network.Contains(address)),
        { AddressFamily: AddressFamily.InterNetworkV6 } => GlobalIPv6.Contains(address) && !Array.Exists(SpecialIPv6, network => network.Contains(address)),
        _ => false,
    };
}
