using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Modupay.Tests.Events;

/// <summary>As much of Avro as our schemas use, read strictly: what is not known here is refused. Values are plain JSON, unions written bare.</summary>
internal abstract record AvroSchema
{
    internal sealed record Primitive(string Type, string? Logical) : AvroSchema;

    internal sealed record Record(string Name, IReadOnlyList<Field> Fields) : AvroSchema;

    internal sealed record Enumeration(string Name, IReadOnlyList<string> Symbols, string? Default) : AvroSchema;

    internal sealed record Array(AvroSchema Items) : AvroSchema;

    /// <summary>null or one other schema; null comes first, because that is the type of the default.</summary>
    internal sealed record Optional(AvroSchema Value) : AvroSchema;

    internal sealed record Field(string Name, AvroSchema Schema, bool HasDefault);

    public static AvroSchema Parse(string json) => new Parser().Parse(JsonNode.Parse(json)!);

    /// <summary>What keeps the value from being one of this schema, each with its place; nothing when it is one.</summary>
    public IEnumerable<string> Check(JsonNode? value, string path = "$") => (this, value) switch
    {
        (Optional, null) => [],
        (Optional optional, _) => optional.Value.Check(value, path),
        (Record record, JsonObject item) => CheckRecord(record, item, path),
        (Array array, JsonArray items) => items.SelectMany((item, i) => array.Items.Check(item, $"{path}[{i}]")),
        (Enumeration enumeration, JsonValue text) when text.TryGetValue<string>(out var symbol) => enumeration.Symbols.Contains(symbol) ? [] : [$"{path}: {symbol} is no {enumeration.Name}"],
        (Primitive { Type: "string" } primitive, JsonValue text) when text.TryGetValue<string>(out var content) => LogicalTypes.Accepts(primitive.Logical, content) ? [] : [$"{path}: not {primitive.Logical}"],
        (Primitive { Type: "int" }, JsonValue number) when number.TryGetValue<int>(out _) => [],
        (Primitive { Type: "long" }, JsonValue number) when number.TryGetValue<long>(out _) => [],
        (Primitive { Type: "boolean" }, JsonValue flag) when flag.TryGetValue<bool>(out _) => [],
        _ => [$"{path}: not {this.Describe()}"],
    };

    /// <summary>Why a reader of this schema could not read what was written with the other, after Avro's schema resolution; nothing when it could.</summary>
    public IEnumerable<string> CannotRead(AvroSchema writer, string path = "$") => (this, writer) switch
    {
        (Optional reader, Optional other) => reader.Value.CannotRead(other.Value, path),
        (Optional reader, _) => reader.Value.CannotRead(writer, path),
        (_, Optional) => [$"{path}: may be null for the writer only"],
        (Record reader, Record other) => reader.Fields.SelectMany(field => other.Fields.FirstOrDefault(written => written.Name == field.Name) is { } written
            ? field.Schema.CannotRead(written.Schema, $"{path}.{field.Name}")
            : field.HasDefault ? [] : [$"{path}.{field.Name}: never written, and has no default"]),
        (Array reader, Array other) => reader.Items.CannotRead(other.Items, path + "[]"),
        (Enumeration reader, Enumeration other) => reader.Default is not null ? [] : other.Symbols.Except(reader.Symbols).Select(symbol => $"{path}: {symbol} is no {reader.Name}"),
        (Primitive { Type: "long" }, Primitive { Type: "int" }) => [],
        (Primitive reader, Primitive other) when reader == other => [],
        _ => [$"{path}: {writer.Describe()} is not {this.Describe()}"],
    };

    public string Describe() => this switch
    {
        Primitive primitive => primitive.Logical ?? primitive.Type,
        Record record => record.Name,
        Enumeration enumeration => enumeration.Name,
        Array array => $"array of {array.Items.Describe()}",
        Optional optional => $"{optional.Value.Describe()} or null",
        _ => GetType().Name,
    };

    private static IEnumerable<string> CheckRecord(Record record, JsonObject item, string path) =>
    [
        .. item.Select(member => member.Key).Except(record.Fields.Select(field => field.Name)).Select(name => $"{path}.{name}: not in the schema"),
        .. record.Fields.SelectMany(field => item.TryGetPropertyValue(field.Name, out var value)
            ? field.Schema.Check(value, $"{path}.{field.Name}")
            : field.HasDefault ? [] : [$"{path}.{field.Name}: missing"]),
    ];

    private sealed class Parser
    {
        private readonly Dictionary<string, AvroSchema> _named = new(StringComparer.Ordinal);

        public AvroSchema Parse(JsonNode node) => node switch
        {
            JsonValue name => Named((string)name!),
            JsonArray and [JsonValue first, { } other] when (string?)first == "null" => new Optional(Parse(other)),
            JsonArray => throw new FormatException("A union is of null and one other type."),
            JsonObject definition => Define(definition),
            _ => throw new FormatException("No schema."),
        };

        private AvroSchema Named(string name) => name is "string" or "int" or "long" or "boolean" ? new Primitive(name, null)
            : _named.TryGetValue(name, out var known) ? known
            : throw new FormatException($"{name} is not defined before it is used.");

        private AvroSchema Define(JsonObject definition)
        {
            var type = (string)definition["type"]!;
            return type switch
            {
                "record" => Remember(definition, new Record(NameOf(definition, "fields"), [.. definition["fields"]!.AsArray().Select(field => ParseField(field!.AsObject()))])),
                "enum" => Remember(definition, new Enumeration(
                    NameOf(definition, "symbols", "default"), [.. definition["symbols"]!.AsArray().Select(symbol => (string)symbol!)], (string?)definition["default"])),
                "array" => new Array(Parse(definition["items"]!)),
                "string" => new Primitive("string", LogicalTypes.Known((string)definition["logicalType"]!)),
                _ => throw new FormatException($"The type {type} is not used here."),
            };
        }

        private Field ParseField(JsonObject field)
        {
            Refuse(field, "name", "type", "doc", "default");
            var schema = Parse(field["type"]!);
            var hasDefault = field.TryGetPropertyValue("default", out var value);
            if (hasDefault && (schema is not Optional || value is not null)) throw new FormatException($"The default of {field["name"]} is not null.");
            return new((string)field["name"]!, schema, hasDefault);
        }

        private static string NameOf(JsonObject definition, params string[] more)
        {
            Refuse(definition, ["type", "name", "namespace", "doc", .. more]);
            return (string)definition["name"]!;
        }

        private static void Refuse(JsonObject definition, params string[] known)
        {
            if (definition.Select(member => member.Key).Except(known).FirstOrDefault() is { } unknown) throw new FormatException($"The attribute {unknown} is not used here.");
        }

        private AvroSchema Remember(JsonObject definition, AvroSchema schema)
        {
            if (!_named.TryAdd((string)definition["name"]!, schema)) throw new FormatException($"{definition["name"]} is defined twice.");
            return schema;
        }
    }
}

/// <summary>What a string must look like beyond being one.</summary>
internal static partial class LogicalTypes
{
    public static string Known(string name) => name is "iso8601-date" or "iso8601-instant" or "sha256-hex" ? name : throw new FormatException($"The logical type {name} is not used here.");

    public static bool Accepts(string? name, string text) => name switch
    {
        null => true,
        "iso8601-date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", out _),
        "iso8601-instant" => Instant().IsMatch(text),
        "sha256-hex" => Sha256().IsMatch(text),
        _ => false,
    };

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Instant();

    [GeneratedRegex("^[0-9a-f]{64}$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sha256();
}
