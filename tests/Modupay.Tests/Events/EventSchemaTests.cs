using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Modupay.Banking;
using Modupay.Notifications;
using Modupay.Reconciliation;
using Xunit;

namespace Modupay.Tests.Events;

/// <summary>The contracts in <c>events/</c>: what the catalogue promises is described, what is described is what the code writes, and what was released stays readable.</summary>
public sealed class EventSchemaTests
{
    private static readonly string[] Modules = ["banking", "notify", "reconciliation"];

    public static TheoryData<string> Types => [.. EventTypes.All.Order()];

    [Fact]
    public void Every_type_of_the_catalogue_has_a_schema_and_a_sample_and_there_are_no_others()
    {
        string[] Names(string suffix) => [.. Modules.SelectMany(module => Directory.GetFiles(Repository.Path("events", module), "*" + suffix))
            .Select(file => Path.GetFileName(file)[..^suffix.Length]).Order(StringComparer.Ordinal)];

        Assert.Equal(EventTypes.All.Order(StringComparer.Ordinal), Names(".avsc"));
        Assert.Equal(EventTypes.All.Order(StringComparer.Ordinal), Names(".sample.json"));
    }

    [Theory, MemberData(nameof(Types))]
    public void A_sample_is_an_envelope_around_what_the_schema_describes(string type)
    {
        var envelope = JsonSerializer.Deserialize(Read(type, ".sample.json"), NotificationsJson.Default.EventEnvelope)!;

        Assert.Equal(type, envelope.Type);
        Assert.Empty(Schema(type).Check(JsonNode.Parse(envelope.Data.GetRawText())));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Read(type, ".sample.json")), JsonNode.Parse(envelope.ToPayload())));
    }

    [Theory, MemberData(nameof(Types))]
    public void The_code_writes_what_the_schema_describes(string type)
    {
        var (schema, record) = (Schema(type), RecordOf(type));
        var sample = JsonNode.Parse(Read(type, ".sample.json"))!["data"]!;

        Assert.Empty(Differences(schema, record, "$"));
        Assert.True(JsonNode.DeepEquals(sample, JsonSerializer.SerializeToNode(sample.Deserialize(record), record)));
    }

    [Theory, MemberData(nameof(Types))]
    public void What_was_released_can_be_read_with_the_schema_of_today_and_the_other_way_round(string type)
    {
        var file = Repository.Path("events", "released", ModuleOf(type), type + ".avsc");
        if (!File.Exists(file)) return; // New since the release; the next test sees to the rest.
        var (released, today) = (AvroSchema.Parse(File.ReadAllText(file)), Schema(type));

        Assert.Empty(today.CannotRead(released));
        Assert.Empty(released.CannotRead(today));
    }

    [Fact]
    public void What_was_released_is_still_there()
    {
        var released = Directory.GetFiles(Repository.Path("events", "released"), "*.avsc", SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file)).ToList();

        Assert.NotEmpty(released);
        Assert.Empty(released.Except(EventTypes.All));
    }

    [Fact]
    public void One_name_means_one_thing_in_all_schemas_of_a_module()
    {
        var definitions = EventTypes.All.SelectMany(type => Named(Schema(type)).Select(named => (Key: $"{ModuleOf(type)}.{named.Name}", named.Definition)));

        Assert.All(definitions.GroupBy(named => named.Key, named => named.Definition), group => Assert.Single(group.Distinct()));
    }

    [Theory]
    [InlineData(typeof(Wrong.NoEndToEndId), "$.endToEndId: the record has none")]
    [InlineData(typeof(Wrong.TextForNumber), "$.number: String for int")]
    [InlineData(typeof(Wrong.OptionalState), "$.state: may be absent in the record only")]
    public void A_record_that_drifts_from_its_schema_is_found_out(Type record, string difference)
    {
        var type = new DefaultJsonTypeInfoResolver().GetTypeInfo(record, new JsonSerializerOptions(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true });
        const string schema = """
            {"type":"record","name":"S","fields":[{"name":"number","type":"int"},{"name":"state","type":"string"},{"name":"endToEndId","type":"string"}]}
            """;

        Assert.Equal([difference], Differences(AvroSchema.Parse(schema), type, "$"));
    }

    private static class Wrong
    {
        internal sealed record NoEndToEndId(int Number, string State);

        internal sealed record TextForNumber(string Number, string State, string EndToEndId);

        internal sealed record OptionalState(int Number, string EndToEndId, string? State = null);
    }

    /// <summary>Where a record and a schema say different things, member by member.</summary>
    private static IEnumerable<string> Differences(AvroSchema schema, JsonTypeInfo type, string path)
    {
        if (schema is not AvroSchema.Record record) return [$"{path}: {type.Type.Name} for {schema.Describe()}"];
        var members = type.Properties.ToDictionary(property => property.Name, StringComparer.Ordinal);
        return
        [
            .. members.Keys.Except(record.Fields.Select(field => field.Name)).Select(name => $"{path}.{name}: the schema has none"),
            .. record.Fields.SelectMany(field => members.TryGetValue(field.Name, out var member)
                ? MemberDifferences(field.Schema, member, type.Options, $"{path}.{field.Name}")
                : [$"{path}.{field.Name}: the record has none"]),
        ];
    }

    private static IEnumerable<string> MemberDifferences(AvroSchema schema, JsonPropertyInfo member, JsonSerializerOptions options, string path)
    {
        var optional = member.IsGetNullable;
        if (optional != schema is AvroSchema.Optional) return [$"{path}: may be absent in the {(optional ? "record" : "schema")} only"];
        return TypeDifferences(schema is AvroSchema.Optional inner ? inner.Value : schema, Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType, options, path);
    }

    private static IEnumerable<string> TypeDifferences(AvroSchema schema, Type type, JsonSerializerOptions options, string path) => (schema, type) switch
    {
        (AvroSchema.Primitive { Type: "string", Logical: "iso8601-date" }, _) when type == typeof(DateOnly) => [],
        (AvroSchema.Primitive { Type: "string", Logical: "iso8601-instant" }, _) when type == typeof(DateTimeOffset) => [],
        (AvroSchema.Primitive { Type: "string", Logical: null or "sha256-hex" } or AvroSchema.Enumeration, _) when type == typeof(string) => [],
        (AvroSchema.Primitive { Type: "int" }, _) when type == typeof(int) => [],
        (AvroSchema.Primitive { Type: "long" }, _) when type == typeof(long) => [],
        (AvroSchema.Primitive { Type: "boolean" }, _) when type == typeof(bool) => [],
        (AvroSchema.Array array, { IsGenericType: true }) => TypeDifferences(array.Items, type.GetGenericArguments()[0], options, path + "[]"),
        (AvroSchema.Record, _) => Differences(schema, options.GetTypeInfo(type), path),
        _ => [$"{path}: {type.Name} for {schema.Describe()}"],
    };

    private static IEnumerable<(string Name, string Definition)> Named(AvroSchema schema) => schema switch
    {
        AvroSchema.Record record => record.Fields.SelectMany(field => Named(field.Schema))
            .Append((record.Name, string.Join(", ", record.Fields.Select(field => $"{field.Name}: {field.Schema.Describe()}")))),
        AvroSchema.Enumeration enumeration => [(enumeration.Name, string.Join(", ", enumeration.Symbols))],
        AvroSchema.Array array => Named(array.Items),
        AvroSchema.Optional optional => Named(optional.Value),
        _ => [],
    };

    private static JsonTypeInfo RecordOf(string type) => type.Split('.')[0] switch
    {
        "payout" => BankingEventsJson.Default.PayoutEvent,
        "slice" => BankingEventsJson.Default.SliceEvent,
        "statement" when type.Contains(".finding_", StringComparison.Ordinal) => BankingEventsJson.Default.StatementFindingEvent,
        "statement" => BankingEventsJson.Default.StatementEvent,
        "statement_line" => ReconciliationEventsJson.Default.StatementLineEvent,
        "expected_item" => ReconciliationEventsJson.Default.ExpectedItemEvent,
        "webhook_endpoint" => NotificationsJson.Default.WebhookEndpointDisabled,
        _ => throw new ArgumentException($"No record is known for {type}.", nameof(type)),
    };

    private static AvroSchema Schema(string type) => AvroSchema.Parse(Read(type, ".avsc"));

    private static string Read(string type, string suffix) => File.ReadAllText(Repository.Path("events", ModuleOf(type), type + suffix));

    private static string ModuleOf(string type) => type.Split('.')[0] switch
    {
        "webhook_endpoint" => "notify",
        "statement_line" or "expected_item" => "reconciliation",
        _ => "banking",
    };
}
