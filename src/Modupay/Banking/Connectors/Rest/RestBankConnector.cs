using Modupay.Banking.Connectors.Breaker;
using Polly;

namespace Modupay.Banking.Connectors.Rest;

/// <summary>Speaks to a bank in the shape of Berlin Group NextGenPSD2, with signed requests. What it repeats, and what it never repeats, is decided here.</summary>
internal sealed class RestBankConnector : IBankConnector
{
    // Not an order of anybody's: asking for it proves that the bank answers and accepts our signature.
    private const string HealthSubject = "MODUPAY-HEALTH";

    private readonly TenantId _tenant;
    private readonly BankHttp _http;
    private readonly RestDialect _dialect;
    private readonly CircuitBreaker _breaker;
    private readonly ConnectorLog _log;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<Call> _sending;
    private readonly ResiliencePipeline<Call> _asking;

    public RestBankConnector(ConnectorId id, TenantId tenant, RestConfiguration configuration, BankHttp http, CircuitBreaker breaker, ConnectorLog log, TimeProvider time)
    {
        (Id, _tenant, _http, _breaker, _log, _time) = (id, tenant, http, breaker, log, time);
        _dialect = new RestDialect(configuration.NotProcessedCodes);
        var retry = configuration.Retry;
        // A wait longer than the policy's own is for the queue to bear, not for a function that is paid by the millisecond.
        _sending = retry.Pipeline<Call>(time, call => call.Answer is BankAnswer.NotSent notSent && notSent.RetryAfter <= retry.LongestDelay, AskedToWait);
        // A question changes nothing at the bank, so every failure to get an answer may be repeated.
        _asking = retry.Pipeline<Call>(time, call => call.Exchange is not Exchange.Answered { Status: < 500 and not 429 } && AskedToWait(call) <= retry.LongestDelay, AskedToWait);
    }

    public ConnectorId Id { get; }

    public async Task<BankAnswer> SendAsync(BankOrder order, CancellationToken ct)
    {
        var body = RestDialect.Write(order);
        var attempt = 0;
        var call = await _sending.ExecuteAsync(async token => await CallAsync("submit", order.EndToEndId, order.SliceId, ++attempt,
            () => _http.SubmitAsync(order.SliceId, body, token), _dialect.ReadSubmission, token), ct);
        return call.Answer;
    }

    public async Task<BankAnswer> FindAsync(string endToEndId, CancellationToken ct)
    {
        var found = await AskAsync("look_up", endToEndId, token => _http.LookUpAsync(endToEndId, token), _dialect.ReadLookUp, ct);
        if (found.Answer is not BankAnswer.Accepted { BankReference: var payment }) return Doubt(found.Answer);

        var status = await AskAsync("status", endToEndId, token => _http.StatusAsync(payment, token), exchange => _dialect.ReadStatus(payment, exchange), ct);
        return Doubt(status.Answer);
    }

    public async Task<HealthAnswer> CheckHealthAsync(CancellationToken ct)
    {
        var started = _time.GetTimestamp();
        var call = await CallAsync("health", HealthSubject, null, 1, () => _http.LookUpAsync(HealthSubject, ct), _dialect.ReadLookUp, ct);
        var duration = _time.GetElapsedTime(started);
        return call.Answer switch
        {
            BankAnswer.NotFound or BankAnswer.Accepted => new(true, "The bank answers and accepts our signature.", duration),
            BankAnswer.InDoubt { Reason: var why } => new(false, why, duration),
            BankAnswer.NotSent { Reason: var why } => new(false, why, duration),
            _ => new(false, "The bank refused the question.", duration),
        };
    }

    private async Task<Call> AskAsync(string operation, string endToEndId, Func<CancellationToken, Task<Exchange>> ask, Func<Exchange, BankAnswer> read, CancellationToken ct)
    {
        var attempt = 0;
        return await _asking.ExecuteAsync(async token => await CallAsync(operation, endToEndId, null, ++attempt, () => ask(token), read, token), ct);
    }

    private async Task<Call> CallAsync(
        string operation, string subject, SliceId? slice, int attempt, Func<Task<Exchange>> exchangeAsync, Func<Exchange, BankAnswer> read, CancellationToken ct)
    {
        if (await _breaker.AdmitAsync(ct) is { Ticks: > 0 } wait)
        {
            var open = new Exchange.NotReached("The circuit to this bank is open.", wait);
            return new(open, read(open));
        }

        var started = _time.GetTimestamp();
        Exchange exchange;
        try
        {
            exchange = await exchangeAsync();
        }
        catch (OperationCanceledException)
        {
            await _log.WriteAsync(new(_tenant, Id, operation, subject, slice, "canceled", null, _time.GetElapsedTime(started), attempt));
            throw;
        }

        var answer = read(exchange);
        // From here on nothing may be cancelled: the bank has answered, and forgetting that would put the order in doubt.
        await _breaker.RecordAsync(exchange.BankSpoke, CancellationToken.None);
        await _log.WriteAsync(new(_tenant, Id, operation, subject, slice, answer.Outcome, (exchange as Exchange.Answered)?.Status, _time.GetElapsedTime(started), attempt));
        return new(exchange, answer);
    }

    /// <summary>That a question did not reach the bank says nothing about the order.</summary>
    private static BankAnswer Doubt(BankAnswer answer) => answer is BankAnswer.NotSent notAsked ? new BankAnswer.InDoubt("The bank could not be asked: " + notAsked.Reason) : answer;

    private static TimeSpan AskedToWait(Call call) => call.Answer is BankAnswer.NotSent notSent ? notSent.RetryAfter : TimeSpan.Zero;

    private sealed record Call(Exchange Exchange, BankAnswer Answer);
}
