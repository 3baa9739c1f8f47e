using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>An intrinsic function; <c>Arity</c> is null when it takes any number of arguments.</summary>
internal sealed record Intrinsic(string Name, int? Arity, Func<JsonNode?[], JsonNode?> Apply);

/// <summary>The intrinsic functions our workflows may use. One that is not here is refused when the definition is loaded.</summary>
internal static class Intrinsics
{
    private static readonly Dictionary<string, Intrinsic> Functions = new Intrinsic[]
    {
        new("States.Array", null, items => new JsonArray([.. items.Select(item => item?.DeepClone())])),
        new("States.ArrayContains", 2, a => List(a[0]).Any(item => JsonNode.DeepEquals(item, a[1]))),
        new("States.ArrayGetItem", 2, a => Number(a[1]) is >= 0 and var index && index < List(a[0]).Count ? List(a[0])[(int)index] : throw new FormatException("there is no such item")),
        new("States.ArrayLength", 1, a => List(a[0]).Count),
        new("States.Format", null, Format),
        new("States.Hash", 2, a => Text(a[1]) == "SHA-256" ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Shown(a[0])))) : throw new FormatException("only SHA-256 is supported here")),
        new("States.JsonMerge", 3, JsonMerge),
        new("States.JsonToString", 1, a => Json.Compact(a[0])),
        new("States.MathAdd", 2, a => Number(a[0]) + Number(a[1])),
        new("States.StringSplit", 2, a => new JsonArray([.. Text(a[0]).Split(Text(a[1]).ToCharArray(), StringSplitOptions.RemoveEmptyEntries).Select(part => (JsonNode?)part)])),
        new("States.StringToJson", 1, a => JsonNode.Parse(Text(a[0]))),
        new("States.UUID", 0, _ => new Guid(RandomNumberGenerator.GetBytes(16)).ToString()),
    }.ToDictionary(function => function.Name, StringComparer.Ordinal);

    public static Intrinsic? Find(string name) => Functions.GetValueOrDefault(name);

    public static JsonNode? Apply(Intrinsic function, JsonNode?[] arguments)
    {
        try
        {
            return function.Apply(arguments);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or OverflowException)
        {
            throw new StateFailure("States.IntrinsicFailure", $"{function.Name}: {exception.Message}");
        }
    }

    private static JsonNode? Format(JsonNode?[] arguments)
    {
        var parts = Text(arguments.FirstOrDefault()).Split("{}");
        if (parts.Length != arguments.Length) throw new FormatException($"{parts.Length - 1} places for {arguments.Length - 1} values");
        return string.Concat(parts.Select((part, place) => place == 0 ? part : Shown(arguments[place]) + part));
    }

    private static JsonNode? JsonMerge(JsonNode?[] arguments)
    {
        if (Json.BooleanOrNull(arguments[2]) is not false) throw new FormatException("AWS merges shallowly only");
        var merged = Object(arguments[0]).DeepClone().AsObject();
        foreach (var (name, value) in Object(arguments[1])) merged[name] = value?.DeepClone();
        return merged;
    }

    private static string Shown(JsonNode? node) => Json.TextOrNull(node) ?? Json.Compact(node);

    private static string Text(JsonNode? node) => Json.TextOrNull(node) ?? throw new FormatException($"{Json.Compact(node)} is not a text");

    private static JsonArray List(JsonNode? node) => node as JsonArray ?? throw new FormatException($"{Json.Compact(node)} is not a list");

    private static JsonObject Object(JsonNode? node) => node as JsonObject ?? throw new FormatException($"{Json.Compact(node)} is not an object");

    // AWS rounds what is no integer.
    private static long Number(JsonNode? node) => (long)Math.Round(Json.NumberOrNull(node) ?? throw new FormatException($"{Json.Compact(node)} is not a number"), MidpointRounding.AwayFromZero);
}
