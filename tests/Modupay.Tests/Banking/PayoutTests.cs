using Modupay.Banking.Payouts;
using Modupay.Formats;
using Modupay.Kernel;

namespace Modupay.Tests.Banking;

public sealed class PayoutTests
{
    private static readonly Currency Eur = Currency.Known("EUR");

    [Fact]
    public void Is_cut_into_slices_no_larger_than_the_account_may_order()
    {
        var payout = Create(2_500_001, limit: 1_000_000);
        Assert.Equal([1_000_000, 1_000_000, 500_001], payout.Slices.Select(slice => slice.Amount.Minor));
        Assert.Equal([1, 2, 3], payout.Slices.Select(slice => slice.Number));
    }

    [Fact]
    public void Gives_every_order_a_creditor_reference_of_its_own()
    {
        var payout = Create(3_000_000, limit: 1_000_000);
        var references = payout.Slices.Select(slice => slice.EndToEndId).Append(payout.Reference).ToList();
        Assert.Equal(4, references.Distinct().Count());
        Assert.All(references, reference => Assert.True(RfReference.IsValid(reference), reference));
        Assert.All(references, reference => Assert.InRange(reference.Length, 5, 25));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Of_nothing_is_refused(long minor) =>
        Assert.Equal(Errors.AmountNotPositive, Payout.Create(Guid.Empty, new Money(minor, Eur), new Money(1, Eur), null, new ManualTime()).Problem?.Error);

    [Fact]
    public void In_another_currency_than_the_account_is_refused() =>
        Assert.Equal(Errors.CurrencyMismatch, Payout.Create(Guid.Empty, new Money(1, Currency.Known("XOF")), new Money(1, Eur), null, new ManualTime()).Problem?.Error);

    [Fact]
    public void Needing_a_thousand_orders_is_refused()
    {
        Assert.Equal(999, Create(999, limit: 1).Slices.Count);
        Assert.Equal(Errors.PayoutTooManySlices, Payout.Create(Guid.Empty, new Money(1000, Eur), new Money(1, Eur), null, new ManualTime()).Problem?.Error);
        Assert.Equal(Errors.PayoutTooManySlices, Payout.Create(Guid.Empty, new Money(long.MaxValue, Eur), new Money(1, Eur), null, new ManualTime()).Problem?.Error);
    }

    [Theory]
    [InlineData("settled settled settled", "settled")]
    [InlineData("settled failed settled", "partially_settled")]
    [InlineData("failed failed failed", "failed")]
    [InlineData("settled sent settled", "processing")]
    [InlineData("settled in_doubt failed", "processing")]
    public void Ends_when_its_last_slice_does(string states, string expected)
    {
        var payout = Create(3, limit: 1).Approve().Value.Start().Value;
        var slices = payout.Slices.Zip(states.Split(' '), (slice, state) => slice with { State = SliceStates.Parse(state) }).ToList();
        Assert.Equal(expected, PayoutStates.Text(payout.Conclude(slices).State));
    }

    [Theory]
    [InlineData("settled", "settled returned settled", "partially_settled")]
    [InlineData("settled", "returned returned returned", "failed")]
    [InlineData("failed", "settled settled settled", "settled")]
    [InlineData("processing", "settled returned sent", "processing")]
    [InlineData("canceled", "returned returned returned", "canceled")]
    public void Ends_anew_when_money_comes_back_or_does_not_after_all(string before, string states, string after)
    {
        var payout = Create(3, limit: 1) with { State = PayoutStates.Parse(before) };
        var slices = payout.Slices.Zip(states.Split(' '), (slice, state) => slice with { State = SliceStates.Parse(state) }).ToList();
        Assert.Equal(after, PayoutStates.Text(payout.Reconsider(slices).State));
    }

    /// <summary>Every state and every verb, so that a change of what may happen shows in review.</summary>
    [Fact]
    public void Moves_only_as_it_is_drawn() => Approved.Matches(string.Join('\n', Enum.GetValues<PayoutState>().Select(state =>
    {
        var payout = Create(1, limit: 1) with { State = state };
        return $"{PayoutStates.Text(state),-18} approve: {Show(payout.Approve())} start: {Show(payout.Start())} cancel: {Show(payout.Cancel())} reopen: {Show(payout.Reopen(payout.Slices))}".TrimEnd();
    })), "payout-moves.approved.txt");

    private static string Show(Result<Payout> result) => (result.Problem is null ? PayoutStates.Text(result.Value.State) : "refused").PadRight(11);

    private static Payout Create(long minor, long limit) => Payout.Create(Guid.Empty, new Money(minor, Eur), new Money(limit, Eur), null, new ManualTime()).Value;
}
