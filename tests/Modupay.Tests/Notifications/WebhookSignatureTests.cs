using System.Text;
using Modupay.Notifications.Delivery;
using Xunit;

namespace Modupay.Tests.Notifications;

/// <summary>The vector and the cases that the libraries of Standard Webhooks 1.0.0 are tested with.</summary>
public sealed class WebhookSignatureTests
{
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const long Timestamp = 1614265330;
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"test": 2432232314}""");
    private static readonly WebhookSecret Secret = WebhookSecret.Parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

    [Fact]
    public void The_official_vector_is_signed_as_published() => Assert.Equal(Signature, WebhookSignature.Sign(Id, Timestamp, Body, [Secret]));

    [Theory]
    [InlineData(Id, "1614265330", Signature, "Valid")]
    [InlineData(Id, "1614265330", "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= " + Signature + " v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=", "Valid")]
    [InlineData(null, "1614265330", Signature, "HeaderMissing")]
    [InlineData(Id, null, Signature, "HeaderMissing")]
    [InlineData(Id, "1614265330", null, "HeaderMissing")]
    [InlineData("", "1614265330", Signature, "HeaderMissing")]
    [InlineData(Id, "yesterday", Signature, "TimestampInvalid")]
    [InlineData(Id, "1614265330", "v1,dawfeoifkpqwoekfpqoekf", "NoMatch")]
    [InlineData(Id, "1614265330", "v1,", "NoMatch")]
    [InlineData(Id, "1614265330", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "NoMatch")]
    [InlineData(Id, "1614265330", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "NoMatch")]
    [InlineData(Id, "1614265331", Signature, "NoMatch")]
    [InlineData("msg_other", "1614265330", Signature, "NoMatch")]
    public void A_receiver_accepts_what_we_signed_and_nothing_else(string? id, string? timestamp, string? signature, string expected) =>
        Assert.Equal(expected, WebhookSignature.Verify(id, timestamp, signature, Body, Secret, DateTimeOffset.FromUnixTimeSeconds(Timestamp)).ToString());

    [Theory]
    [InlineData(0, "Valid")]
    [InlineData(300, "Valid")]
    [InlineData(301, "TooOld")]
    [InlineData(-300, "Valid")]
    [InlineData(-301, "TooNew")]
    public void A_signature_holds_five_minutes_in_both_directions(int later, string expected) =>
        Assert.Equal(expected, WebhookSignature.Verify(Id, "1614265330", Signature, Body, Secret, DateTimeOffset.FromUnixTimeSeconds(Timestamp + later)).ToString());

    [Theory]
    [InlineData("9223372036854775807", "TooNew")]
    [InlineData("-9223372036854775808", "TooOld")]
    public void A_timestamp_outside_the_calendar_is_refused_like_any_other(string timestamp, string expected) =>
        Assert.Equal(expected, WebhookSignature.Verify(Id, timestamp, Signature, Body, Secret, DateTimeOffset.FromUnixTimeSeconds(Timestamp)).ToString());

    [Fact]
    public void Every_secret_in_force_signs()
    {
        var other = WebhookSecret.Create();
        var both = WebhookSignature.Sign(Id, Timestamp, Body, [other, Secret]);

        Assert.EndsWith(" " + Signature, both, StringComparison.Ordinal);
        Assert.Equal(SignatureCheck.Valid, WebhookSignature.Verify(Id, "1614265330", both, Body, other, DateTimeOffset.FromUnixTimeSeconds(Timestamp)));
    }

    [Fact]
    public void A_secret_may_come_without_its_prefix() => Assert.Equal(Secret.Key, WebhookSecret.Parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").Key);

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("whsec_c2hvcnQ=")]
    [InlineData("whsec_not base64")]
    public void What_is_no_secret_is_not_taken_for_one(string text) => Assert.Throws<FormatException>(() => WebhookSecret.Parse(text));

    [Fact]
    public void A_new_secret_is_long_random_and_not_printed()
    {
        var secret = WebhookSecret.Create();

        Assert.Equal(32, secret.Key.Length);
        Assert.NotEqual(secret.Text, WebhookSecret.Create().Text);
        Assert.DoesNotContain(secret.Text, $"{secret}", StringComparison.Ordinal);
    }

    [Fact] // echo -n '{"test": 2432232314}' | base64 | tr -d '\n' | openssl dgst -sha256 -hmac whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
    public void X_Signature_is_the_keyed_hash_of_the_body_in_base64() => Assert.Equal("38a6f1b3c50759e568d7e762270ec6ad088a7a589411ff263898c4621e4ee772", WebhookSignature.XSign(Body, Secret));
}
