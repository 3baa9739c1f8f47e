using Modupay.Kernel;
using Modupay.Reconciliation;

namespace Modupay.Tests.Reconciliation;

public sealed class LineMovesTests
{
    /// <summary>Every state and every verb, so that a change of what may happen shows in review.</summary>
    [Fact]
    public void A_line_moves_only_as_it_is_drawn() => Approved.Matches(string.Join('\n', Enum.GetValues<LineState>().Select(state =>
        $"{LineMoves.Text(state),-18}{string.Concat(Enum.GetValues<LineVerb>().Select(verb => $" {verb}: {Show(LineMoves.Next(state, verb)),-18}"))}".TrimEnd())), "line-moves.approved.txt");

    [Fact]
    public void A_move_that_is_not_drawn_is_refused_with_the_state_of_the_line() =>
        Assert.Equal(Errors.LineState, LineMoves.Next(LineState.Ignored, LineVerb.EngineMatches).Problem?.Error);

    private static string Show(Result<LineState> next) => next.Problem is null ? LineMoves.Text(next.Value) : "refused";
}
