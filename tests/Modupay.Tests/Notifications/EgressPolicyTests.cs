using System.Net;
using Modupay.Notifications.Delivery;
using Xunit;

namespace Modupay.Tests.Notifications;

public sealed class EgressPolicyTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.170.2")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.192")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.7")]
    [InlineData("203.0.113.7")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.250")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("3fff::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void An_address_that_is_not_public_is_not_reached(string address) => Assert.False(PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450:4007::200e")]
    public void A_public_address_is_reached(string address) => Assert.True(PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://erp.example.com/hooks?a=b")]
    [InlineData("https://erp.example.com:8443/hooks")]
    [InlineData("https://erp.example.com:80/hooks")]
    [InlineData("https://1.1.1.1/hooks")]
    [InlineData("https://[2606:4700:4700::1111]/hooks")]
    [InlineData("http://receiver.internal:9000/hooks")] // allowed by name and port
    [InlineData("https://bücher.example/hooks")]
    public void An_address_on_the_internet_may_be_registered(string url) => Assert.Null(Policy.Parse(url).Problem);

    [Theory]
    [InlineData("")]
    [InlineData("/hooks")]
    [InlineData("erp.example.com")]
    [InlineData("ftp://erp.example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://erp.example.com/")]
    [InlineData("https://user:word@erp.example.com/")]
    [InlineData("https://user@erp.example.com/")]
    [InlineData("https://erp.example.com/#part")]
    [InlineData("https://erp.example.com:22/")]
    [InlineData("https://erp.example.com:5432/")]
    [InlineData("https://localhost/")]
    [InlineData("https://LOCALHOST./")]
    [InlineData("https://api.localhost/")]
    [InlineData("https://printer.local/")]
    [InlineData("https://metadata.google.internal/")]
    [InlineData("https://intranet/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://127.1/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f.0.0.1/")]
    [InlineData("https://0177.0.0.1/")]
    [InlineData("https://169.254.169.254/latest/meta-data/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:169.254.169.254]/")]
    [InlineData("https://[fe80::1%25eth0]/")]
    [InlineData("http://receiver.internal:9001/hooks")] // another port than the allowed one
    public void Any_other_address_may_not(string url) => Assert.Equal("url_not_allowed", Policy.Parse(url).Problem?.Error.Code);

    [Fact]
    public void A_very_long_address_may_not() => Assert.Equal("url_not_allowed", Policy.Parse("https://erp.example.com/" + new string('a', 2000)).Problem?.Error.Code);

    private static EgressPolicy Policy => new(new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "receiver.internal:9000" });
}
