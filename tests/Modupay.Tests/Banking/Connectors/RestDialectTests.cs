using System.Text;
using System.Text.Json.Nodes;
using Modupay.Banking.Connectors;
using Modupay.Banking.Connectors.Rest;
using Modupay.Kernel;

namespace Modupay.Tests.Banking.Connectors;

public sealed class RestDialectTests
{
    private static readonly RestDialect Dialect = new(["NOT_PROCESSED"]);

    private static readonly string[] Bodies =
    [
        "", "{}", "null", "[]", "not json", "{\"paymentId\":7}", "{\"paymentId\":\"B1\"}", "{\"paymentId\":\"B1\",\"paymentId\":\"B2\",\"transactionStatus\":\"ACSC\"}",
        "{\"paymentId\":\"B1\",\"transactionStatus\":\"ACSC\"}", "{\"paymentId\":\"B1\",\"transactionStatus\":\"RCVD\"}", "{\"paymentId\":\"B1\",\"transactionStatus\":\"NEW1\"}",
        "{\"paymentId\":\"B1\",\"transactionStatus\":\"RCVD\",\"_links\":{\"scaRedirect\":{\"href\":\"https://bank.example\"}}}", "{\"paymentId\":\"B1\",\"transactionStatus\":\"RCVD\",\"_links\":\"?\"}",
        "{\"paymentId\":\"B1\",\"transactionStatus\":\"RJCT\"}", "{\"paymentId\":\"B1\",\"transactionStatus\":\"RJCT\",\"tppMessages\":[{\"category\":\"ERROR\",\"code\":\"AC04\",\"text\":\"Closed.\"}]}",
        "{\"paymentId\":\"\\ud800\",\"transactionStatus\":\"ACSC\"}",
        "{\"tppMessages\":[{\"category\":\"ERROR\",\"code\":\"AM04\",\"text\":\"No money.\"}]}", "{\"tppMessages\":[{\"category\":\"WARNING\",\"code\":\"AM04\"}]}", "{\"tppMessages\":[null]}",
        "{\"tppMessages\":[{\"category\":\"ERROR\",\"code\":\"NOT_PROCESSED\"}]}", "{\"tppMessages\":[{\"category\":\"ERROR\",\"code\":\"SIGNATURE_INVALID\"}]}",
        "{\"tppMessages\":[{\"category\":\"ERROR\",\"code\":\"RESOURCE_UNKNOWN\"}]}",
        "{\"payments\":[]}", "{\"payments\":[{\"paymentId\":\"B1\"}]}", "{\"payments\":[{}]}", "{\"payments\":[null]}", "{\"payments\":[{\"paymentId\":\"B1\"},{\"paymentId\":\"B2\"}]}",
    ];

    private static readonly int[] Statuses = [200, 201, 204, 302, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503];

    /// <summary>Every status with every body, so that a change of what we believe shows in review.</summary>
    [Fact]
    public void Believes_what_was_approved() => Approved.Matches(string.Join('\n', Readers().SelectMany(reader => Statuses.SelectMany(status => Bodies
        .Select(body => (Body: body, Answer: reader.Read(new Exchange.Answered(status, Encoding.UTF8.GetBytes(body), null))))
        .GroupBy(read => Show(read.Answer))
        .Select(group => $"{reader.Name,-10} {status} {group.Key}\n{string.Join('\n', group.Select(read => "    " + read.Body))}")))), "rest-answers.approved.txt");

    [Fact]
    public void Never_says_that_an_order_was_not_sent_unless_the_bank_or_the_network_proves_it()
    {
        foreach (var status in Statuses)
        {
            foreach (var body in Bodies)
            {
                var answer = Dialect.ReadSubmission(new Exchange.Answered(status, Encoding.UTF8.GetBytes(body), null));
                if (answer is BankAnswer.NotSent) Assert.True(status == 401 || (status is 404 && body.Contains("\"ERROR\"")) || body.Contains("NOT_PROCESSED") || body.Contains("SIGNATURE_INVALID"), $"{status} {body}");
                if (answer.IsFinal) Assert.Contains("\"", body);
            }
        }

        Assert.IsType<BankAnswer.InDoubt>(Dialect.ReadSubmission(new Exchange.Silent("timeout")));
        Assert.IsType<BankAnswer.NotSent>(Dialect.ReadSubmission(new Exchange.NotReached("refused", TimeSpan.Zero)));
    }

    [Fact]
    public void Bytes_that_are_not_text_leave_doubt()
    {
        byte[] body = [.. "{\"paymentId\":\""u8, 0xff, 0xfe, .. "\",\"transactionStatus\":\"ACSC\"}"u8];
        Assert.IsType<BankAnswer.InDoubt>(Dialect.ReadSubmission(new Exchange.Answered(201, body, null)));
    }

    [Theory]
    [InlineData(123450, "EUR", "1234.50")]
    [InlineData(1234, "XOF", "1234")]
    [InlineData(1, "TND", "0.001")]
    public void An_amount_is_written_with_the_decimals_of_its_currency(long minor, string currency, string written) =>
        Assert.Equal(written, (string?)Json(Order(minor, currency, "Invoice 7"))["instructedAmount"]!["amount"]);

    [Fact]
    public void A_reference_travels_as_a_reference_and_text_as_text()
    {
        var structured = Json(Order(100, "EUR", "RF18539007547034"));
        Assert.Equal("RF18539007547034", (string?)structured["remittanceInformationStructured"]!["reference"]);
        Assert.Equal("SCOR", (string?)structured["remittanceInformationStructured"]!["referenceType"]);
        Assert.Null(structured["remittanceInformationUnstructured"]);

        // One digit wrong: no reference, and a bank would refuse it as one.
        var text = Json(Order(100, "EUR", "RF19539007547034"));
        Assert.Equal("RF19539007547034", (string?)text["remittanceInformationUnstructured"]);
        Assert.Null(text["remittanceInformationStructured"]);
    }

    [Fact]
    public void An_order_does_not_print_whom_it_pays()
    {
        var text = Order(100, "EUR", "Invoice 7").ToString();
        Assert.DoesNotContain("DE", text);
        Assert.DoesNotContain("Supplier", text);
        Assert.Contains("RF18539007547034", text);
    }

    private static (string Name, Func<Exchange, BankAnswer> Read)[] Readers() =>
        [("submission", Dialect.ReadSubmission), ("look-up", Dialect.ReadLookUp), ("status", exchange => Dialect.ReadStatus("B1", exchange))];

    private static string Show(BankAnswer answer) => answer switch
    {
        BankAnswer.Accepted accepted => $"accepted {accepted.BankReference}",
        BankAnswer.Refused refused => $"refused {refused.Code} {refused.Detail}",
        BankAnswer.InDoubt doubt => $"in doubt: {doubt.Reason}",
        BankAnswer.NotSent notSent => $"not sent, wait {notSent.RetryAfter.TotalSeconds} s: {notSent.Reason}",
        _ => "not found",
    };

    private static JsonNode Json(BankOrder order) => JsonNode.Parse(RestDialect.Write(order))!;

    private static BankOrder Order(long minor, string currency, string remittance) => new(new SliceId(Guid.Parse("018f3c1e-0000-7000-8000-000000000001")), "RF18539007547034",
        new Money(minor, Currency.Known(currency)), "DE89370400440532013000", "Commune", "Supplier", "DE02120300000000202051", null, remittance);
}
