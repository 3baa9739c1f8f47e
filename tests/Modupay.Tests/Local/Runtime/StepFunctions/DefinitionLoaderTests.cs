using Modupay.Local.Runtime.StepFunctions;
using Xunit;

namespace Modupay.Tests.Local.Runtime.StepFunctions;

public sealed class DefinitionLoaderTests
{
    private const string Task = """ "Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true """;

    [Theory]
    [InlineData("""{"Type":"Pass","Assign":{},"End":true}""", "/S: Assign is not supported here")]
    [InlineData("""{"Type":"Pass","Result":{}}""", "/S: Next or End is required, and only one of them")]
    [InlineData("""{"Type":"Pass","Next":"Gone"}""", "/S: leads to a state that is not there: Gone")]
    [InlineData("""{"Type":"Pass","Result":1,"ResultPath":"$.a[0]","End":true}""", "/S: ResultPath $.a[0] cannot be written")]
    [InlineData("""{"Type":"Pass","Parameters":{"x.$":"$.a[*]"},"End":true}""", "/S: Parameters '$.a[*]' is not a reference path")]
    [InlineData("""{"Type":"Pass","Parameters":{"x.$":"States.Base64Encode($)"},"End":true}""", "/S: Parameters the intrinsic function States.Base64Encode is not supported")]
    [InlineData("""{"Type":"Pass","QueryLanguage":"JSONata","End":true}""", "/S: QueryLanguage is not supported here")]
    [InlineData("""{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true}""", "/S: Resource arn:aws:states:::sqs:sendMessage is not supported here; use arn:aws:states:::lambda:invoke")]
    [InlineData("{" + Task + ""","Credentials":{}}""", "/S: Credentials is not supported here")]
    [InlineData("{" + Task + ""","TimeoutSecondsPath":"$.t"}""", "/S: TimeoutSecondsPath is not supported here")]
    [InlineData("{" + Task + ""","Retry":[{"ErrorEquals":["A"],"MaxTries":2}]}""", "/S.Retry[0]: MaxTries is not supported here")]
    [InlineData("{" + Task + ""","Retry":[{"ErrorEquals":["States.ALL","A"]}]}""", "/S.Retry[0]: ErrorEquals with States.ALL must have nothing else")]
    [InlineData("{" + Task + ""","Retry":[{"ErrorEquals":["A"],"BackoffRate":0.5}]}""", "/S.Retry[0]: BackoffRate must be a number not below 1")]
    [InlineData("{" + Task + ""","Catch":[{"ErrorEquals":["A"],"Next":"Gone"}]}""", "/S: leads to a state that is not there: Gone")]
    [InlineData("""{"Type":"Wait","Seconds":1,"Timestamp":"2026-01-01T00:00:00Z","End":true}""", "/S: Seconds or exactly one of Timestamp, SecondsPath, TimestampPath is required")]
    [InlineData("""{"Type":"Choice","Choices":[{"Variable":"$.a","StringEqualsIgnoreCase":"x","Next":"S"}]}""", "/S.Choices[0]: StringEqualsIgnoreCase is not supported here with that operand")]
    [InlineData("""{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":"1","Next":"S"}]}""", "/S.Choices[0]: NumericEquals is not supported here with that operand")]
    [InlineData("""{"Type":"Choice","Choices":[{"Variable":"$.a","Next":"S"}]}""", "/S.Choices[0]: Variable needs exactly one operator")]
    [InlineData("""{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"End":true}""", "/S.ItemProcessor: Mode must be INLINE")]
    [InlineData("""{"Type":"Map","Iterator":{},"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"End":true}""", "/S: Iterator is not supported here")]
    [InlineData("""{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"A":{"Type":"Succeed"}}}],"End":true}""", "/S.Branches[0]: StartAt names no state: B")]
    [InlineData("""{"Type":"Activity"}""", "/S: Type Activity is not supported here")]
    public void What_would_run_differently_here_is_refused_with_state_and_field(string state, string message) =>
        Assert.Equal(message, Assert.Throws<DefinitionException>(() => DefinitionLoader.Load(Machine.Single(state))).Message);

    [Fact]
    public void A_placeholder_nobody_fills_is_refused() =>
        Assert.Equal("definition: nothing fills the placeholder ${Tasks}", Assert.Throws<DefinitionException>(() =>
            DefinitionLoader.Load(Machine.Single("{" + Task + ""","Parameters":{"FunctionName":"${Tasks}"}}"""))).Message);

    [Fact]
    public void JSONata_is_refused_as_a_whole() =>
        Assert.Throws<DefinitionException>(() => DefinitionLoader.Load("""{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Succeed"}}}"""));
}
