using Modupay.Http;

namespace Modupay.Tests.Http;

public class ClientAddressTests
{
    [Theory]
    [InlineData("203.0.113.7", 1, "203.0.113.7")]
    [InlineData("10.0.0.1, 203.0.113.7", 1, "203.0.113.7")]
    [InlineData("10.0.0.1, 203.0.113.7, 70.0.0.1", 2, "203.0.113.7")]
    [InlineData("203.0.113.7", 2, null)]
    [InlineData("", 1, null)]
    [InlineData("unknown", 1, null)]
    [InlineData("203.0.113.7, 2001:db8::1", 1, "2001:db8::1")]
    [InlineData("::ffff:203.0.113.7", 1, "203.0.113.7")]
    public void Only_what_our_own_proxies_wrote_is_believed(string forwarded, int proxies, string? expected) =>
        Assert.Equal(expected, ClientAddress.FromHeader(forwarded, proxies)?.ToString());
}
