using System.Text.Json.Nodes;
using Xunit;

namespace Modupay.Tests.Events;

/// <summary>The reader that guards the contracts, seen refusing.</summary>
public sealed class AvroSchemaTests
{
    private const string Schema = """
        {"type":"record","name":"Thing","fields":[
            {"name":"id","type":"string"},
            {"name":"count","type":"int"},
            {"name":"size","type":"long"},
            {"name":"color","type":{"type":"enum","name":"Color","symbols":["red","green"]}},
            {"name":"on","type":["null",{"type":"string","logicalType":"iso8601-date"}],"default":null},
            {"name":"parts","type":{"type":"array","items":{"type":"record","name":"Part","fields":[{"name":"ok","type":"boolean"}]}}}]}
        """;

    private const string Value = """{"id":"a","count":1,"size":3000000000,"color":"red","on":"2026-02-28","parts":[{"ok":true}]}""";

    [Theory]
    [InlineData("\"a\"", "\"a\"")]
    [InlineData("\"2026-02-28\"", "null")]
    [InlineData(",\"on\":\"2026-02-28\"", "")]
    [InlineData("[{\"ok\":true}]", "[]")]
    [InlineData("\"id\":\"a\"", "\"id\":1", "$.id: not string")]
    [InlineData("\"id\":\"a\",", "", "$.id: missing")]
    [InlineData("\"id\":\"a\"", "\"id\":null", "$.id: not string")]
    [InlineData("\"count\":1", "\"count\":3000000000", "$.count: not int")]
    [InlineData("\"count\":1", "\"count\":1.5", "$.count: not int")]
    [InlineData("3000000000", "\"3000000000\"", "$.size: not long")]
    [InlineData("red", "blue", "$.color: blue is no Color")]
    [InlineData("2026-02-28", "2026-02-30", "$.on: not iso8601-date")]
    [InlineData("true", "\"true\"", "$.parts[0].ok: not boolean")]
    [InlineData("true", "true,\"why\":1", "$.parts[0].why: not in the schema")]
    public void A_value_is_held_against_its_schema(string part, string replacement, params string[] problems) =>
        Assert.Equal(problems, AvroSchema.Parse(Schema).Check(JsonNode.Parse(Value.Replace(part, replacement, StringComparison.Ordinal))));

    [Theory]
    [InlineData("\"string\"},", "\"string\"},{\"name\":\"more\",\"type\":[\"null\",\"string\"],\"default\":null},")]
    [InlineData("\"string\"},", "\"string\"},{\"name\":\"more\",\"type\":\"string\"},", "new reads old: $.more: never written, and has no default")]
    [InlineData("{\"name\":\"count\",\"type\":\"int\"},", "", "old reads new: $.count: never written, and has no default")]
    [InlineData("\"name\":\"id\"", "\"name\":\"key\"", "new reads old: $.key: never written, and has no default", "old reads new: $.id: never written, and has no default")]
    [InlineData("\"int\"", "\"long\"", "old reads new: $.count: long is not int")]
    [InlineData("\"red\",\"green\"", "\"red\",\"green\",\"blue\"", "old reads new: $.color: blue is no Color")]
    [InlineData("\"red\",\"green\"", "\"red\"", "new reads old: $.color: green is no Color")]
    [InlineData("\"boolean\"", "[\"null\",\"boolean\"]", "old reads new: $.parts[].ok: may be null for the writer only")]
    [InlineData("iso8601-date", "iso8601-instant", "new reads old: $.on: iso8601-date is not iso8601-instant", "old reads new: $.on: iso8601-instant is not iso8601-date")]
    public void A_changed_schema_is_held_against_the_released_one_both_ways(string part, string replacement, params string[] problems)
    {
        var (released, changed) = (AvroSchema.Parse(Schema), AvroSchema.Parse(Schema.Replace(part, replacement, StringComparison.Ordinal)));

        string[] found =
        [
            .. changed.CannotRead(released).Select(problem => "new reads old: " + problem),
            .. released.CannotRead(changed).Select(problem => "old reads new: " + problem),
        ];
        Assert.Equal(problems, found);
    }

    [Theory]
    [InlineData("""{"type":"map","values":"string"}""")]
    [InlineData("""["string","int"]""")]
    [InlineData("\"Money\"")]
    [InlineData("""{"type":"string","logicalType":"date"}""")]
    [InlineData("""{"type":"record","name":"A","fields":[{"name":"x","type":"string","default":""}]}""")]
    [InlineData("""{"type":"record","name":"A","fields":[{"name":"x","type":"string","order":"ignore"}]}""")]
    public void What_our_schemas_do_not_use_is_refused(string schema) => Assert.Throws<FormatException>(() => AvroSchema.Parse(schema));
}
