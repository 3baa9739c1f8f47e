using System.Collections.Immutable;
using Modupay.Local.Cloud;

namespace Modupay.Tests.Local.Cloud;

public sealed class SecretTests
{
    private readonly Secret _secret = new Secret("s", "arn", "", DateTimeOffset.UnixEpoch, []).With(Version("v1", Secret.Current)).With(Version("v2", Secret.Current));

    [Fact]
    public void The_previous_label_follows_the_current_one()
    {
        Assert.Equal(("v2", "v1"), (_secret.Staged(Secret.Current)!.Id, _secret.Staged(Secret.Previous)!.Id));

        var third = _secret.With(Version("v3", Secret.Current));

        Assert.Equal(("v3", "v2"), (third.Staged(Secret.Current)!.Id, third.Staged(Secret.Previous)!.Id));
        Assert.Empty(third.Version("v1")!.Stages);
    }

    [Fact]
    public void Going_back_swaps_the_two()
    {
        var back = _secret.Move(Secret.Current, "v1");

        Assert.Equal(("v1", "v2"), (back.Staged(Secret.Current)!.Id, back.Staged(Secret.Previous)!.Id));
    }

    [Fact]
    public void Moving_a_label_to_where_it_is_changes_nothing() => Assert.Same(_secret, _secret.Move(Secret.Current, "v2"));

    private static SecretVersion Version(string id, params ImmutableSortedSet<string> stages) => new(id, id, null, DateTimeOffset.UnixEpoch, stages);
}
