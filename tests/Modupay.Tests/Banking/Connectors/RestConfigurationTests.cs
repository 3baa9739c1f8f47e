using System.Text.Json.Nodes;
using Modupay.Banking.Connectors;
using Modupay.Banking.Connectors.Rest;
using Modupay.Kernel;

namespace Modupay.Tests.Banking.Connectors;

public sealed class RestConfigurationTests
{
    private const string Least = """{"baseUrl":"https://bank.example/api","keyId":"modupay","hmacSecret":"secret:bank/example/hmac"}""";

    [Fact]
    public void What_is_not_written_has_a_default()
    {
        var configuration = RestConfiguration.Parse(Least).Value;
        Assert.Equal("sepa-credit-transfers", configuration.Product);
        Assert.Equal(TimeSpan.FromSeconds(10), configuration.Timeout);
        Assert.Equal(3, configuration.Retry.MaxAttempts);
        Assert.Equal(5, configuration.Breaker.Failures);
        Assert.Contains("NOT_PROCESSED", configuration.NotProcessedCodes);
    }

    [Theory]
    [InlineData("baseUrl", "\"http://bank.example\"")]
    [InlineData("baseUrl", "\"bank.example\"")]
    [InlineData("baseUrl", "\"https://user:password@bank.example\"")]
    [InlineData("baseUrl", "\"https://bank.example?key=1\"")]
    [InlineData("hmacSecret", "\"hunter2\"")]
    [InlineData("keyId", "\"a\\\"b\"")]
    [InlineData("product", "\"../admin\"")]
    [InlineData("timeoutSeconds", "0")]
    [InlineData("timeoutSeconds", "60")]
    [InlineData("retry", "{\"attempts\":50}")]
    [InlineData("breaker", "{\"failures\":0}")]
    public void What_cannot_work_is_refused_by_name(string field, string value)
    {
        var json = JsonNode.Parse(Least)!.AsObject();
        json[field] = JsonNode.Parse(value);
        var problem = RestConfiguration.Parse(json.ToJsonString()).Problem;
        Assert.Equal(Errors.InvalidRequest, problem?.Error);
        Assert.Equal(field, Assert.Single(problem!.Fields!).Field);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("nonsense")]
    [InlineData("""{"baseUrl":"https://bank.example","keyId":"k","hmacSecret":"secret:x","baseURL":"https://other.example"}""")]
    [InlineData("""{"baseUrl":"https://bank.example","keyId":"k","hmacSecret":"secret:x","timeout":3}""")]
    [InlineData("""{"baseUrl":null,"keyId":"k","hmacSecret":"secret:x"}""")]
    public void What_is_not_a_configuration_is_refused(string json) => Assert.NotNull(RestConfiguration.Parse(json).Problem);

    [Fact]
    public void A_kind_that_is_not_built_is_refused() => Assert.NotNull(BankConnectors.Check("iso20022", Least));
}
