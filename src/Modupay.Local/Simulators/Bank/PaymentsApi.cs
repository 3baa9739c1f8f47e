using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Modupay.Kernel;

namespace Modupay.Local.Simulators.Bank;

/// <summary>The bank's side of NextGenPSD2: initiate, look up, status. Everything is signed; the script decides how an order goes wrong.</summary>
internal sealed class PaymentsApi(BankBooks books, BankFaults faults, SignatureGate gate, TimeProvider time)
{
    private const string Root = "/v1/payments/sepa-credit-transfers";
    private const int MaxBody = 64 * 1024;

    public async Task HandleAsync(HttpContext context, CancellationToken ct)
    {
        var request = context.Request;
        if (await ReadBodyAsync(request, ct) is not { } body)
        {
            await ErrorAsync(context, 413, "FORMAT_ERROR", "The body is too large.", ct);
            return;
        }

        context.Response.Headers["X-Request-ID"] = request.Headers["X-Request-ID"];
        if (gate.Refuses(request, body) is { } refusal) await ErrorAsync(context, 401, "SIGNATURE_INVALID", refusal, ct);
        else if (request.Path == Root && request.Method == "POST") await InitiateAsync(context, body, ct);
        else if (request.Path == Root && request.Method == "GET") await LookUpAsync(context, ct);
        else if (request.Path.StartsWithSegments(Root, StringComparison.Ordinal, out var rest) && request.Method == "GET" && rest.Value!.Split('/') is ["", var id, "status"]) await StatusAsync(context, id, ct);
        else await ErrorAsync(context, 404, "RESOURCE_UNKNOWN", "There is nothing here.", ct);
    }

    private async Task InitiateAsync(HttpContext context, byte[] body, CancellationToken ct)
    {
        if (Read(body) is not { } order)
        {
            await ErrorAsync(context, 400, "FORMAT_ERROR", "The order cannot be read.", ct);
            return;
        }

        var fault = faults.Take(order);
        switch (fault.Kind)
        {
            case FaultKind.NotProcessed:
                context.Response.Headers.RetryAfter = "0";
                await ErrorAsync(context, 503, "NOT_PROCESSED", "Too busy; the order was not looked at.", ct);
                return;
            case FaultKind.Unavailable:
                context.Response.StatusCode = 503;
                return;
            case FaultKind.Reset:
                context.Abort();
                return;
            case FaultKind.Slow:
                await Task.Delay(fault.Delay, time, ct);
                break;
        }

        // Before the books show the order: whoever sees it there may release it at once.
        var released = fault.Kind == FaultKind.Hold ? faults.UntilReleasedAsync(ct) : Task.CompletedTask;

        // What the bank has begun it finishes, even if the caller hangs up: only then is timing out as dangerous as in life.
        var taken = await books.TakeAsync(order, RequestId(context), fault.Kind == FaultKind.Refuse ? (fault.Code!, "Refused by the script.") : null, CancellationToken.None);
        switch (fault.Kind)
        {
            case FaultKind.TimeoutAfterAccepting:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
                return;
            case FaultKind.GarbageAfterAccepting:
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync("<html><body>Bad gateway", ct);
                return;
            case FaultKind.Hold:
                await released;
                break;
        }

        await AnswerAsync(context, taken, ct);
    }

    private static Task AnswerAsync(HttpContext context, Taken taken, CancellationToken ct) => taken switch
    {
        { Kind: TakenKind.Conflicting } => ErrorAsync(context, 409, "STATUS_INVALID", "Another order has this end-to-end id.", ct),
        { Order.Code: { } code } => ErrorAsync(context, 400, code, taken.Order.Text!, ct),
        _ => JsonAsync(context, taken.Kind == TakenKind.New ? 201 : 200, new JsonObject
        {
            ["transactionStatus"] = "ACSC",
            ["paymentId"] = taken.Order.PaymentId,
            ["_links"] = new JsonObject { ["status"] = new JsonObject { ["href"] = $"{Root}/{taken.Order.PaymentId}/status" } },
        }, ct),
    };

    private Task LookUpAsync(HttpContext context, CancellationToken ct) => JsonAsync(context, 200, new JsonObject
    {
        ["payments"] = new JsonArray([.. books.Order(context.Request.Query["endToEndIdentification"].ToString()) is { } order ? [new JsonObject { ["paymentId"] = order.PaymentId }] : Array.Empty<JsonNode>()]),
    }, ct);

    private Task StatusAsync(HttpContext context, string paymentId, CancellationToken ct)
    {
        if (books.ByPaymentId(paymentId) is not { } order) return ErrorAsync(context, 404, "RESOURCE_UNKNOWN", "There is no such payment.", ct);
        var status = new JsonObject { ["transactionStatus"] = order.Status };
        if (order.Code is { } code) status["tppMessages"] = Messages(code, order.Text!);
        return JsonAsync(context, 200, status, ct);
    }

    private static PaymentOrder? Read(byte[] body)
    {
        try
        {
            var order = JsonNode.Parse(body)!;
            var money = order["instructedAmount"]!;
            var currency = Currency.Parse((string?)money["currency"]);
            if (currency.Problem is not null || !decimal.TryParse((string?)money["amount"], System.Globalization.NumberStyles.AllowDecimalPoint, null, out var major)) return null;
            var minor = major * (decimal)Math.Pow(10, currency.Value.Exponent);
            if (minor <= 0 || minor != decimal.Truncate(minor) || minor > long.MaxValue) return null;
            return new PaymentOrder((string)order["endToEndIdentification"]!, (string)order["debtorAccount"]!["iban"]!, (string)order["creditorAccount"]!["iban"]!, (string)order["creditorName"]!,
                (string?)order["creditorAgent"], (long)minor, currency.Value.Code, (string?)order["remittanceInformationUnstructured"] ?? (string?)order["remittanceInformationStructured"]?["reference"] ?? "");
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException or NullReferenceException or ArgumentNullException)
        {
            return null;
        }
    }

    // The customer's reference in the statement: as much of the request's id as :61: has room for.
    private static string RequestId(HttpContext context) => context.Request.Headers["X-Request-ID"].ToString().Replace("-", "", StringComparison.Ordinal) is { Length: >= 16 } id ? id[^16..].ToUpperInvariant() : "NONREF";

    private static Task ErrorAsync(HttpContext context, int status, string code, string text, CancellationToken ct) =>
        JsonAsync(context, status, new JsonObject { ["tppMessages"] = Messages(code, text) }, ct);

    private static JsonArray Messages(string code, string text) => new(new JsonObject { ["category"] = "ERROR", ["code"] = code, ["text"] = text });

    private static Task JsonAsync(HttpContext context, int status, JsonObject body, CancellationToken ct)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString(), ct);
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > MaxBody) return null;
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, ct);
        return body.Length > MaxBody ? null : body.ToArray();
    }
}
