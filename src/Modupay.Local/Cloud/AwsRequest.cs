using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

/// <summary>The parameters of one operation, read as the types the service documents. What is missing or of another type is refused as the service would.</summary>
internal sealed class AwsRequest(JsonObject body, string invalidCode)
{
    public bool Has(string name) => body[name] is not null;

    public string Text(string name) => TextOrNull(name) ?? throw Missing(name);

    public string? TextOrNull(string name) => Read<string>(name, "a string");

    /// <summary>One of the values the stand-in supports; when absent, the first.</summary>
    public string Choice(string name, params IReadOnlyList<string> values)
    {
        var value = TextOrNull(name) ?? values[0];
        return values.Contains(value, StringComparer.Ordinal) ? value : throw Invalid($"{name} is {value}; the stand-in supports {string.Join(", ", values)}.");
    }

    public byte[] Bytes(string name) => BytesOrNull(name) ?? throw Missing(name);

    public byte[]? BytesOrNull(string name)
    {
        try
        {
            return TextOrNull(name) is { } text ? Convert.FromBase64String(text) : null;
        }
        catch (FormatException)
        {
            throw Invalid($"{name} is not base64.");
        }
    }

    public int? NumberOrNull(string name, int least, int most)
    {
        if (body[name] is null) return null;
        var value = Read<int>(name, "an integer");
        return value >= least && value <= most ? value : throw Invalid($"{name} is {value}; it must be between {least} and {most}.");
    }

    public bool Flag(string name) => body[name] is not null && Read<bool>(name, "a boolean");

    public IReadOnlyDictionary<string, string> Map(string name) => Members<JsonObject>(name, "an object")?
        .ToDictionary(pair => pair.Key, pair => As<string>(pair.Value, $"{name}.{pair.Key}", "a string")!, StringComparer.Ordinal) ?? [];

    public IReadOnlyList<string> Texts(string name) => Members<JsonArray>(name, "a list")?
        .Select(value => As<string>(value, name, "a list of strings")!).ToList() ?? [];

    /// <summary>A list of structures, each read by the same rules as the request.</summary>
    public IReadOnlyList<AwsRequest> List(string name, params IReadOnlyList<string> members) =>
        Members<JsonArray>(name, "a list")?.Select(value => Structure(name, value, members)).ToList() ?? [];

    /// <summary>Structures by name.</summary>
    public IEnumerable<KeyValuePair<string, AwsRequest>> Structures(string name, params IReadOnlyList<string> members) =>
        Members<JsonObject>(name, "an object")?.Select(pair => KeyValuePair.Create(pair.Key, Structure(name, pair.Value, members))) ?? [];

    public AwsException Invalid(string message) => new(invalidCode, message);

    private AwsRequest Structure(string name, JsonNode? value, IReadOnlyList<string> members)
    {
        if (value is not JsonObject structure) throw Invalid($"{name} must hold objects.");
        return structure.FirstOrDefault(member => !members.Contains(member.Key, StringComparer.Ordinal)).Key is { } unknown
            ? throw Invalid($"The stand-in does not support {name}.{unknown}.")
            : new AwsRequest(structure, invalidCode);
    }

    private AwsException Missing(string name) => Invalid($"The parameter {name} is required.");

    private T? Members<T>(string name, string type) where T : JsonNode => body[name] switch
    {
        null => null,
        T members => members,
        _ => throw Invalid($"{name} must be {type}."),
    };

    private T? Read<T>(string name, string type) => As<T>(body[name], name, type);

    private T? As<T>(JsonNode? node, string name, string type) => node switch
    {
        null => default,
        JsonValue value when value.TryGetValue<T>(out var result) => result,
        _ => throw Invalid($"{name} must be {type}."),
    };
}
