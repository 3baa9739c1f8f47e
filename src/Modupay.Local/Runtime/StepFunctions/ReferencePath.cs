using System.Buffers;
using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>
/// A path to one node: <c>$</c>, <c>$.a.b[0]</c>, <c>$['a b']</c>, or the same into the context with <c>$$</c>. Wildcards, filters and slices
/// find many nodes and are refused.
/// </summary>
internal sealed class ReferencePath
{
    private static readonly SearchValues<char> NotInFields = SearchValues.Create("*?@() ,'\"");

    private readonly string _text;
    private readonly bool _intoContext;
    private readonly IReadOnlyList<Step> _steps;

    private ReferencePath(string text, bool intoContext, IReadOnlyList<Step> steps) => (_text, _intoContext, _steps) = (text, intoContext, steps);

    private readonly record struct Step(string? Field, int Index);

    public static ReferencePath Parse(string text)
    {
        if (!text.StartsWith('$')) throw new FormatException($"'{text}' is not a path");
        var intoContext = text.StartsWith("$$", StringComparison.Ordinal);
        var steps = new List<Step>();
        for (var at = intoContext ? 2 : 1; at < text.Length;) steps.Add(NextStep(text, ref at));
        return new ReferencePath(text, intoContext, steps);
    }

    public JsonNode? Read(Scope scope) => TryRead(scope, out var value)
        ? value
        : throw new StateFailure("States.ParameterPathFailure", $"The path '{_text}' could not be found in the {(_intoContext ? "context" : "input")}.");

    public bool TryRead(Scope scope, out JsonNode? value)
    {
        value = _intoContext ? scope.Context : scope.Input;
        foreach (var step in _steps)
        {
            if (step.Field is { } field && value is JsonObject thing && thing.TryGetPropertyValue(field, out var child)) value = child;
            else if (step.Field is null && value is JsonArray list && step.Index < list.Count) value = list[step.Index];
            else return false;
        }

        return true;
    }

    /// <summary>A copy of the target with the value at the path; objects on the way are created.</summary>
    public JsonNode? Write(JsonNode? target, JsonNode? value)
    {
        if (_steps.Count == 0) return value?.DeepClone();
        var copy = (target as JsonObject ?? throw NoMatch("the input is not an object")).DeepClone().AsObject();
        var at = copy;
        foreach (var step in _steps.SkipLast(1))
        {
            if (at[step.Field!] is JsonObject next)
            {
                at = next;
                continue;
            }

            var created = new JsonObject();
            at[step.Field!] = created;
            at = created;
        }

        at[_steps[^1].Field!] = value?.DeepClone();
        return copy;
    }

    /// <summary>ResultPath may create fields of the input, not elements of its lists, and cannot write the context.</summary>
    public bool CanBeWritten => !_intoContext && _steps.All(step => step.Field is not null);

    public override string ToString() => _text;

    private static Step NextStep(string text, ref int at)
    {
        if (text[at] == '.')
        {
            var end = text.IndexOfAny(['.', '['], at + 1) is var found and >= 0 ? found : text.Length;
            var field = text[(at + 1)..end];
            if (field.Length == 0 || field.AsSpan().ContainsAny(NotInFields)) throw new FormatException($"'{text}' is not a reference path");
            at = end;
            return new Step(field, 0);
        }

        var close = text.IndexOf(']', at);
        if (text[at] != '[' || close < 0) throw new FormatException($"'{text}' is not a reference path");
        var inner = text[(at + 1)..close];
        at = close + 1;
        if (inner is ['\'', _, .., '\''] or ['"', _, .., '"']) return new Step(inner[1..^1], 0);
        return int.TryParse(inner, System.Globalization.NumberStyles.None, null, out var index) ? new Step(null, index) : throw new FormatException($"'{text}' is not a reference path");
    }

    private StateFailure NoMatch(string why) => new("States.ResultPathMatchFailure", $"The result cannot be put at '{_text}': {why}.");
}
