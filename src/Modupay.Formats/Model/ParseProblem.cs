namespace Modupay.Formats;

/// <summary>Something a person may have to look at. Collected, never thrown; <see cref="Code"/> is stable and listed in the README.</summary>
/// <param name="Statement">Index of the statement it belongs to; null for the file as a whole.</param>
/// <param name="Raw">What could not be understood, cut to a readable length.</param>
public sealed record ParseProblem(string Code, Severity Severity, string Message, FilePosition Position, int? Statement = null, string? Raw = null)
{
    public override string ToString() => $"{Position.Line}:{Position.Column} {Severity.ToString().ToLowerInvariant()} {Code}: {Message}";
}

public enum Severity
{
    /// <summary>Read with certainty, yet not as the standard has it.</summary>
    Warning,

    /// <summary>The statement is held or rejected because of it.</summary>
    Error,
}
