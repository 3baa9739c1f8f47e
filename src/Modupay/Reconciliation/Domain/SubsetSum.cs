namespace Modupay.Reconciliation;

/// <summary>Which of several amounts add up to one. Bounded, and it finds nothing rather than one of two answers.</summary>
internal static class SubsetSum
{
    private const int MostSteps = 200_000;

    internal enum Kind { None, Unique, Ambiguous }

    internal readonly record struct Answer(Kind Kind, IReadOnlyList<int> Places);

    /// <param name="amounts">All of one sign, none zero.</param>
    /// <returns>The places of the only amounts that do. A search that takes too long counts as ambiguous: what was not looked at might be a second answer.</returns>
    public static Answer Find(IReadOnlyList<long> amounts, long target)
    {
        // From the largest down, the rest is soon too small to reach the target, and whole branches fall away.
        var order = Enumerable.Range(0, amounts.Count).OrderByDescending(place => Math.Abs(amounts[place])).ThenBy(place => place).ToArray();
        var rest = new Int128[order.Length + 1];
        for (var i = order.Length - 1; i >= 0; i--) rest[i] = rest[i + 1] + Math.Abs(amounts[order[i]]);

        List<int>? found = null;
        var chosen = new List<int>();
        var (steps, many) = (0, false);
        Search(0, Int128.Abs(target));
        if (many || steps > MostSteps) return new(Kind.Ambiguous, []);
        return found is null ? new(Kind.None, []) : new(Kind.Unique, found);

        void Search(int from, Int128 missing)
        {
            if (missing == 0)
            {
                if (found is not null) many = true;
                found ??= [.. chosen.Order()];
                return;
            }
            for (var i = from; i < order.Length && rest[i] >= missing && !many && ++steps <= MostSteps; i++)
            {
                var amount = Math.Abs(amounts[order[i]]);
                if (amount > missing) continue;
                chosen.Add(order[i]);
                Search(i + 1, missing - amount);
                chosen.RemoveAt(chosen.Count - 1);
            }
        }
    }
}
