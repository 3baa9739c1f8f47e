using System.Text.Json.Nodes;

namespace Modupay.Local.Fuzz;

/// <summary>One operation of the OpenAPI document, with what it says it reads.</summary>
/// <param name="Body">The schema of the JSON body, or null when it takes none.</param>
/// <param name="TakesBytes">The body is a file.</param>
internal sealed record ApiOperation(HttpMethod Method, string Path, IReadOnlyList<string> Query, JsonObject? Body, bool TakesBytes)
{
    public override string ToString() => $"{Method} {Path}";
}

/// <summary>Reads an OpenAPI document and makes bodies that its schemas accept.</summary>
internal sealed class ApiContract(JsonNode document)
{
    public IReadOnlyList<ApiOperation> Operations { get; } = [.. Read(document)];

    /// <summary>A body with every property, each of its documented type.</summary>
    /// <param name="text">What a string is to be.</param>
    public JsonNode? Sample(JsonObject schema, Func<string, string> text, int depth = 0)
    {
        schema = Resolve(schema);
        if (schema["oneOf"] is JsonArray choices) return Sample((JsonObject)choices.First(choice => (string?)choice!["type"] != "null")!, text, depth);
        if (schema["enum"] is JsonArray values) return values[0]?.DeepClone();
        return TypeOf(schema) switch
        {
            "object" when depth < 6 => new JsonObject((schema["properties"] as JsonObject ?? []).Select(property =>
                KeyValuePair.Create(property.Key, NamedSample(property.Key, (JsonObject)property.Value!, text, depth + 1)))),
            "array" when depth < 6 && schema["items"] is JsonObject items => new JsonArray(Sample(items, text, depth + 1)),
            "integer" => JsonValue.Create(1),
            "number" => JsonValue.Create(1),
            "boolean" => JsonValue.Create(true),
            "string" => JsonValue.Create(text((string?)schema["format"] ?? "")),
            _ => null,
        };
    }

    private JsonNode? NamedSample(string name, JsonObject schema, Func<string, string> text, int depth) => Sample(schema, format => text(format.Length > 0 ? format : name), depth);

    private JsonObject Resolve(JsonObject schema)
    {
        while ((string?)schema["$ref"] is { } reference) schema = (JsonObject)document["components"]!["schemas"]![reference.Split('/')[^1]]!;
        return schema;
    }

    // In OpenAPI 3.1 what may be null has two types.
    private static string? TypeOf(JsonObject schema) => schema["type"] switch
    {
        JsonArray types => types.Select(type => (string?)type).FirstOrDefault(type => type != "null"),
        JsonValue type => (string?)type,
        _ => null,
    };

    private static IEnumerable<ApiOperation> Read(JsonNode document)
    {
        foreach (var (path, methods) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in methods!.AsObject())
            {
                var content = operation!["requestBody"]?["content"] as JsonObject;
                var query = (operation["parameters"] as JsonArray ?? []).Where(parameter => (string?)parameter!["in"] == "query").Select(parameter => (string)parameter!["name"]!);
                yield return new(HttpMethod.Parse(method.ToUpperInvariant()), path, [.. query], content?["application/json"]?["schema"] as JsonObject, content?.ContainsKey("application/octet-stream") is true);
            }
        }
    }
}
