using System.Diagnostics;
using System.Net;
using System.Text;
using Modupay.Banking.Connectors;
using Modupay.Banking.Connectors.Rest;
using Modupay.Banking.Connectors.Signing;
using Modupay.Local.Cloud;
using Modupay.Local.Simulators;
using Modupay.Local.Simulators.Bank;

namespace Modupay.JourneyTests.Banking;

/// <summary>The real connector against a bank that holds its own books, over HTTP.</summary>
public sealed class RestConnectorTests(CoordinationTable table) : IClassFixture<CoordinationTable>
{
    [Fact]
    public async Task An_order_is_accepted_and_is_in_the_banks_books_once()
    {
        await using var rig = await BankRig.StartAsync(table);
        var order = BankRig.Order(12_345);

        var accepted = Assert.IsType<BankAnswer.Accepted>(await rig.Connector().SendAsync(order, default));

        var held = await HeldAsync(rig, order);
        Assert.Equal((accepted.BankReference, 12_345, 1, 1), (held.PaymentId, held.AmountMinor, held.TimesReceived, held.TimesExecuted));
        Assert.Equal(BankRig.Opening - 12_345, await rig.Bank.BalanceAsync(BankRig.Iban, default));
    }

    [Fact]
    public async Task An_order_that_times_out_after_the_bank_took_it_is_in_doubt_and_found_and_executed_once()
    {
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        await using var rig = await BankRig.StartAsync(table, time);
        await rig.Bank.ScriptAsync(["timeout_after_accepting"], default);
        var (order, connector) = (BankRig.Order(), rig.Connector());

        var sending = connector.SendAsync(order, default);
        while (await rig.Bank.FindOrderAsync(order.EndToEndId, default) is null) await Task.Delay(5);
        Assert.False(sending.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(BankRig.TimeoutSeconds));

        Assert.Contains("No answer", Assert.IsType<BankAnswer.InDoubt>(await sending).Reason);
        await FoundOnceAsync(rig, connector, order);
    }

    [Fact]
    public async Task An_order_whose_answer_cannot_be_read_is_in_doubt_and_found_and_executed_once()
    {
        await using var rig = await BankRig.StartAsync(table);
        await rig.Bank.ScriptAsync(["garbage_after_accepting"], default);
        var (order, connector) = (BankRig.Order(), rig.Connector());

        Assert.IsType<BankAnswer.InDoubt>(await connector.SendAsync(order, default));
        await FoundOnceAsync(rig, connector, order);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("unavailable")]
    public async Task An_order_of_which_nobody_knows_is_in_doubt_and_is_not_sent_again(string fault)
    {
        await using var rig = await BankRig.StartAsync(table);
        await rig.Bank.ScriptAsync([fault], default);
        var (order, connector) = (BankRig.Order(), rig.Connector());

        Assert.IsType<BankAnswer.InDoubt>(await connector.SendAsync(order, default));
        Assert.IsType<BankAnswer.NotFound>(await connector.FindAsync(order.EndToEndId, default));

        Assert.Null(await rig.Bank.FindOrderAsync(order.EndToEndId, default));
        Assert.Equal(["submit in_doubt 1", "look_up not_found 1"], Calls(rig));
    }

    [Fact]
    public async Task A_bank_that_says_it_did_not_look_at_the_order_gets_it_again()
    {
        await using var rig = await BankRig.StartAsync(table);
        await rig.Bank.ScriptAsync(["not_processed", "not_processed"], default);
        var order = BankRig.Order();

        Assert.IsType<BankAnswer.Accepted>(await rig.Connector().SendAsync(order, default));
        Assert.Equal(1, (await HeldAsync(rig, order)).TimesReceived);
        Assert.Equal(["submit not_sent 1", "submit not_sent 2", "submit accepted 3"], Calls(rig));
    }

    [Fact]
    public async Task A_bank_that_stays_busy_is_left_to_the_queue_after_the_last_attempt()
    {
        await using var rig = await BankRig.StartAsync(table);
        await rig.Bank.ScriptAsync(["not_processed", "not_processed", "not_processed", "not_processed"], default);
        Assert.IsType<BankAnswer.NotSent>(await rig.Connector().SendAsync(BankRig.Order(), default));
        Assert.Equal(3, rig.Calls.Count);
    }

