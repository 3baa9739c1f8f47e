using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>The value of a field whose name ends in <c>.$</c>: a path, or an intrinsic function over paths and constants.</summary>
internal sealed class Expression
{
    private readonly Func<Scope, JsonNode?> _evaluate;

    private Expression(Func<Scope, JsonNode?> evaluate) => _evaluate = evaluate;

    public static Expression Parse(string text)
    {
        if (text.StartsWith('$')) return new Expression(ReferencePath.Parse(text).Read);
        var at = 0;
        var evaluate = Argument(text, ref at);
        return at == text.Length && text.StartsWith("States.", StringComparison.Ordinal) ? new Expression(evaluate) : throw new FormatException($"'{text}' is neither a path nor an intrinsic function");
    }

    public JsonNode? Evaluate(Scope scope) => _evaluate(scope);

    private static Func<Scope, JsonNode?> Argument(string text, ref int at)
    {
        SkipSpaces(text, ref at);
        if (at < text.Length && text[at] == '\'')
        {
            var constant = Quoted(text, ref at);
            return _ => constant;
        }

        var start = at;
        while (at < text.Length && text[at] is not (',' or '(' or ')')) at++;
        var word = text[start..at].Trim();
        if (at < text.Length && text[at] == '(') return Call(word, text, ref at);
        if (word.StartsWith('$')) return ReferencePath.Parse(word).Read;
        return Constant(word);
    }

    private static Func<Scope, JsonNode?> Call(string name, string text, ref int at)
    {
        var function = Intrinsics.Find(name) ?? throw new FormatException($"the intrinsic function {name} is not supported");
        var arguments = new List<Func<Scope, JsonNode?>>();
        at++;
        SkipSpaces(text, ref at);
        while (at < text.Length && text[at] != ')')
        {
            arguments.Add(Argument(text, ref at));
            SkipSpaces(text, ref at);
            if (at < text.Length && text[at] == ',') at++;
        }

        if (at == text.Length) throw new FormatException($"'{text}' has no closing parenthesis");
        at++;
        if (function.Arity is { } arity && arity != arguments.Count) throw new FormatException($"{name} takes {arity} arguments, not {arguments.Count}");
        return scope => Intrinsics.Apply(function, [.. arguments.Select(argument => argument(scope))]);
    }

    private static string Quoted(string text, ref int at)
    {
        var quoted = new StringBuilder();
        for (at++; at < text.Length && text[at] != '\''; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length) at++;
            quoted.Append(text[at]);
        }

        if (at == text.Length) throw new FormatException($"'{text}' has no closing quote");
        at++;
        return quoted.ToString();
    }

    private static Func<Scope, JsonNode?> Constant(string word)
    {
        try
        {
            var constant = JsonNode.Parse(word);
            return _ => constant?.DeepClone();
        }
        catch (JsonException exception)
        {
            throw new FormatException($"'{word}' is neither a path nor a constant", exception);
        }
    }

    private static void SkipSpaces(string text, ref int at)
    {
        while (at < text.Length && text[at] == ' ') at++;
    }
}
