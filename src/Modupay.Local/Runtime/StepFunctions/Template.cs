using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>Parameters, ItemSelector and ResultSelector: JSON in which a field named <c>x.$</c> is computed and becomes <c>x</c>.</summary>
internal sealed class Template
{
    private readonly Func<Scope, JsonNode?> _build;

    private Template(Func<Scope, JsonNode?> build) => _build = build;

    public static Template Parse(JsonNode? json) => new(Compile(json));

    /// <summary>Always a fresh tree, which the caller may change or attach elsewhere.</summary>
    public JsonNode? Build(Scope scope) => _build(scope);

    private static Func<Scope, JsonNode?> Compile(JsonNode? json)
    {
        switch (json)
        {
            case JsonObject thing:
                var fields = thing.Select(field => Field(field.Key, field.Value)).ToList();
                return scope =>
                {
                    var built = new JsonObject();
                    foreach (var (name, value) in fields) built[name] = value(scope);
                    return built;
                };
            case JsonArray list:
                var items = list.Select(Compile).ToList();
                return scope => new JsonArray([.. items.Select(item => item(scope))]);
            default:
                return _ => json?.DeepClone();
        }
    }

    private static (string Name, Func<Scope, JsonNode?> Value) Field(string name, JsonNode? value)
    {
        if (!name.EndsWith(".$", StringComparison.Ordinal)) return (name, Compile(value));
        if (value is not JsonValue text || !text.TryGetValue<string>(out var source)) throw new FormatException($"{name} is not a text");
        var expression = Expression.Parse(source);
        return (name[..^2], scope => expression.Evaluate(scope)?.DeepClone());
    }
}
