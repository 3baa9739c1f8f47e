using System.Text;
using Modupay.Local.Runtime;
using Xunit;

namespace Modupay.Tests.Local.Runtime;

/// <summary>The table of the Lambda documentation: what counts as success, and what fails the whole batch.</summary>
public sealed class BatchVerdictTests
{
    [Theory]
    [InlineData("""{"batchItemFailures":[]}""", "")]
    [InlineData("""{"batchItemFailures":null}""", "")]
    [InlineData("""{}""", "")]
    [InlineData("null", "")]
    [InlineData("", "")]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":"b"}]}""", "b")]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"}]}""", "a c")]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":""}]}""", "a b c")]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":null}]}""", "a b c")]
    [InlineData("""{"batchItemFailures":[{"messageId":"a"}]}""", "a b c")]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"stranger"}]}""", "a b c")]
    [InlineData("""{"batchItemFailures":"a"}""", "a b c")]
    [InlineData("""["a"]""", "a b c")]
    [InlineData("""{"batchItemFailures":[""", "a b c")]
    public void An_answer_names_the_messages_that_come_again(string answer, string failed) =>
        Assert.Equal(failed, Read(InvocationResult.Answer(Encoding.UTF8.GetBytes(answer))));

    [Fact]
    public void A_function_that_fails_fails_the_whole_batch() => Assert.Equal("a b c", Read(InvocationResult.Failed("Runtime.ExitError", "killed")));

    private static string Read(InvocationResult result) => string.Join(' ', BatchVerdict.Read(result, ["a", "b", "c"]).Failed.Order(StringComparer.Ordinal));
}
