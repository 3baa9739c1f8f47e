using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>A condition of a Choice state, ready to be asked.</summary>
internal sealed record ChoiceRule(Func<Scope, bool> Matches)
{
    /// <summary>A comparison of the variable with a constant; null when there is no such operator.</summary>
    public static ChoiceRule? Compare(ReferencePath variable, string operation, JsonNode? operand) => operation switch
    {
        "IsPresent" => Json.BooleanOrNull(operand) is { } expected ? new(scope => variable.TryRead(scope, out _) == expected) : null,
        _ when TypeTest(operation) is { } test => Json.BooleanOrNull(operand) is { } expected ? new(scope => test(Read(variable, scope)) == expected) : null,
        "StringMatches" => Json.TextOrNull(operand) is { } pattern ? new(scope => Json.TextOrNull(Read(variable, scope)) is { } text && Wildcard.Matches(text, pattern)) : null,
        _ => operand is not null && Comparison(operation, operand) is { } compare ? new(scope => compare(Read(variable, scope), operand)) : null,
    };

    /// <summary>A comparison with what another path finds, such as <c>NumericEqualsPath</c>.</summary>
    public static ChoiceRule? ComparePaths(ReferencePath variable, string operation, ReferencePath operand) =>
        operation.EndsWith("Path", StringComparison.Ordinal) && Comparison(operation[..^4], null) is { } compare ? new(scope => compare(Read(variable, scope), Read(operand, scope))) : null;

    private static JsonNode? Read(ReferencePath path, Scope scope) =>
        path.TryRead(scope, out var value) ? value : throw new StateFailure(StateFailure.RuntimeError, $"Invalid path '{path}': The choice state's condition path references an invalid value.");

    private static Func<JsonNode?, bool>? TypeTest(string operation) => operation switch
    {
        "IsNull" => node => node is null || node.GetValueKind() is JsonValueKind.Null,
        "IsString" => node => Json.TextOrNull(node) is not null,
        "IsNumeric" => node => Json.NumberOrNull(node) is not null,
        "IsBoolean" => node => Json.BooleanOrNull(node) is not null,
        "IsTimestamp" => node => Json.TimestampOrNull(node) is not null,
        _ => null,
    };

    // A value of another type than the operator's is no match, and no error either.
    private static Func<JsonNode?, JsonNode?, bool>? Comparison(string operation, JsonNode? constant)
    {
        if (operation == "BooleanEquals") return Sensible(constant, Json.BooleanOrNull(constant)) ? (left, right) => Json.BooleanOrNull(left) is { } a && Json.BooleanOrNull(right) is { } b && a == b : null;
        return operation switch
        {
            _ when Relation(operation, "String") is { } holds && Sensible(constant, Json.TextOrNull(constant)) =>
                (left, right) => Json.TextOrNull(left) is { } a && Json.TextOrNull(right) is { } b && holds(string.CompareOrdinal(a, b)),
            _ when Relation(operation, "Numeric") is { } holds && Sensible(constant, Json.NumberOrNull(constant)) =>
                (left, right) => Json.NumberOrNull(left) is { } a && Json.NumberOrNull(right) is { } b && holds(a.CompareTo(b)),
            _ when Relation(operation, "Timestamp") is { } holds && Sensible(constant, Json.TimestampOrNull(constant)) =>
                (left, right) => Json.TimestampOrNull(left) is { } a && Json.TimestampOrNull(right) is { } b && holds(a.CompareTo(b)),
            _ => null,
        };
    }

    private static bool Sensible(JsonNode? constant, object? read) => constant is null || read is not null;

    private static Func<int, bool>? Relation(string operation, string type) => !operation.StartsWith(type, StringComparison.Ordinal) ? null : operation[type.Length..] switch
    {
        "Equals" => order => order == 0,
        "LessThan" => order => order < 0,
        "LessThanEquals" => order => order <= 0,
        "GreaterThan" => order => order > 0,
        "GreaterThanEquals" => order => order >= 0,
        _ => null,
    };
}

/// <summary>StringMatches: <c>*</c> stands for any characters, <c>\*</c> for itself.</summary>
internal static class Wildcard
{
    public static bool Matches(string text, string pattern)
    {
        var parts = Parts(pattern);
        if (parts.Count == 1) return text == parts[0];
        if (!text.StartsWith(parts[0], StringComparison.Ordinal)) return false;
        var at = parts[0].Length;
        foreach (var part in parts.Skip(1).SkipLast(1))
        {
            var found = text.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0) return false;
            at = found + part.Length;
        }

        return text.Length - at >= parts[^1].Length && text.EndsWith(parts[^1], StringComparison.Ordinal);
    }

    private static List<string> Parts(string pattern)
    {
        var parts = new List<string> { "" };
        for (var at = 0; at < pattern.Length; at++)
        {
            if (pattern[at] == '*') parts.Add("");
            else if (pattern[at] == '\\' && at + 1 < pattern.Length) parts[^1] += pattern[++at];
            else parts[^1] += pattern[at];
        }

        return parts;
    }
}
