using System.Text.Json.Nodes;

namespace Modupay.JourneyTests.Security;

/// <summary>The operations of the running API as its own document describes them, so that what is added tomorrow is attacked tomorrow.</summary>
internal static class ApiDocument
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch"];

    public static async Task<IReadOnlyList<ApiOperation>> ReadAsync(string url)
    {
        using var http = new HttpClient();
        var document = JsonNode.Parse(await http.GetStringAsync(url + "/openapi/v1.json"))!.AsObject();
        var schemas = new ApiSchemas(document["components"]!["schemas"]!.AsObject());
        return
        [
            .. from path in document["paths"]!.AsObject()
               from operation in path.Value!.AsObject()
               where Methods.Contains(operation.Key)
               orderby path.Key, operation.Key
               select new ApiOperation(operation.Key.ToUpperInvariant(), path.Key, operation.Value!.AsObject(), schemas),
        ];
    }
}

internal sealed record ApiOperation(string Method, string Path, JsonObject Definition, ApiSchemas Schemas)
{
    public string Name => $"{Method,-6} {Path}";

    public IReadOnlyList<string> PathParameters => Parameters("path");

    public IReadOnlyList<string> QueryParameters => Parameters("query");

    public bool TakesKey => Parameters("header").Contains("Idempotency-Key");

    public bool RequiresKey => (Definition["parameters"]?.AsArray() ?? []).Any(parameter => (string?)parameter!["name"] == "Idempotency-Key" && (bool?)parameter["required"] is true);

    /// <summary>Says that it needs no credential.</summary>
    public bool IsOpen => Definition["security"] is not null;

    public bool IsList => QueryParameters.Contains("cursor");

    public JsonNode? JsonBody => Content?["application/json"]?["schema"];

    /// <summary>A file is read as it is, whatever it is.</summary>
    public bool TakesFile => Content is not null && JsonBody is null;

    /// <summary>What a POST to a list, or the items of a list, are called in requests: <c>treasury-accounts</c> is a <c>treasuryAccount</c>.</summary>
    public string Resource
    {
        get
        {
            var words = Path.Split('/').Last(part => part.Length > 0 && part[0] != '{').Split('-');
            var name = words[0] + string.Concat(words[1..].Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
            return name.EndsWith("ies", StringComparison.Ordinal) ? name[..^3] + "y" : name.TrimEnd('s');
        }
    }

    public string Address(string parameter) => PathParameters.Aggregate(Path, (path, name) => path.Replace($"{{{name}}}", parameter, StringComparison.Ordinal));

    /// <summary>A body of the documented shape, with something plausible in every place.</summary>
    public JsonNode? Sample(Func<string, string?>? known = null) => JsonBody is { } schema ? Schemas.Sample(schema, "", known ?? (_ => null), 0) : null;

    private JsonObject? Content => Definition["requestBody"]?["content"]?.AsObject();

    private List<string> Parameters(string place) =>
        [.. (Definition["parameters"]?.AsArray() ?? []).Where(parameter => (string?)parameter!["in"] == place).Select(parameter => (string)parameter!["name"]!)];
}

/// <summary>Makes up values from schemas. What it says of people is nobody's, and is looked for in the logs afterwards.</summary>
internal sealed class ApiSchemas(JsonObject schemas)
{
    public const string Name = "Ottilie Kanarienvogel", Email = "ottilie@kanarienvogel.example", Password = "Kanarienvogel-Passwort-7!", Token = "kanarienvogel-token-4711", Iban = "DE75512108001245126199";

    public static IReadOnlyList<string> Canaries => [Name, Email, Password, Token, Iban];

    private const int Deepest = 6;

    public JsonNode? Sample(JsonNode schema, string name, Func<string, string?> known, int depth)
    {
        var shape = Resolve(schema);
        // The last that is not null: the first may mean everything, and what hears of every event is never at rest.
        if (shape["enum"] is JsonArray { Count: > 0 } values) return values.Last(value => value is not null)!.DeepClone();
        return Kind(shape) switch
        {
            _ when depth > Deepest => null,
            "object" => new JsonObject((shape["properties"]?.AsObject() ?? []).Select(property => KeyValuePair.Create(property.Key, Sample(property.Value!, property.Key, known, depth + 1)))),
            "array" => new JsonArray(Sample(shape["items"] ?? new JsonObject(), name, known, depth + 1)),
            "integer" or "number" => 1,
            "boolean" => false,
            "string" => known(name) ?? Text(name, (string?)shape["format"]),
            _ => new JsonObject(),
        };
    }

    private JsonObject Resolve(JsonNode schema)
    {
        if ((string?)schema["$ref"] is { } reference) return Resolve(schemas[reference.Split('/')[^1]]!);
        foreach (var choice in new[] { "oneOf", "anyOf", "allOf" })
            if (schema[choice]?.AsArray().FirstOrDefault(option => option is JsonObject shape && (string?)(shape["type"] as JsonValue) != "null") is { } option) return Resolve(option);
        return schema as JsonObject ?? [];
    }

    private static string? Kind(JsonObject shape) => shape["type"] switch
    {
        JsonArray kinds => kinds.Select(kind => (string?)kind).FirstOrDefault(kind => kind != "null"),
        JsonValue kind => (string?)kind,
        _ => shape.ContainsKey("properties") ? "object" : null,
    };

    private static string Text(string name, string? format) => (format, name.ToLowerInvariant()) switch
    {
        ("date-time", _) => "2026-01-02T03:04:05Z",
        ("date", _) => "2026-01-02",
        ("uuid", _) => "01890000-0000-7000-8000-000000000000",
        (_, var field) when field.Contains("currency", StringComparison.Ordinal) => "EUR",
        (_, var field) when field.Contains("iban", StringComparison.Ordinal) => Iban,
        (_, var field) when field.EndsWith("bic", StringComparison.Ordinal) => "MODUDEFFXXX",
        (_, var field) when field.Contains("url", StringComparison.Ordinal) => "https://example.com/hook",
        (_, var field) when field.Contains("mail", StringComparison.Ordinal) => Email,
        (_, var field) when field.Contains("password", StringComparison.Ordinal) => Password,
        (_, var field) when field.Contains("token", StringComparison.Ordinal) || field.Contains("secret", StringComparison.Ordinal) => Token,
        (_, "code") => "Kanarienvogel-1",
        _ => Name,
    };
}
