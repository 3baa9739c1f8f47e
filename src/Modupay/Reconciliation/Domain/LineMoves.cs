using static Modupay.Reconciliation.LineState;

namespace Modupay.Reconciliation;

internal enum LineState { Unmatched, PartiallyMatched, Matched, Ignored }

/// <summary>What may be done with a line.</summary>
internal enum LineVerb { EngineMatches, MatchesPart, MatchesWhole, Ignores, Undoes }

// The life of a statement line. A move that is not drawn here cannot happen.
//
//   Unmatched ─▶ Matched | PartiallyMatched | Ignored
//   PartiallyMatched ─▶ PartiallyMatched | Matched
//   Matched | PartiallyMatched | Ignored ─▶ Unmatched      only by a person, with a reason
//
// The engine moves a line once, from Unmatched to Matched. It touches nothing that a person has touched.
internal static class LineMoves
{
    public static Result<LineState> Next(LineState state, LineVerb verb) => (state, verb) switch
    {
        (Unmatched, LineVerb.EngineMatches) => Matched,
        (Unmatched or PartiallyMatched, LineVerb.MatchesPart) => PartiallyMatched,
        (Unmatched or PartiallyMatched, LineVerb.MatchesWhole) => Matched,
        (Unmatched, LineVerb.Ignores) => Ignored,
        (Matched or PartiallyMatched or Ignored, LineVerb.Undoes) => Unmatched,
        _ => new Problem(Errors.LineState, $"The line is {Text(state)}, and {Sentence(verb)}."),
    };

    public static string Text(LineState state) => state switch
    {
        Unmatched => "unmatched",
        PartiallyMatched => "partially_matched",
        Matched => "matched",
        Ignored => "ignored",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    public static LineState Parse(string text) => text switch
    {
        "unmatched" => Unmatched,
        "partially_matched" => PartiallyMatched,
        "matched" => Matched,
        "ignored" => Ignored,
        _ => throw new ArgumentOutOfRangeException(nameof(text), text, "Not a line state."),
    };

    private static string Sentence(LineVerb verb) => verb switch
    {
        LineVerb.EngineMatches => "the engine explains only what nobody has touched",
        LineVerb.MatchesPart or LineVerb.MatchesWhole => "only what is not yet explained can be matched",
        LineVerb.Ignores => "only what is wholly unexplained can be ignored",
        _ => "there is nothing to undo",
    };
}
