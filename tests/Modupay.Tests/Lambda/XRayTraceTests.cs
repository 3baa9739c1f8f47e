using System.Diagnostics;
using Modupay.Lambda.Runtime;
using Xunit;

namespace Modupay.Tests.Lambda;

public sealed class XRayTraceTests
{
    private const string Header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    [Fact]
    public void The_header_and_the_W3C_context_name_the_same_trace()
    {
        var context = XRayTrace.Parse(Header)!.Value;

        Assert.Equal("5759e988bd862e3fe1be46a994272793", context.TraceId.ToHexString());
        Assert.Equal("53995c3f42cd8ad8", context.SpanId.ToHexString());
        Assert.Equal(ActivityTraceFlags.Recorded, context.TraceFlags);
        Assert.Equal(Header, XRayTrace.Format(context));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Root=1-5759e988-bd862e3fe1be46a994272793")]
    [InlineData("Root=1-nonsense;Parent=53995c3f42cd8ad8;Sampled=1")]
    [InlineData("Self=1-5759e988;Parent=;Sampled=1")]
    public void A_header_without_a_usable_parent_starts_a_new_trace(string? header) => Assert.Null(XRayTrace.Parse(header));
}
