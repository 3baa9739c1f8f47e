using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Http;
using Modupay.JourneyTests.Journeys;
using Modupay.Local;
using Modupay.Tenancy;

namespace Modupay.JourneyTests.Security;

/// <summary>
/// What no HTTP client writes, written by hand: through the gateway, and to the function itself, which must not rely on what stands before it.
/// </summary>
[Collection(Journeys.Journeys.Name)]
public sealed class BrokenWireTests(RunningCloud running)
{
    private static readonly string[] Requests =
    [
        Head("GET /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Authorization: Bearer KEY"),
        Head("GET /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Authorization: Basic eDp4"),
        Head("GET /v1/payouts HTTP/1.1", "Authorization : Bearer KEY"),
        Head("GET /v1/payouts HTTP/1.1", "Authorization: Bearer\r\n KEY"),
        Head("GET /v1/payouts HTTP/9.9", "Authorization: Bearer KEY"),
        Head("GET /v1/payouts", ""),
        Head("GET  /v1/payouts HTTP/1.1", ""),
        Head("GET /v1/pay\0outs HTTP/1.1", "Authorization: Bearer KEY"),
        Head("GET /v1/payouts\u00e9 HTTP/1.1", "Authorization: Bearer KEY"),
        Head("GET http://evil.example/v1/nothing HTTP/1.1", "Authorization: Bearer KEY"),
        Head("CONNECT evil.example:443 HTTP/1.1", ""),
        Head("TRACE /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Max-Forwards: 0"),
        Head("GET /v1/nothing HTTP/1.1", "Host: evil.example", "Authorization: Bearer KEY"),
        Head("GET /v1/nothing HTTP/1.1", "X-Request-Id: a\rX-Injected: yes", "Authorization: Bearer KEY"),
        Head("GET /v1/nothing HTTP/1.1", "X-Request-Id: a\nX-Injected: yes", "Authorization: Bearer KEY"),
        Head("GET /v1/nothing HTTP/1.1", "X-Request-Id: a\0b", "Authorization: Bearer KEY"),
        Head("GET /v1/nothing HTTP/1.1", "X-Large: " + new string('x', 64 * 1024), "Authorization: Bearer KEY"),
        Head("GET /v1/nothing HTTP/1.1", [.. Enumerable.Range(0, 500).Select(i => $"X-Many-{i}: 1"), "Authorization: Bearer KEY"]),
        Head("GET /v1/" + new string('a', 20_000) + " HTTP/1.1", "Authorization: Bearer KEY"),
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Content-Length: -1") + "{}",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Content-Length: 2", "Content-Length: 3") + "{}",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Content-Length: 99999999999999999999") + "{}",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Content-Length: 999999999") + "{}",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Transfer-Encoding: chunked") + "zz\r\n{}\r\n0\r\n\r\n",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Transfer-Encoding: chunked") + "2\r\n{}garbage\r\n0\r\n\r\n",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Transfer-Encoding: chunked") + "ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Transfer-Encoding: chunked", "Content-Length: 2") + "2\r\n{}\r\n0\r\n\r\n",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Transfer-Encoding: gzip, chunked") + "2\r\n{}\r\n0\r\n\r\n",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Transfer-Encoding: identity") + "{}",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Idempotency-Key: wire-2", "Content-Type: application/json", "Content-Length: 2") + "{}",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wi\u0001re", "Content-Type: application/json", "Content-Length: 2") + "{}",
        Head("POST /v1/payouts HTTP/1.1", "Authorization: Bearer KEY", "Idempotency-Key: wire", "Content-Type: application/json", "Content-Encoding: gzip", "Content-Length: 2") + "{}",
        "\0\0\0\0\r\n\r\n",
        "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\r\n\r\n",
    ];

    [Theory]
    [InlineData("gateway")]
    [InlineData("function")]
    public async Task Broken_requests_are_refused_and_the_next_one_is_answered(string where)
    {
        await using var services = await Services.OpenAsync(running.Cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, CancellationToken.None);
        var organization = await Organizations.CreateAsync(services.Database, "Broken wires", live: false, CancellationToken.None);
        var key = await TestKeys.InsertAsync(services.Database, organization.Tenant, live: false, Roles.Organization);
        await using var function = ApiHost.Build(services, "http://127.0.0.1:0", _ => { });
        await function.StartAsync();
        var address = new Uri(where == "gateway" ? running.Cloud.ApiUrl : function.Urls.First());
        var wrong = new List<string>();
        await Parallel.ForEachAsync(Requests, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (request, _) =>
        {
            var answer = await SayAsync(address, request.Replace("KEY", key, StringComparison.Ordinal));
            if (Judge(answer) is { } bad) lock (wrong) wrong.Add($"{bad}: {request[..Math.Min(request.Length, 250)]}\n=> {answer[..Math.Min(answer.Length, 600)]}");
        });
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));

        using var intruder = new Intruder(address.GetLeftPart(UriPartial.Authority));
        Assert.Null(Civility.Manners(await intruder.SendAsync(new("afterwards", "GET", "/v1/payouts", key))));
        LoggedSecrets.AreAbsent(running, [key]);
    }

    /// <returns>What is wrong with an answer; being hung up on is a fair one.</returns>
    private static string? Judge(string answer)
    {
        if (answer.Length == 0) return null;
        var (head, body) = answer.Split("\r\n\r\n", 2) is [var first, var rest] ? (first, rest) : (answer, "");
        var status = head.StartsWith("HTTP/1.", StringComparison.Ordinal) ? head.Split(' ')[1] : "";
        // 505 is what HTTP asks for when its version is one that does not exist.
        if (status is not ['4', ..] and not "505") return "not refused";
        if (head.Contains("\nX-Injected", StringComparison.OrdinalIgnoreCase) || head.Contains("Access-Control", StringComparison.OrdinalIgnoreCase) || head.Contains("\nServer:", StringComparison.OrdinalIgnoreCase)) return "a header it should not have";
        // What cannot be read as HTTP is refused before anything of ours runs, in few words; the rest has our headers.
        if (!head.Contains("X-Request-Id", StringComparison.OrdinalIgnoreCase)) return body.Length > 60 ? "neither ours nor short" : null;
        return head.Contains("X-Content-Type-Options: nosniff", StringComparison.OrdinalIgnoreCase) && body.Contains("\"success\":false", StringComparison.Ordinal) ? null : "not in the envelope";
    }

    private static async Task<string> SayAsync(Uri address, string request)
    {
        using var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var answer = new MemoryStream();
        try
        {
            var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
            // Nothing more comes from here: who waits for the rest of a body hears so.
            socket.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (IOException)
        {
            // Hung up on in the middle of a sentence; what was heard until then counts.
        }
        return Encoding.UTF8.GetString(answer.ToArray());
    }

    private static string Head(string line, params string[] headers) =>
        string.Join("\r\n", [line, .. headers.Any(header => header.StartsWith("Host:", StringComparison.Ordinal)) ? [] : (string[])["Host: 127.0.0.1"], "Connection: close", .. headers.Where(header => header.Length > 0), "", ""]);
}
