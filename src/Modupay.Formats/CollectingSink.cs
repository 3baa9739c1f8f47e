namespace Modupay.Formats;

/// <summary>Keeps everything, for files that fit in memory.</summary>
internal sealed class CollectingSink : IStatementSink
{
    private readonly List<ParsedStatement> statements = [];
    private readonly List<ParsedStatement> rejected = [];
    private readonly List<ParseProblem> problems = [];
    private List<StatementLine> lines = [];

    public void BeginStatement(StatementHeader header) => lines = [];

    public void Line(StatementLine line) => lines.Add(line);

    public void EndStatement(StatementEnd end) => (end.Standing is Standing.Rejected ? rejected : statements).Add(new ParsedStatement(end, lines, []));

    public void Problem(ParseProblem problem) => problems.Add(problem);

    public ParsedFile ToFile(FileSummary summary)
    {
        var byStatement = problems.Where(problem => problem.Statement is not null).ToLookup(problem => problem.Statement!.Value);
        return new ParsedFile
        {
            Summary = summary,
            Statements = [.. statements.Select(WithProblems)],
            Rejected = [.. rejected.Select(WithProblems)],
            Problems = problems,
        };

        ParsedStatement WithProblems(ParsedStatement statement) => statement with { Problems = [.. byStatement[statement.Header.Index]] };
    }
}
