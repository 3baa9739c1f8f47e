namespace Modupay.Formats.Csv;

/// <summary>
/// A running balance proves the signs of the amounts: each balance is the one before plus the amount, in file order or, for newest-first
/// exports, the one after. Only an unbroken column proves anything.
/// </summary>
internal sealed class CsvBalances
{
    private long count;
    private bool broken;
    private bool forward = true;
    private bool backward = true;
    private (long Amount, long Balance, DateOnly? Day) first;
    private (long Amount, long Balance, DateOnly? Day) last;

    public void Break() => broken = true;

    public void Add(long amount, long balance, DateOnly? day)
    {
        if (count++ == 0)
        {
            first = last = (amount, balance, day);
            return;
        }

        forward &= (Int128)last.Balance + amount == balance;
        backward &= (Int128)balance + last.Amount == last.Balance;
        last = (amount, balance, day);
    }

    /// <summary>Opening and closing when the column proves them; a single row proves nothing about the order, and needs no order.</summary>
    public (Balance? Opening, Balance? Closing, bool? Proven) Result(string currency)
    {
        if (broken || count == 0) return default;
        if (!forward && !backward) return (null, null, false);
        var (oldest, newest) = forward ? (first, last) : (last, first);
        var before = (Int128)oldest.Balance - oldest.Amount;
        if (before > long.MaxValue || before < long.MinValue) return default;
        return (new Balance(BalanceKind.Opening, (long)before, currency, oldest.Day), new Balance(BalanceKind.Closing, newest.Balance, currency, newest.Day), true);
    }
}
