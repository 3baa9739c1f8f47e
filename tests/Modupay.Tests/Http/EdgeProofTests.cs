using System.Net;
using Amazon.Runtime;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Deployment;
using Modupay.Http;

namespace Modupay.Tests.Http;

public class EdgeProofTests
{
    private readonly ManualTime _time = new();
    private readonly Dictionary<string, string> _secrets = new(StringComparer.Ordinal) { ["one"] = "first-secret", ["two"] = "second-secret" };
    private int _asked;
    private bool _fails;

    [Theory]
    [InlineData("first-secret", "203.0.113.7")]
    [InlineData("second-secret", "203.0.113.7")]
    [InlineData("third-secret", "70.0.0.1")]
    [InlineData("first-secret,second-secret", "70.0.0.1")]
    [InlineData("", "70.0.0.1")]
    [InlineData(null, "70.0.0.1")]
    public async Task What_cloudfront_wrote_is_believed_when_the_request_proves_that_it_came_that_way(string? header, string expected)
    {
        var context = RequestWith(header);
        await Proof().UseAsync(context, _ => Task.CompletedTask);
        Assert.Equal(IPAddress.Parse(expected), ClientAddress.Of(context));
        Assert.False(context.Request.Headers.ContainsKey(Manifest.EdgeHeader) && header is { Length: > 0 });
    }

    [Fact]
    public async Task A_secret_that_was_replaced_is_believed_within_five_minutes_and_the_one_before_it_no_longer()
    {
        var proof = Proof();
        Assert.True(await proof.IsOursAsync("first-secret", default));
        _secrets["one"] = "replaced-secret";
        Assert.False(await proof.IsOursAsync("replaced-secret", default));
        Assert.Equal(2, _asked);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await proof.IsOursAsync("replaced-secret", default));
        Assert.False(await proof.IsOursAsync("first-secret", default));
        Assert.True(await proof.IsOursAsync("second-secret", default));
    }

    [Fact]
    public async Task While_the_secrets_cannot_be_read_what_was_known_goes_on_and_nobody_new_is_believed()
    {
        var proof = Proof();
        _fails = true;
        Assert.False(await proof.IsOursAsync("first-secret", default));
        _fails = false;
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(await proof.IsOursAsync("first-secret", default));
        _fails = true;
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(await proof.IsOursAsync("first-secret", default));
        Assert.False(await proof.IsOursAsync("third-secret", default));
    }

    [Fact]
    public async Task A_secret_without_text_is_no_secret()
    {
        (_secrets["one"], _secrets["two"]) = ("", "");
        Assert.False(await Proof().IsOursAsync("", default));
    }

    private EdgeProof Proof() => new(["one", "two"], (name, _) =>
    {
        _asked++;
        return _fails ? Task.FromException<string>(new AmazonServiceException("away")) : Task.FromResult(_secrets[name]);
    }, _time, NullLogger<EdgeProof>.Instance);

    private static DefaultHttpContext RequestWith(string? header)
    {
        var settings = new Settings(new Dictionary<string, string>(StringComparer.Ordinal) { ["TRUSTED_PROXIES"] = "1" });
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddSingleton(settings).BuildServiceProvider() };
        context.Request.Headers["X-Forwarded-For"] = "10.0.0.1, 203.0.113.7, 70.0.0.1";
        if (header is not null) context.Request.Headers[Manifest.EdgeHeader] = header;
        return context;
    }
}
