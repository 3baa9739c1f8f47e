namespace Modupay.Formats;

/// <summary>A whole file in memory: convenient for files of a few megabytes. Large ones are read through <see cref="IStatementSink"/>.</summary>
public sealed record ParsedFile
{
    public required FileSummary Summary { get; init; }

    /// <summary>Complete and held statements in file order.</summary>
    public required IReadOnlyList<ParsedStatement> Statements { get; init; }

    /// <summary>Kept so that nothing is lost from sight; never to be booked.</summary>
    public required IReadOnlyList<ParsedStatement> Rejected { get; init; }

    public required IReadOnlyList<ParseProblem> Problems { get; init; }

    public string Format => Summary.Format;
    public double Coverage => Summary.Coverage;

    /// <summary>False means that nothing in the file may be used.</summary>
    public bool WasRead => Statements.Count > 0;
}

public sealed record ParsedStatement(StatementEnd End, IReadOnlyList<StatementLine> Lines, IReadOnlyList<ParseProblem> Problems)
{
    public StatementHeader Header => End.Header;
    public Balance? Opening => End.Header.Opening;
    public Balance? Closing => End.Closing;
}

/// <summary>What the reader knows at the end of the file.</summary>
/// <param name="Format"><c>mt940</c>, <c>mt942</c>, <c>camt.053.001.08</c>, <c>csv</c>, or <c>unknown</c>.</param>
/// <param name="Encoding">The character set that was used, named as IANA does.</param>
/// <param name="Coverage">The share of the file's content that was understood, from 0 to 1.</param>
/// <param name="Problems">How many were found; a sink is told of the first thousand.</param>
public sealed record FileSummary(string Format, string Encoding, double Coverage, long Bytes, int Statements, int Rejected, long Entries, long Lines, int Problems)
{
    /// <summary>The dialect profile that was used, given or found.</summary>
    public string? Dialect { get; init; }
}
