namespace Modupay.Formats;

/// <summary>
/// Receives a file piece by piece, so that a statement of a gigabyte needs no more memory than one of a kilobyte.
/// Lines arrive before it is known whether their statement holds together: keep them apart until <see cref="EndStatement"/> says so.
/// </summary>
public interface IStatementSink
{
    void BeginStatement(StatementHeader header);

    void Line(StatementLine line);

    void EndStatement(StatementEnd end);

    void Problem(ParseProblem problem);

    /// <summary>Called between blocks of input: the place to write what was gathered and so to slow the reader down to the writer's pace.</summary>
    ValueTask FlushAsync(CancellationToken ct) => ValueTask.CompletedTask;
}
