using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Modupay.Banking.Connectors;

internal static class ConnectorLogSql
{
    internal const string Insert = """
        insert into banking.bank_connector_logs (log_id, tenant_id, connector_id, operation, subject, outcome, http_status, duration_ms, attempt, trace_id, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """;
}

/// <summary>One call to a bank. There is no field for what was in it, so that no IBAN and no name can get into a log.</summary>
/// <param name="Operation">submit, look_up, status or health.</param>
/// <param name="Subject">The end-to-end id; <c>-</c> when the call is about no order.</param>
/// <param name="Outcome">How it was understood: a <see cref="BankAnswer.Outcome"/>, or canceled.</param>
internal sealed record BankCall(
    TenantId Tenant, ConnectorId Connector, string Operation, string Subject, SliceId? Slice, string Outcome, int? HttpStatus, TimeSpan Duration, int Attempt);

/// <summary>Remembers every call to a bank: a row for those who ask later, a line for those who watch now.</summary>
internal sealed class ConnectorLog(Func<BankCall, string? /* trace id */, Task> write, ILogger log)
{
    public static ConnectorLog In(Database database, ILogger log) => new((call, traceId) => database.ExecuteAsync(call.Tenant, ConnectorLogSql.Insert,
    [
        Guid.CreateVersion7(database.Time.GetUtcNow()), call.Tenant.Value, call.Connector.Value, call.Operation, call.Subject, call.Outcome, call.HttpStatus,
        (int)call.Duration.TotalMilliseconds, call.Attempt, traceId, database.Time.GetUtcNow(),
    ], CancellationToken.None), log);

    public async Task WriteAsync(BankCall call)
    {
        var traceId = Activity.Current?.TraceId.ToHexString();
        log.LogInformation("Bank call {Operation} by {Connector} for {Subject} (slice {Slice}): {Outcome}, HTTP {HttpStatus}, {DurationMs} ms, attempt {Attempt}, trace {TraceId}.",
            call.Operation, call.Connector, call.Subject, call.Slice, call.Outcome, call.HttpStatus, (int)call.Duration.TotalMilliseconds, call.Attempt, traceId);
        try
        {
            await write(call, traceId);
        }
        catch (Exception failure)
        {
            // The bank has answered, and that answer must be recorded on the slice whether or not this row can be written.
            log.LogError(failure, "A bank call for {Subject} could not be written to the connector log.", call.Subject);
        }
    }
}