    [Fact]
    public async Task A_refusal_is_final_and_stays_the_same_when_asked_about()
    {
        await using var rig = await BankRig.StartAsync(table);
        await rig.Bank.ScriptAsync(["refuse:AC04"], default);
        var (order, connector) = (BankRig.Order(), rig.Connector());

        Assert.Equal("AC04", Assert.IsType<BankAnswer.Refused>(await connector.SendAsync(order, default)).Code);
        Assert.Equal("AC04", Assert.IsType<BankAnswer.Refused>(await connector.FindAsync(order.EndToEndId, default)).Code);
        Assert.Equal(BankRig.Opening, await rig.Bank.BalanceAsync(BankRig.Iban, default));
    }

    [Fact]
    public async Task More_money_than_there_is_is_refused() =>
        Assert.Equal("AM04", Assert.IsType<BankAnswer.Refused>(await SendAsync(BankRig.Order(BankRig.Opening + 1))).Code);

    [Fact]
    public async Task A_refused_connection_is_not_sent_and_is_tried_again()
    {
        await using var rig = BankRig.WithoutBank(table);
        var connector = rig.Connector($"http://127.0.0.1:{Ports.Free()}");
        var order = BankRig.Order();

        Assert.IsType<BankAnswer.NotSent>(await connector.SendAsync(order, default));
        Assert.Equal(["submit not_sent 1", "submit not_sent 2", "submit not_sent 3"], Calls(rig));
        // But a question that was not asked proves nothing about the order.
        Assert.IsType<BankAnswer.InDoubt>(await connector.FindAsync(order.EndToEndId, default));
    }

    [Fact]
    public async Task A_bank_that_comes_back_between_two_attempts_gets_the_order_once()
    {
        await using var rig = BankRig.WithoutBank(table);
        var port = Ports.Free();
        rig.OnCall = call => call.Attempt == 1 ? rig.StartBankAsync(port) : Task.CompletedTask;
        var order = BankRig.Order();

        Assert.IsType<BankAnswer.Accepted>(await rig.Connector($"http://127.0.0.1:{port}").SendAsync(order, default));
        Assert.Equal(1, (await HeldAsync(rig, order)).TimesExecuted);
        Assert.Equal(["submit not_sent 1", "submit accepted 2"], Calls(rig));
    }

    [Fact]
    public async Task The_same_order_again_is_the_same_payment_and_another_one_under_its_id_is_neither_yes_nor_no()
    {
        await using var rig = await BankRig.StartAsync(table);
        var (order, connector) = (BankRig.Order(), rig.Connector());

        var first = Assert.IsType<BankAnswer.Accepted>(await connector.SendAsync(order, default));
        var second = Assert.IsType<BankAnswer.Accepted>(await connector.SendAsync(order, default));
        var other = await connector.SendAsync(order with { Amount = order.Amount + order.Amount }, default);

        Assert.Equal(first, second);
        Assert.IsType<BankAnswer.InDoubt>(other);
        var held = await HeldAsync(rig, order);
        Assert.Equal((3, 1), (held.TimesReceived, held.TimesExecuted));
    }

    [Fact]
    public async Task A_secret_that_is_rotated_in_the_middle_of_traffic_loses_no_order()
    {
        await using var rig = await BankRig.StartAsync(table);
        var connector = rig.Connector();
        Assert.IsType<BankAnswer.Accepted>(await connector.SendAsync(BankRig.Order(), default));

        rig.Secrets["bank/sandbox/hmac"] = "second secret";
        rig.Bank.ReplaceSecret("second secret");
        rig.SecretTime.Advance(TimeSpan.FromSeconds(3)); // A secret is not fetched more often, however often it is refused.
        var order = BankRig.Order();
        Assert.IsType<BankAnswer.Accepted>(await connector.SendAsync(order, default));

        Assert.Equal(1, (await HeldAsync(rig, order)).TimesReceived);
        Assert.Equal("submit accepted 1", Calls(rig)[^1]);
    }

