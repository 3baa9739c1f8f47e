using Modupay.Banking.Payouts;
using Modupay.Kernel;

namespace Modupay.Tests.Banking;

public sealed class SliceTests
{
    private static readonly DateOnly Today = new(2026, 1, 2);

    [Fact]
    public void Settling_twice_is_refused_so_that_one_order_is_proven_by_one_line()
    {
        var settled = In(SliceState.Sent).Settle(Today, "B1").Value;
        Assert.Equal(Errors.SliceState, settled.Settle(Today, "B2").Problem?.Error);
    }

    [Fact]
    public void A_statement_proves_an_order_whose_answer_never_came() =>
        Assert.Equal(SliceState.Settled, In(SliceState.InDoubt).Settle(Today, "B1").Value.State);

    [Fact]
    public void An_answer_that_comes_after_the_statement_changes_nothing()
    {
        var settled = In(SliceState.Sent).Settle(Today, "B1").Value;
        Assert.Equal(settled, settled.Accept("B1").Value);
        Assert.Equal(settled, settled.Doubt().Value);
    }

    [Fact]
    public void An_order_in_doubt_can_never_be_released_to_be_sent_again() =>
        Assert.Equal(Errors.SliceState, In(SliceState.InDoubt).Release().Problem?.Error);

    /// <summary>Every state and every verb, so that a change of what may happen shows in review.</summary>
    [Fact]
    public void Moves_only_as_it_is_drawn() => Approved.Matches(string.Join('\n', Enum.GetValues<SliceState>().Select(state =>
    {
        var slice = In(state);
        return ($"{SliceStates.Text(state),-12} accept: {Show(slice.Accept("B1"))} fail: {Show(slice.Fail(new Failure("AC04", "closed")))} doubt: {Show(slice.Doubt())} "
            + $"release: {Show(slice.Release())} settle: {Show(slice.Settle(Today, "B1"))} reopen: {Show(slice.Reopen())} "
            + $"return: {Show(slice.Return(new Failure("AC04", "closed")))} take-back-return: {Show(slice.TakeBackReturn())}").TrimEnd();
    })), "slice-moves.approved.txt");

    private static string Show(Result<Slice> result) => (result.Problem is null ? SliceStates.Text(result.Value.State) : "refused").PadRight(9);

    private static Slice In(SliceState state) => new(new SliceId(Guid.Empty), new PayoutId(Guid.Empty), 1, new Money(100, Currency.Known("EUR")), "RF18539007547034", state);
}
