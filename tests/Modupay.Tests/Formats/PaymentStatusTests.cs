using Modupay.Formats;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class PaymentStatusTests
{
    [Fact]
    public void In_a_partly_accepted_batch_the_unlisted_transactions_are_the_accepted_ones()
    {
        var report = PaymentStatusFile.Parse(Samples.Read("pain002/part.xml"), out _)!;
        Assert.Equal(("OUR-1", "pain.002.001.10", "PART"), (report.OriginalMessageId, report.Version, report.GroupStatus));
        Assert.Equal(PaymentStatusCode.Rejected, report.StatusOf("PMT-1", null, "E-1", out var reasons));
        Assert.Equal(new StatusReason("AC01", "Account number is wrong"), Assert.Single(reasons));
        Assert.Equal(PaymentStatusCode.Accepted, report.StatusOf("PMT-1", null, "E-2", out _));
    }

    [Theory]
    [InlineData("ACSC", PaymentStatusCode.Settled, true)]
    [InlineData("RJCT", PaymentStatusCode.Rejected, true)]
    [InlineData("ACSP", PaymentStatusCode.InProcess, false)]
    [InlineData("RVNM", PaymentStatusCode.PayeeNeedsDecision, false)]
    [InlineData("ACCT", PaymentStatusCode.Unknown, false)]
    [InlineData(null, PaymentStatusCode.Unknown, false)]
    public void A_code_nobody_knows_is_never_final(string? code, PaymentStatusCode meaning, bool final)
    {
        Assert.Equal(meaning, PaymentStatusCodes.Parse(code));
        Assert.Equal(final, meaning.IsFinal());
    }

    [Fact]
    public void A_report_that_breaks_off_is_no_report()
    {
        var whole = Samples.Read("pain002/part.xml");
        Assert.Null(PaymentStatusFile.Parse(whole.AsMemory(0, whole.Length - 20), out var problem));
        Assert.Equal("xml_malformed", problem!.Code);
        Assert.Null(PaymentStatusFile.Parse("<a/>"u8.ToArray(), out problem));
        Assert.Equal("no_status_report", problem!.Code);
    }
}
