namespace Modupay.Formats;

/// <summary>What every reader counts and says while it reads, whatever the format.</summary>
internal sealed class Reading(IStatementSink sink)
{
    // A gigabyte of rubbish must not become a gigabyte of complaints.
    private const int MaxProblems = 1000;
    private const int MaxRaw = 200;

    private readonly HashSet<ulong> seen = [];
    private StatementEnd? previous;

    public int Statements { get; private set; }
    public int Rejected { get; private set; }
    public long Entries { get; private set; }
    public long Lines { get; private set; }
    public int Problems { get; private set; }

    /// <summary>Ordinal of the last statement that was begun; it goes on from file to file within an archive.</summary>
    public int LastIndex { get; set; }

    public long Unread { get; set; }

    public void Begin(StatementHeader header) => sink.BeginStatement(header);

    public void Line(StatementLine line)
    {
        Lines++;
        sink.Line(line);
    }

    public void Report(string code, Severity severity, string message, FilePosition position, int? statement = null, string? raw = null)
    {
        if (++Problems > MaxProblems) return;
        if (raw is { Length: > MaxRaw }) raw = raw[..MaxRaw] + "…";
        sink.Problem(new ParseProblem(code, severity, message, position, statement, raw));
    }

    /// <summary>Compares with what went before in the same file, then tells the sink.</summary>
    public void End(StatementEnd end)
    {
        end = Continuing(end);
        if (end.Standing is Standing.Rejected) Rejected++;
        else Statements++;
        Entries += end.Entries;
        previous = end;
        sink.EndStatement(end);
    }

    private StatementEnd Continuing(StatementEnd end)
    {
        var header = end.Header;
        if (end.Closing is not null && !seen.Add(Digest(end)))
        {
            Report("statement_repeated", Severity.Warning, "The same statement occurs earlier in the file.", header.Position, header.Index);
        }

        if (previous?.Closing is { Intermediate: true } page && header.Opening is { } opening && previous.Header.Account == header.Account
            && previous.Header.Sequence == header.Sequence && (page.AmountMinor != opening.AmountMinor || page.Currency != opening.Currency))
        {
            Report("page_missing", Severity.Error, $"The page before closes with {page}, this one opens with {opening}.", header.Position, header.Index);
            if (end.Standing is Standing.Complete) end = end with { Standing = Standing.Held };
        }

        return end;
    }

    private static ulong Digest(StatementEnd end)
    {
        var hash = 14695981039346656037UL;
        Mix(end.Header.Account);
        Mix(end.Header.Number);
        Mix(end.Header.Reference);
        Mix(end.Closing?.Currency);
        Add(end.Header.Opening?.AmountMinor ?? 0);
        Add(end.Header.Opening?.Date?.DayNumber ?? 0);
        Add(end.Closing?.AmountMinor ?? 0);
        Add(end.Closing?.Date?.DayNumber ?? 0);
        Add(end.CreditsMinor);
        Add(end.DebitsMinor);
        Add(end.Entries);
        return hash;

        void Mix(string? text)
        {
            foreach (var character in text ?? "") Add(character);
            Add(-1);
        }

        void Add(long value) => hash = unchecked((hash ^ (ulong)value) * 1099511628211UL);
    }
}
