using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Modupay.Local.Simulators.Bank;

/// <summary>The switches behind the scenes, for people and tests; unsigned, because nobody but this machine can reach them.</summary>
internal sealed class SimulatorApi(SimulatedBank bank)
{
    public async Task HandleAsync(HttpContext context, CancellationToken ct)
    {
        var request = context.Request;
        try
        {
            var work = (request.Method, request.Path.Value!["/simulator".Length..]) switch
            {
                ("POST", "/accounts") => OpenAccountAsync(context, ct),
                ("GET", "/accounts") => AccountAsync(context, ct),
                ("GET", "/orders") => OrderAsync(context, ct),
                ("POST", "/faults") => FaultsAsync(context, ct),
                ("POST", "/release") => DoneAsync(context, bank.ReleaseAsync(ct)),
                ("POST", "/noise") => NoiseAsync(context, ct),
                ("POST", "/statements") => StatementAsync(context, ct),
                ("POST", "/reset") => DoneAsync(context, bank.ResetAsync(ct)),
                _ => SayAsync(context, 404, "There is no such switch."),
            };
            await work;
        }
        catch (Exception mistake) when (mistake is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            await SayAsync(context, 400, mistake.Message);
        }
    }

    private async Task OpenAccountAsync(HttpContext context, CancellationToken ct)
    {
        var account = await BodyAsync(context, ct);
        await bank.OpenAccountAsync(Text(account, "iban"), Text(account, "currency"), (long?)account["balanceMinor"] ?? 0, ct);
        context.Response.StatusCode = 204;
    }

    private async Task AccountAsync(HttpContext context, CancellationToken ct)
    {
        var iban = context.Request.Query["iban"].ToString();
        await JsonAsync(context, new JsonObject { ["iban"] = iban, ["balanceMinor"] = await bank.BalanceAsync(iban, ct) });
    }

    private async Task OrderAsync(HttpContext context, CancellationToken ct)
    {
        if (await bank.FindOrderAsync(context.Request.Query["endToEndId"].ToString(), ct) is not { } order)
        {
            await SayAsync(context, 404, "No such order was ever received.");
            return;
        }

        await JsonAsync(context, new JsonObject
        {
            ["endToEndId"] = order.EndToEndId,
            ["paymentId"] = order.PaymentId,
            ["status"] = order.Status,
            ["code"] = order.Code,
            ["timesReceived"] = order.TimesReceived,
            ["timesExecuted"] = order.TimesExecuted,
            ["amountMinor"] = order.AmountMinor,
            ["currency"] = order.Currency,
        });
    }

    /// <summary><c>{"faults":["accept","hold"]}</c> for the next orders; with <c>endToEndId</c> or <c>amountMinor</c> for that order only.</summary>
    private async Task FaultsAsync(HttpContext context, CancellationToken ct)
    {
        var script = await BodyAsync(context, ct);
        foreach (var words in script["faults"]?.AsArray() ?? throw new FormatException("Write {\"faults\":[…]}."))
            await bank.ScriptAsync(Fault.Parse((string?)words ?? "") with { EndToEndId = (string?)script["endToEndId"], AmountMinor = (long?)script["amountMinor"] }, ct);
        context.Response.StatusCode = 204;
    }

    private async Task NoiseAsync(HttpContext context, CancellationToken ct)
    {
        var noise = await BodyAsync(context, ct);
        await bank.AddNoiseAsync(Text(noise, "iban"), (int?)noise["bookings"] ?? 7, ct);
        context.Response.StatusCode = 204;
    }

    private async Task StatementAsync(HttpContext context, CancellationToken ct)
    {
        var file = await bank.CloseDayAsync(Text(await BodyAsync(context, ct), "iban"), ct);
        context.Response.ContentType = "application/octet-stream";
        await context.Response.Body.WriteAsync(file, ct);
    }

    private static async Task DoneAsync(HttpContext context, Task work)
    {
        await work;
        context.Response.StatusCode = 204;
    }

    private static string Text(JsonNode body, string name) => (string?)body[name] ?? throw new FormatException($"{name} is missing.");

    private static async Task<JsonNode> BodyAsync(HttpContext context, CancellationToken ct) =>
        await JsonNode.ParseAsync(context.Request.Body, cancellationToken: ct) ?? throw new FormatException("A JSON object is expected.");

    private static Task JsonAsync(HttpContext context, JsonObject body)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString());
    }

    private static Task SayAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text);
    }
}
