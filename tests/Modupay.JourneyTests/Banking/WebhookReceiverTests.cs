using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Modupay.Local.Simulators;

namespace Modupay.JourneyTests.Banking;

public sealed class WebhookReceiverTests
{
    // The official vector of Standard Webhooks 1.0.0.
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string MessageId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const long Timestamp = 1614265330;
    private const string Payload = "{\"test\": 2432232314}";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    [Theory]
    [InlineData(Signature, 0, true)]
    [InlineData("v1a,AAAA v1,AAAA " + Signature, 0, true)]
    [InlineData(Signature, 299, true)]
    [InlineData(Signature, 301, false)]
    [InlineData(Signature, -301, false)]
    [InlineData("v1,AAAA", 0, false)]
    [InlineData("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 0, false)]
    [InlineData("", 0, false)]
    public async Task Believes_only_a_signature_that_is_right_and_fresh(string signature, int seconds, bool valid)
    {
        await using var receiver = await StartAsync(clockAheadSeconds: seconds);
        receiver.Trust(Secret);

        var status = await SendAsync(receiver, signature, Payload);

        Assert.Equal(valid ? HttpStatusCode.NoContent : HttpStatusCode.Unauthorized, status);
        Assert.Equal(valid, Assert.Single(receiver.Received).SignatureValid);
    }

    [Fact]
    public async Task A_changed_body_is_not_believed()
    {
        await using var receiver = await StartAsync();
        receiver.Trust(Secret);
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(receiver, Signature, Payload.Replace('2', '3')));
    }

    [Fact]
    public async Task Nobody_is_believed_before_a_secret_is_trusted()
    {
        await using var receiver = await StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(receiver, Signature, Payload));
        Assert.Throws<ArgumentException>(() => receiver.Trust("whsec_"));
    }

    [Fact]
    public async Task Fails_as_often_as_it_is_told_to_and_remembers_everything()
    {
        await using var receiver = await StartAsync();
        receiver.Trust(Secret);
        receiver.Answer(503, times: 2);
        receiver.Answer(410);
        var statuses = new List<int>();
        for (var i = 0; i < 4; i++) statuses.Add((int)await SendAsync(receiver, Signature, Payload));
        Assert.Equal([503, 503, 410, 204], statuses);

        using var http = new HttpClient();
        var list = JsonNode.Parse(await http.GetStringAsync(receiver.Url + "/received"))!.AsArray();
        Assert.Equal([503, 503, 410, 204], list.Select(item => (int)item!["answered"]!));
        Assert.All(list, item => Assert.Equal((MessageId, true), ((string)item!["id"]!, (bool)item["signatureValid"]!)));
    }

    private static Task<WebhookReceiver> StartAsync(int clockAheadSeconds = 0) =>
        WebhookReceiver.StartAsync(0, new ManualTime(DateTimeOffset.FromUnixTimeSeconds(Timestamp + clockAheadSeconds)), default);

    private static async Task<HttpStatusCode> SendAsync(WebhookReceiver receiver, string signature, string body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, receiver.Url + "/webhooks") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("webhook-id", MessageId);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", Timestamp.ToString());
        request.Headers.TryAddWithoutValidation("webhook-signature", signature);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
