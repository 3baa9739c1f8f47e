namespace Modupay.Local.Runtime;

/// <summary>
/// What SQS may always do and hardly ever does: deliver a finished message once more, and in another order. From one seed the same choices
/// follow, as far as the order of events allows.
/// </summary>
internal sealed class Chaos(int seed, double redeliveredShare = 0.2)
{
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();

    public IReadOnlyList<T> Shuffle<T>(IReadOnlyList<T> batch)
    {
        var shuffled = batch.ToArray();
        lock (_lock) _random.Shuffle(shuffled);
        return shuffled;
    }

    /// <summary>Only a first delivery is repeated, so that no message is driven towards the dead-letter queue by us alone.</summary>
    public bool DeliversAgain(int receives)
    {
        lock (_lock) return receives == 1 && _random.NextDouble() < redeliveredShare;
    }
}
