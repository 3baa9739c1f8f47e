using System.Net;

namespace Modupay.Tenancy;

/// <summary>The networks a key may be used from. None means any; an address that is not known is inside none.</summary>
internal sealed class NetworkRanges
{
    private readonly IPNetwork[] _networks;

    private NetworkRanges(IPNetwork[] networks) => _networks = networks;

    public static NetworkRanges Of(IEnumerable<string> stored) => new([.. stored.Select(text => IPNetwork.Parse(text))]);

    /// <summary>A network in CIDR notation, or one address, in the form that is stored: the bits beyond the prefix are zero.</summary>
    public static string? Canonical(string text)
    {
        if (IPNetwork.TryParse(text, out var network)) return network.ToString();
        return IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8).ToString() : null;
    }

    public bool Allow(IPAddress? address) => _networks.Length == 0 || (address is not null && _networks.Any(network => network.Contains(address)));
}
