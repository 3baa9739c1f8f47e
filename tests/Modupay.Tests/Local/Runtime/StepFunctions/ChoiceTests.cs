using Modupay.Local.Runtime.StepFunctions;
using Xunit;

namespace Modupay.Tests.Local.Runtime.StepFunctions;

public sealed class ChoiceTests
{
    private const string Input = """
        {"s":"beta","t":"2026-01-01T00:00:00Z","later":"2026-01-01T01:30:00+01:00","n":10,"f":10.5,"b":true,"nil":null,"other":"beta","ten":10,"yes":true,"list":[1],"star":"a*b"}
        """;

    [Theory]
    [InlineData("$.s", "StringEquals", "\"beta\"", true)]
    [InlineData("$.s", "StringEquals", "\"Beta\"", false)]
    [InlineData("$.n", "StringEquals", "\"10\"", false)]
    [InlineData("$.s", "StringLessThan", "\"gamma\"", true)]
    [InlineData("$.s", "StringLessThan", "\"beta\"", false)]
    [InlineData("$.s", "StringLessThanEquals", "\"beta\"", true)]
    [InlineData("$.s", "StringGreaterThan", "\"alpha\"", true)]
    [InlineData("$.s", "StringGreaterThanEquals", "\"beta\"", true)]
    [InlineData("$.s", "StringGreaterThanEquals", "\"c\"", false)]
    [InlineData("$.s", "StringEqualsPath", "\"$.other\"", true)]
    [InlineData("$.s", "StringLessThanPath", "\"$.other\"", false)]
    [InlineData("$.s", "StringMatches", "\"b*a\"", true)]
    [InlineData("$.s", "StringMatches", "\"*et*\"", true)]
    [InlineData("$.s", "StringMatches", "\"b*ta*ta\"", false)]
    [InlineData("$.star", "StringMatches", "\"a\\\\*b\"", true)]
    [InlineData("$.s", "StringMatches", "\"be\\\\*a\"", false)]
    [InlineData("$.n", "NumericEquals", "10.0", true)]
    [InlineData("$.s", "NumericEquals", "10", false)]
    [InlineData("$.n", "NumericLessThan", "10.5", true)]
    [InlineData("$.f", "NumericLessThanEquals", "10.5", true)]
    [InlineData("$.f", "NumericGreaterThan", "10", true)]
    [InlineData("$.n", "NumericGreaterThanEquals", "11", false)]
    [InlineData("$.n", "NumericEqualsPath", "\"$.ten\"", true)]
    [InlineData("$.n", "NumericGreaterThanEqualsPath", "\"$.f\"", false)]
    [InlineData("$.b", "BooleanEquals", "true", true)]
    [InlineData("$.b", "BooleanEquals", "false", false)]
    [InlineData("$.n", "BooleanEquals", "true", false)]
    [InlineData("$.b", "BooleanEqualsPath", "\"$.yes\"", true)]
    [InlineData("$.t", "TimestampEquals", "\"2026-01-01T01:00:00+01:00\"", true)]
    [InlineData("$.t", "TimestampLessThan", "\"2026-01-01T00:00:01Z\"", true)]
    [InlineData("$.t", "TimestampLessThanEquals", "\"2025-12-31T23:59:59Z\"", false)]
    [InlineData("$.t", "TimestampGreaterThan", "\"2025-12-31T23:59:59Z\"", true)]
    [InlineData("$.t", "TimestampGreaterThanEquals", "\"2026-01-01T00:00:00Z\"", true)]
    [InlineData("$.later", "TimestampGreaterThanPath", "\"$.t\"", true)]
    [InlineData("$.s", "TimestampEquals", "\"2026-01-01T00:00:00Z\"", false)]
    [InlineData("$.nil", "IsNull", "true", true)]
    [InlineData("$.s", "IsNull", "true", false)]
    [InlineData("$.gone", "IsPresent", "false", true)]
    [InlineData("$.nil", "IsPresent", "true", true)]
    [InlineData("$.list[0]", "IsPresent", "true", true)]
    [InlineData("$.list[1]", "IsPresent", "true", false)]
    [InlineData("$.f", "IsNumeric", "true", true)]
    [InlineData("$.s", "IsNumeric", "false", true)]
    [InlineData("$.s", "IsString", "true", true)]
    [InlineData("$.b", "IsBoolean", "true", true)]
    [InlineData("$.t", "IsTimestamp", "true", true)]
    [InlineData("$.s", "IsTimestamp", "true", false)]
    public void Every_operator_compares_as_AWS_documents(string variable, string operation, string operand, bool matches) =>
        Assert.Equal(matches, Decide($$"""{"Variable":"{{variable}}","{{operation}}":{{operand}},"Next":"Yes"}"""));

    [Theory]
    [InlineData("""{"And":[{"Variable":"$.n","IsNumeric":true},{"Variable":"$.n","NumericGreaterThan":5}],"Next":"Yes"}""", true)]
    [InlineData("""{"And":[{"Variable":"$.gone","IsPresent":true},{"Variable":"$.gone","NumericGreaterThan":5}],"Next":"Yes"}""", false)]
    [InlineData("""{"Or":[{"Variable":"$.n","NumericEquals":1},{"Not":{"Variable":"$.s","StringEquals":"x"}}],"Next":"Yes"}""", true)]
    [InlineData("""{"Not":{"Or":[{"Variable":"$.n","NumericEquals":10}]},"Next":"Yes"}""", false)]
    public void Conditions_combine(string rule, bool matches) => Assert.Equal(matches, Decide(rule));

    [Fact]
    public void Asking_for_a_field_that_is_missing_is_an_error_nothing_can_catch() =>
        Assert.Equal(StateFailure.RuntimeError, Assert.Throws<StateFailure>(() => Decide("""{"Variable":"$.gone","StringEquals":"x","Next":"Yes"}""")).Error);

    [Fact]
    public void No_match_and_no_default_is_an_error() => Assert.Equal("States.NoChoiceMatched", Assert.Throws<StateFailure>(() =>
        new Machine().Run("""{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"E"}]},"E":{"Type":"Succeed"}}}""", Input)).Error);

    private static bool Decide(string rule) => new Machine().Run("""
        {"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[RULE],"Default":"No"},"Yes":{"Type":"Pass","Result":true,"End":true},"No":{"Type":"Pass","Result":false,"End":true}}}
        """.Replace("RULE", rule, StringComparison.Ordinal), Input)!.GetValue<bool>();
}
