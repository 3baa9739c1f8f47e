namespace Modupay.Formats.Camt;

/// <summary>What is said about the statement being read. Oddities are told once per statement, refusals each time.</summary>
internal sealed class CamtNotes(Reading reading)
{
    private readonly HashSet<string> said = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> shared = new(StringComparer.Ordinal);
    private int? statement;

    public bool Refused { get; private set; }

    public void Start(int index)
    {
        statement = index;
        Refused = false;
        said.Clear();
    }

    public void Stop() => statement = null;

    public void Warn(string code, string message, FilePosition position)
    {
        if (said.Add(code)) reading.Report(code, Severity.Warning, message, position, statement);
    }

    public void Hold(string code, string message, FilePosition position)
    {
        if (said.Add(code)) reading.Report(code, Severity.Error, message, position, statement);
    }

    public void Refuse(string code, string message, FilePosition position)
    {
        Refused = true;
        reading.Report(code, Severity.Error, message, position, statement);
    }

    /// <summary>Codes repeat from entry to entry; a thousand different ones are no codes any more.</summary>
    public string? Shared(string? text)
    {
        if (text is null) return null;
        if (shared.TryGetValue(text, out var known)) return known;
        if (shared.Count < 1000) shared.Add(text, text);
        return text;
    }
}
