using System.Text;
using System.Text.Json.Nodes;
using Modupay.Banking.Connectors.Signing;

namespace Modupay.Tests.Banking.Connectors;

public sealed class HttpSignatureTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SignatureKey Key = SignatureKey.Of("test-key", "a secret between two");
    private static readonly SignatureRules Rules = new(["@method", "@authority", "@path", "@query", "x-request-id"], TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5));

    /// <summary>RFC 9421 appendix B.2.5 (IETF Trust, code components under BSD-3), with the example request of B.2 and the shared secret of B.1.5.</summary>
    [Fact]
    public void The_hmac_vector_of_the_rfc_is_made_and_verified()
    {
        var headers = new Dictionary<string, string> { ["date"] = "Tue, 20 Apr 2021 02:07:55 GMT", ["content-type"] = "application/json" };
        var message = new SignedMessage("POST", "example.com", "/foo", "?param=Value&Pet=dog", headers.GetValueOrDefault);
        var secret = Convert.FromBase64String("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==");

        var input = SignatureInput.Parse("sig-b25=(\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"")!;
        var text = HttpSignature.Base(message, input.Components, input.Parameters);

        Assert.Equal("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=", Convert.ToBase64String(HttpSignature.Mac(text, secret)));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1618884473), input.Created);
        Assert.Equal("test-shared-secret", input.KeyId);
    }

    /// <summary>The other vectors of the RFC use keys we do not sign with, but the text that is signed is the same for every algorithm.</summary>
    [Fact]
    public void Every_vector_of_the_corpus_has_the_signature_base_the_rfc_prints()
    {
        var file = Path.Combine(Repository.Root, "..", "shared", "corpora", "providers", "http", "rfc9421-vectors.json");
        if (!File.Exists(file))
        {
            Console.WriteLine("The corpus is not here; the vector written above stands for it.");
            return;
        }

        var corpus = JsonNode.Parse(File.ReadAllText(file))!;
        foreach (var vector in corpus["vectors"]!.AsArray())
        {
            var input = SignatureInput.Parse((string)vector!["signatureInput"]!)!;
            var carrier = corpus[input.Components.Contains("@status") ? "response" : "request"]!["headers"]!.AsObject().ToDictionary(header => header.Key.ToLowerInvariant(), header => (string)header.Value!);
            var message = new SignedMessage("POST", "example.com", "/foo", "?param=Value&Pet=dog", carrier.GetValueOrDefault);
            // We sign requests only, so a status is none of our components.
            if (input.Components.Contains("@status")) Assert.Null(message.Value("@status"));
            else Assert.Equal((string)vector["signatureBase"]!, HttpSignature.Base(message, input.Components, input.Parameters));
        }
    }

    [Fact]
    public async Task A_request_we_signed_is_accepted()
    {
        var (message, body) = await SignedAsync();
        var check = HttpSignature.Verify(message, body, Rules, Secret, Now);
        Assert.Null(check.Refusal);
        Assert.Equal(Key.Id, check.Signature!.KeyId);
        Assert.NotEmpty(check.Signature.Nonce!);
    }

    [Theory]
    [InlineData("method", "signature is wrong")]
    [InlineData("path", "signature is wrong")]
    [InlineData("query", "signature is wrong")]
    [InlineData("authority", "signature is wrong")]
    [InlineData("x-request-id", "signature is wrong")]
    [InlineData("idempotency-key", "signature is wrong")]
    [InlineData("content-type", "signature is wrong")]
    [InlineData("content-digest", "signature is wrong")]
    [InlineData("body", "not the one that was signed")]
    [InlineData("body and digest", "signature is wrong")]
    public async Task A_request_that_was_changed_on_its_way_is_refused(string what, string why)
    {
        var (message, body) = await SignedAsync();
        var changedBody = Encoding.UTF8.GetBytes("{\"amount\":\"9\"}");
        var (changed, received) = what switch
        {
            "method" => (message with { Method = "PUT" }, body),
            "path" => (message with { Path = "/v1/other" }, body),
            "query" => (message with { Query = "?all=true" }, body),
            "authority" => (message with { Authority = "other.example" }, body),
            "body" => (message, changedBody),
            "body and digest" => (With(message, "content-digest", ContentDigest.Of(changedBody)), changedBody),
            _ => (With(message, what, "changed"), body),
        };

        Assert.Contains(why, HttpSignature.Verify(changed, received, Rules, Secret, Now).Refusal);
    }

    [Theory]
    [InlineData(-31, "future")]
    [InlineData(120, "expired")]
    public async Task A_signature_holds_only_in_its_time(int seconds, string why)
    {
        var (message, body) = await SignedAsync();
        Assert.Contains(why, HttpSignature.Verify(message, body, Rules, Secret, Now.AddSeconds(seconds)).Refusal);
    }

    [Fact]
    public async Task A_key_nobody_knows_opens_nothing()
    {
        var (message, body) = await SignedAsync();
        Assert.Contains("unknown", HttpSignature.Verify(message, body, Rules, _ => null, Now).Refusal);
        Assert.Contains("wrong", HttpSignature.Verify(message, body, Rules, _ => [1, 2, 3], Now).Refusal);
    }

    [Fact]
    public async Task A_verifier_insists_on_everything_it_relies_on()
    {
        var (message, body) = await SignedAsync();
        Assert.Contains("x-tenant must be signed", HttpSignature.Verify(message, body, Rules with { Required = ["x-tenant"] }, Secret, Now).Refusal);
        Assert.Contains("valid for too long", HttpSignature.Verify(message, body, Rules with { MaxAge = TimeSpan.FromSeconds(60) }, Secret, Now).Refusal);
        Assert.Contains("missing", HttpSignature.Verify(Without(message, "signature"), body, Rules, Secret, Now).Refusal);
        Assert.Contains("missing", HttpSignature.Verify(Without(message, "signature-input"), body, Rules, Secret, Now).Refusal);
        Assert.Contains("not there", HttpSignature.Verify(Without(message, "x-request-id"), body, Rules, Secret, Now).Refusal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sig1")]
    [InlineData("sig1=")]
    [InlineData("sig1=()x")]
    [InlineData("sig1=(\"@method\"")]
    [InlineData("sig1=(\"@method\"\"@path\");created=1")]
    [InlineData("sig1=(\"@method\" \"@method\");created=1")]
    [InlineData("sig1=(\"@method\");created=1;created=2")]
    [InlineData("sig1=(\"@method\");created=999999999999999999999")]
    [InlineData("sig1=(\"@method\";req);created=1")]
    [InlineData("sig1=(\"@method\");nonce=\"unfinished")]
    [InlineData("sig1=(\"@method\");created=1, sig2=(\"@path\");created=1")]
    public void What_is_not_one_plain_signature_is_not_read(string? header) => Assert.Null(SignatureInput.Parse(header));

    [Fact]
    public void A_digest_we_cannot_check_is_no_digest()
    {
        Assert.False(ContentDigest.Matches("md5=:AAAA:", "x"u8));
        Assert.False(ContentDigest.Matches(null, "x"u8));
        Assert.False(ContentDigest.Matches(ContentDigest.Of("x"u8) + ", sha-512=:AAAA:", "x"u8));
        Assert.True(ContentDigest.Matches("md5=:AAAA:, " + ContentDigest.Of("x"u8), "x"u8));
        // RFC 9421 B.2: the body {"hello": "world"} and its SHA-512.
        Assert.True(ContentDigest.Matches("sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:", "{\"hello\": \"world\"}"u8));
    }

    private static byte[]? Secret(string id) => id == Key.Id ? Key.Secret : null;

    private static async Task<(SignedMessage Message, byte[] Body)> SignedAsync()
    {
        var body = Encoding.UTF8.GetBytes("{\"amount\":\"1\"}");
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://Bank.Example/v1/payments?dry=1") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("X-Request-ID", "018f3c1e-0000-7000-8000-000000000001");
        request.Headers.Add("Idempotency-Key", "\"sl_1\"");
        HttpSignature.Sign(request, body, Key, Now, TimeSpan.FromMinutes(2));

        var headers = request.Headers.Concat(request.Content.Headers).ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(", ", header.Value));
        return (new SignedMessage("POST", "bank.example", "/v1/payments", "?dry=1", headers.GetValueOrDefault), await request.Content.ReadAsByteArrayAsync());
    }

    private static SignedMessage With(SignedMessage message, string header, string value) => message with { Header = name => name == header ? value : message.Header(name) };

    private static SignedMessage Without(SignedMessage message, string header) => message with { Header = name => name == header ? null : message.Header(name) };
}
