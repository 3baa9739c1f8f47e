using System.Text.Json.Nodes;
using Modupay.Local.Runtime.StepFunctions;
using Xunit;

namespace Modupay.Tests.Local.Runtime.StepFunctions;

public sealed class ExpressionTests
{
    private static readonly JsonNode Input = JsonNode.Parse("""{"a":{"b c":[1,{"d":"x"}]},"name":"Zoë","n":5,"list":[1,2,3],"json":"{\"k\":1}"}""")!;
    private static readonly JsonObject Context = new() { ["Execution"] = new JsonObject { ["Name"] = "e-1" } };

    [Theory]
    [InlineData("$.a['b c'][1].d", "\"x\"")]
    [InlineData("$$.Execution.Name", "\"e-1\"")]
    [InlineData("States.Format('{}: {} of {}', $.name, $.n, $.list)", "\"Zoë: 5 of [1,2,3]\"")]
    [InlineData("States.Format('it\\'s {}', 'fine')", "\"it's fine\"")]
    [InlineData("States.JsonToString($.a)", "\"{\\\"b c\\\":[1,{\\\"d\\\":\\\"x\\\"}]}\"")]
    [InlineData("States.JsonToString($.name)", "\"\\\"Zoë\\\"\"")]
    [InlineData("States.StringToJson($.json)", """{"k":1}""")]
    [InlineData("States.Array($.n, 'two', true, null, States.MathAdd($.n, -7))", """[5,"two",true,null,-2]""")]
    [InlineData("States.MathAdd(States.ArrayLength($.list), 1)", "4")]
    [InlineData("States.ArrayContains($.list, 2)", "true")]
    [InlineData("States.ArrayGetItem($.list, States.MathAdd(1, 1))", "3")]
    [InlineData("States.StringSplit('a,b;c', ',;')", """["a","b","c"]""")]
    [InlineData("States.JsonMerge(States.StringToJson('{\"k\":0,\"l\":2}'), States.StringToJson($.json), false)", """{"k":1,"l":2}""")]
    [InlineData("States.Hash('abc', 'SHA-256')", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"")]
    public void Paths_and_functions_have_a_value(string expression, string expected)
    {
        var value = Expression.Parse(expression).Evaluate(new Scope(Input, Context));

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), value), value?.ToJsonString());
    }

    [Theory]
    [InlineData("$.gone", "States.ParameterPathFailure")]
    [InlineData("States.ArrayGetItem($.list, 3)", "States.IntrinsicFailure")]
    [InlineData("States.StringToJson($.name)", "States.IntrinsicFailure")]
    [InlineData("States.Format('{}', 1, 2)", "States.IntrinsicFailure")]
    [InlineData("States.JsonMerge($.a, $.a, true)", "States.IntrinsicFailure")]
    public void What_cannot_be_computed_fails_under_AWSs_name(string expression, string error) =>
        Assert.Equal(error, Assert.Throws<StateFailure>(() => Expression.Parse(expression).Evaluate(new Scope(Input, Context))).Error);

    [Theory]
    [InlineData("$.list[*]")]
    [InlineData("$..d")]
    [InlineData("$.list[0:1]")]
    [InlineData("$.list[?(@.d==1)]")]
    [InlineData("$.list[-1]")]
    [InlineData("$.")]
    [InlineData("name")]
    [InlineData("'constant'")]
    [InlineData("States.MathRandom(1, 2)")]
    [InlineData("States.ArrayLength($.a, $.b)")]
    [InlineData("States.Format('open")]
    [InlineData("States.UUID(")]
    [InlineData("States.UUID() x")]
    public void What_is_not_supported_is_refused_before_anything_runs(string expression) => Assert.Throws<FormatException>(() => Expression.Parse(expression));
}