    [Fact]
    public async Task A_wrong_or_missing_secret_sends_nothing_and_waits_for_somebody_to_look()
    {
        await using var rig = await BankRig.StartAsync(table);
        rig.Bank.ReplaceSecret("another");
        var order = BankRig.Order();
        var refused = Assert.IsType<BankAnswer.NotSent>(await rig.Connector().SendAsync(order, default));
        Assert.True(refused.RetryAfter >= TimeSpan.FromSeconds(30));
        Assert.Null(await rig.Bank.FindOrderAsync(order.EndToEndId, default));

        var nameless = rig.Connector(change: configuration => configuration["hmacSecret"] = "secret:nowhere");
        Assert.IsType<BankAnswer.NotSent>(await nameless.SendAsync(order, default));
        Assert.IsType<BankAnswer.InDoubt>(await nameless.FindAsync(order.EndToEndId, default));
    }

    [Fact]
    public async Task A_changed_body_and_a_replayed_request_are_refused_by_the_bank()
    {
        await using var rig = await BankRig.StartAsync(table);
        using var http = new HttpClient();
        var order = BankRig.Order();
        var (request, body) = Signed(rig, order);

        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(http, request, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body).Replace("123.45", "999.45"))));
        Assert.Null(await rig.Bank.FindOrderAsync(order.EndToEndId, default));
        Assert.Equal(HttpStatusCode.Created, await SendAsync(http, request, body));
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(http, request, body));
        Assert.Equal(1, (await HeldAsync(rig, order)).TimesReceived);
    }

    [Fact]
    public async Task The_trace_and_the_slice_travel_with_the_order_and_stay_the_same_when_it_is_repeated()
    {
        var seen = new List<(string Trace, string RequestId, string Key)>();
        await using var server = await LoopbackServer.StartAsync(0, "a bank", (context, _) =>
        {
            var headers = context.Request.Headers;
            lock (seen) seen.Add((headers["traceparent"].ToString(), headers["X-Request-ID"].ToString(), headers["Idempotency-Key"].ToString()));
            context.Response.StatusCode = 429;
            return context.Response.Body.WriteAsync("{\"tppMessages\":[{\"category\":\"ERROR\",\"code\":\"ACCESS_EXCEEDED\"}]}"u8.ToArray()).AsTask();
        }, default);
        await using var rig = BankRig.WithoutBank(table);
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        activity.AddBaggage("customer", "somebody");
        var order = BankRig.Order();

        await rig.Connector(server.Url).SendAsync(order, default);

        Assert.Equal([(activity.Id!, order.SliceId.Value.ToString("D"), $"\"{order.SliceId}\"")], seen.Distinct());
        Assert.Equal(3, seen.Count);
        Assert.All(rig.Calls, call => Assert.Equal(activity.TraceId.ToHexString(), call.TraceId));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_an_endless_answer_is_not_read()
    {
        var elsewhere = 0;
        await using var other = await LoopbackServer.StartAsync(0, "somebody else", (_, _) => Task.FromResult(elsewhere++), default);
        await using var server = await LoopbackServer.StartAsync(0, "a bank", async (context, ct) =>
        {
            if (context.Request.Method == "GET")
            {
                await context.Response.Body.WriteAsync(new byte[2 << 20], ct);
                return;
            }

            context.Response.StatusCode = 307;
            context.Response.Headers.Location = other.Url;
        }, default);
        await using var rig = BankRig.WithoutBank(table);
        var connector = rig.Connector(server.Url);

        Assert.IsType<BankAnswer.InDoubt>(await connector.SendAsync(BankRig.Order(), default));
        Assert.Equal(0, elsewhere);
        Assert.IsType<BankAnswer.InDoubt>(await connector.FindAsync("RF18539007547034", default));
    }

    [Fact]
    public async Task A_caller_who_stops_waiting_gets_no_answer_and_the_log_says_so()
    {
        await using var rig = await BankRig.StartAsync(table);
        await rig.Bank.ScriptAsync(["hold"], default);
        using var stop = new CancellationTokenSource();
        var order = BankRig.Order();
        var sending = rig.Connector().SendAsync(order, stop.Token);
        while (await rig.Bank.FindOrderAsync(order.EndToEndId, default) is null) await Task.Delay(10);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal(["submit canceled 1"], Calls(rig));
        Assert.Equal(1, (await HeldAsync(rig, order)).TimesExecuted);
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_does_not_change_the_banks_answer()
    {
        await using var rig = await BankRig.StartAsync(table);
        rig.OnCall = _ => throw new InvalidOperationException("The database is away.");
        Assert.IsType<BankAnswer.Accepted>(await rig.Connector().SendAsync(BankRig.Order(), default));
    }

    [Fact]
    public async Task No_line_of_the_log_holds_an_iban_or_a_name()
    {
        await using var rig = await BankRig.StartAsync(table);
        await rig.Bank.ScriptAsync(["not_processed", "garbage_after_accepting"], default);
        var (order, connector) = (BankRig.Order(), rig.Connector());
        await connector.SendAsync(order, default);
        await connector.FindAsync(order.EndToEndId, default);
        await connector.CheckHealthAsync(default);

        Assert.Contains(rig.Lines, line => line.Contains(order.SliceId.ToString(), StringComparison.Ordinal));
        Assert.All(rig.Lines, line => Assert.DoesNotMatch("DE\\d{20}|Commune|Fournisseur|first secret", line));
    }

    [Fact]
    public async Task A_bank_is_healthy_when_it_answers_and_accepts_our_signature()
    {
        await using var rig = await BankRig.StartAsync(table);
        Assert.True((await rig.Connector().CheckHealthAsync(default)).Healthy);
        rig.Bank.ReplaceSecret("another");
        Assert.False((await rig.Connector().CheckHealthAsync(default)).Healthy);
        Assert.False((await rig.Connector($"http://127.0.0.1:{Ports.Free()}").CheckHealthAsync(default)).Healthy);
    }

    private async Task<BankAnswer> SendAsync(BankOrder order)
    {
        await using var rig = await BankRig.StartAsync(table);
        return await rig.Connector().SendAsync(order, default);
    }

    private static async Task<OrderView> HeldAsync(BankRig rig, BankOrder order) => (await rig.Bank.FindOrderAsync(order.EndToEndId, default))!;

    private static async Task FoundOnceAsync(BankRig rig, IBankConnector connector, BankOrder order)
    {
        var found = Assert.IsType<BankAnswer.Accepted>(await connector.FindAsync(order.EndToEndId, default));
        var held = await HeldAsync(rig, order);
        Assert.Equal((found.BankReference, 1, 1), (held.PaymentId, held.TimesReceived, held.TimesExecuted));
        Assert.Equal(BankRig.Opening - order.Amount.Minor, await rig.Bank.BalanceAsync(BankRig.Iban, default));
    }

    private static string[] Calls(BankRig rig) => [.. rig.Calls.Select(item => $"{item.Call.Operation} {item.Call.Outcome} {item.Call.Attempt}")];

    private static (HttpRequestMessage Request, byte[] Body) Signed(BankRig rig, BankOrder order)
    {
        var body = RestDialect.Write(order);
        var request = new HttpRequestMessage(HttpMethod.Post, rig.Bank.Url + "/v1/payments/sepa-credit-transfers") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("X-Request-ID", order.SliceId.Value.ToString("D"));
        HttpSignature.Sign(request, body, SignatureKey.Of(SimulatedBank.KeyId, "first secret"), TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
        return (request, body);
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient http, HttpRequestMessage signed, byte[] body)
    {
        using var request = new HttpRequestMessage(signed.Method, signed.RequestUri) { Content = new ByteArrayContent(body) };
        foreach (var header in signed.Headers) request.Headers.TryAddWithoutValidation(header.Key, header.Value);
        request.Content.Headers.ContentType = new("application/json");
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
