using System.Net;
using Modupay.Tenancy;

namespace Modupay.Tests.Tenancy;

public class PermissionTests
{
    [Fact]
    public void Every_permission_but_the_one_everybody_has_has_a_name() =>
        Assert.Equal(Enum.GetValues<Permission>().Where(permission => permission != Permission.Self), PermissionNames.All.Select(named => named.Value));

    [Fact]
    public void What_each_role_may_is_what_was_approved()
    {
        var lines = Enum.GetValues<Role>().SelectMany(role => new[] { false, true }.Select(live =>
            $"{Roles.Name(role),-16}{(live ? "live" : "test")}  {string.Join(' ', Roles.Of(role, live).Names)}".TrimEnd()));
        Approved.Matches(string.Join('\n', [.. lines,
            $"{"in departments",-22}{string.Join(' ', Roles.InDepartments.Names)}", $"{"key at most",-22}{string.Join(' ', Roles.ForKeys.Names)}", $"{"key by default",-22}{string.Join(' ', Roles.Integration.Names)}"]),
            "roles.approved.txt");
    }

    [Fact]
    public void A_developer_may_nothing_in_live_mode() => Assert.Equal(Permissions.None, Roles.Of(Role.Developer, live: true));

    [Fact]
    public void A_viewer_may_change_nothing() =>
        Assert.All(Roles.Of(Role.Viewer, live: true).Names, name => Assert.EndsWith(":read", name, StringComparison.Ordinal));

    [Fact]
    public void Sets_are_what_their_names_say()
    {
        foreach (var named in PermissionNames.All)
        {
            var one = PermissionNames.Of([named.Key]);
            Assert.Equal([named.Key], one.Names);
            Assert.True(one.Has(named.Value));
            Assert.True(Permissions.All.Includes(one));
            Assert.False((Permissions.All - one).Has(named.Value));
            Assert.False((Permissions.All - one).Includes(one));
        }
        Assert.Equal(Permissions.None, PermissionNames.Of(["payouts:all", ""]));
    }

    [Theory]
    [InlineData("203.0.113.0/24", "203.0.113.0/24")]
    [InlineData("203.0.113.7", "203.0.113.7/32")]
    [InlineData("2001:db8::/32", "2001:db8::/32")]
    [InlineData("2001:db8::1", "2001:db8::1/128")]
    [InlineData("203.0.113.7/24", "203.0.113.0/24")]
    [InlineData("203.0.113.0/33", null)]
    [InlineData("example.org", null)]
    [InlineData("", null)]
    public void Networks_are_kept_in_one_form(string sent, string? kept) => Assert.Equal(kept, NetworkRanges.Canonical(sent));

    [Theory]
    [InlineData("203.0.113.200", true)]
    [InlineData("203.0.114.1", false)]
    [InlineData("2001:db8::99", true)]
    [InlineData(null, false)]
    public void A_key_with_networks_works_only_inside_them(string? address, bool allowed) =>
        Assert.Equal(allowed, NetworkRanges.Of(["203.0.113.0/24", "2001:db8::/32"]).Allow(address is null ? null : IPAddress.Parse(address)));
}
