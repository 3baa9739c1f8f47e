using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Modupay.Triggers;

namespace Modupay.Jobs;

/// <summary>The consumer of queue <c>tenant-jobs</c>: each message is one job for one tenant.</summary>
internal sealed class RunTenantJobs(Func<TenantJob, TenantId, CancellationToken, Task> run, ILogger<RunTenantJobs> log)
{
    /// <summary>The function <c>tenant-jobs</c>.</summary>
    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken ct)
    {
        var batch = JsonSerializer.Deserialize(payload.Span, TriggerJson.Default.SqsBatch) ?? throw new JsonException("The batch is null.");
        return JsonSerializer.SerializeToUtf8Bytes(await HandleAsync(batch, ct), TriggerJson.Default.SqsBatchAnswer);
    }

    /// <summary>Side by side, because one large tenant must not use up the time of the others.</summary>
    public async Task<SqsBatchAnswer> HandleAsync(SqsBatch batch, CancellationToken ct)
    {
        var finished = await Task.WhenAll(batch.Records.Select(message => FinishAsync(message, ct)));
        return new([.. batch.Records.Where((_, i) => !finished[i]).Select(message => new SqsBatchFailure(message.MessageId))]);
    }

    /// <returns>Whether the message has done its work; anything else brings it back.</returns>
    private async Task<bool> FinishAsync(SqsMessage message, CancellationToken ct)
    {
        using var activity = Telemetry.Source.StartActivity("tenant job", ActivityKind.Consumer, message.Attribute("traceparent"));
        try
        {
            var (name, job, tenant) = TenantJobMessage.Parse(message.Body);
            activity?.SetTag("job", name);
            await run(job, tenant, ct);
            return true;
        }
        catch (Exception exception)
        {
            // It comes back until the queue moves it to the dead letters; its neighbours go on.
            log.LogError(exception, "Job message {MessageId} is not finished.", message.MessageId);
            return false;
        }
    }
}
