using Modupay.Local.Runtime;
using Xunit;

namespace Modupay.Tests.Local.Runtime;

public sealed class ChaosTests
{
    [Fact]
    public void The_same_seed_makes_the_same_trouble()
    {
        Assert.Equal(Trouble(seed: 7), Trouble(seed: 7));
        Assert.NotEqual(Trouble(seed: 7), Trouble(seed: 8));
    }

    [Fact]
    public void A_share_of_first_deliveries_is_repeated_and_no_later_one()
    {
        var chaos = new Chaos(seed: 1, redeliveredShare: 0.2);

        Assert.InRange(Enumerable.Range(0, 1000).Count(_ => chaos.DeliversAgain(receives: 1)), 150, 250);
        Assert.Equal(0, Enumerable.Range(0, 1000).Count(_ => chaos.DeliversAgain(receives: 2)));
    }

    [Fact]
    public void A_reordered_batch_has_the_same_messages()
    {
        var batch = Enumerable.Range(0, 10).ToArray();

        var shuffled = new Chaos(seed: 1).Shuffle(batch);

        Assert.NotEqual(batch, shuffled);
        Assert.Equal(batch, shuffled.Order());
    }

    private static string Trouble(int seed)
    {
        var chaos = new Chaos(seed);
        return string.Concat(Enumerable.Range(0, 50).Select(_ => chaos.DeliversAgain(receives: 1) ? '!' : '.')) + string.Join(',', chaos.Shuffle(Enumerable.Range(0, 10).ToArray()));
    }
}
