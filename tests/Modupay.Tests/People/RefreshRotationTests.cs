using Modupay.Kernel;
using Modupay.People;
using Modupay.Tenancy;

namespace Modupay.Tests.People;

public sealed class RefreshRotationTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Current = [1], Previous = [2], Older = [3];

    /// <summary>Every token of a family against every age of its last rotation.</summary>
    [Theory]
    [InlineData("current", 0, RefreshMove.Rotate)]
    [InlineData("current", 3600, RefreshMove.Rotate)]
    [InlineData("current", 7 * 86400 - 1, RefreshMove.Rotate)]
    [InlineData("current", 7 * 86400, RefreshMove.Expired)]
    [InlineData("previous", 0, RefreshMove.Repeat)]
    [InlineData("previous", 9, RefreshMove.Repeat)]
    [InlineData("previous", 10, RefreshMove.Reused)]
    [InlineData("previous", 7 * 86400, RefreshMove.Reused)]
    [InlineData("older", 0, RefreshMove.Reused)]
    [InlineData("older", 9, RefreshMove.Reused)]
    [InlineData("older", 3600, RefreshMove.Reused)]
    public void A_token_earns_what_its_place_in_the_family_earns(string token, int secondsSinceRotation, object move)
    {
        var family = new RefreshFamily(Current, Previous, Now.AddSeconds(-secondsSinceRotation), Now.AddDays(20), EndedAt: null);
        Assert.Equal(move, RefreshRotation.Decide(family, token switch { "current" => Current, "previous" => Previous, _ => Older }, Now));
    }

    [Fact]
    public void A_login_lasts_thirty_days_however_often_it_is_refreshed()
    {
        var family = new RefreshFamily(Current, null, Now.AddMinutes(-1), Now, EndedAt: null);
        Assert.Equal(RefreshMove.Expired, RefreshRotation.Decide(family, Current, Now));
        Assert.Equal(RefreshMove.Rotate, RefreshRotation.Decide(family, Current, Now.AddTicks(-1)));
    }

    [Fact]
    public void A_family_that_ended_answers_nobody()
    {
        var family = new RefreshFamily(Current, Previous, Now, Now.AddDays(1), EndedAt: Now);
        Assert.All([Current, Previous, Older], token => Assert.Equal(RefreshMove.Ended, RefreshRotation.Decide(family, token, Now)));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(5, 0)]
    [InlineData(6, 15)]
    [InlineData(7, 30)]
    [InlineData(8, 60)]
    [InlineData(13, 1920)]
    [InlineData(14, 3600)]
    [InlineData(int.MaxValue, 3600)]
    public void The_wait_of_an_account_doubles_up_to_an_hour(int failures, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), LockOut.Account.WaitAfter(failures));

    [Fact]
    public void An_address_may_fail_more_often_than_an_account() =>
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(15)), (LockOut.Address.WaitAfter(30), LockOut.Address.WaitAfter(31), LockOut.Address.WaitAfter(100)));

    [Theory]
    [InlineData("owner", "owner admin developer viewer")]
    [InlineData("admin", "admin developer viewer")]
    [InlineData("developer", "developer viewer")]
    [InlineData("viewer", "viewer")]
    [InlineData("operator", "operator operator_viewer")]
    [InlineData("operator_viewer", "operator_viewer")]
    public void Nobody_makes_anybody_more_than_himself(string own, string reached) =>
        Assert.Equal(reached.Split(' '), Enum.GetValues<Role>().Where(role => Grants.Reaches(Roles.Parse(own)!.Value, role)).Select(Roles.Name));

    [Fact]
    public void Roles_of_the_platform_are_given_on_the_platform_and_nowhere_else()
    {
        var organization = new OrganizationId(Guid.CreateVersion7(Now));
        Assert.Equal("unknown", Grants.Parse("operator", organization, Role.Owner).Problem!.Fields![0].Code);
        Assert.Equal("unknown", Grants.Parse("owner", PlatformOrganization.Id, Role.Operator).Problem!.Fields![0].Code);
        Assert.Equal("unknown", Grants.Parse("emperor", organization, Role.Owner).Problem!.Fields![0].Code);
        Assert.Equal("role_above_own", Grants.Parse("owner", organization, Role.Admin).Problem!.Error.Code);
        Assert.Equal(Role.Operator, Grants.Parse("operator", PlatformOrganization.Id, Role.Operator).Value);
    }
}
