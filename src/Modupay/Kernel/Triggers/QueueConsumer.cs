using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Modupay.Triggers;

/// <summary>
/// How every queue is consumed. A message is unfinished until its work has ended without an exception: a crash, a timeout or a bug brings it back
/// rather than losing it, and in the end the queue moves it to the dead letters.
/// </summary>
internal static class QueueConsumer
{
    /// <summary>The consumer as a function of the manifest.</summary>
    public static FunctionHandler Function(Func<SqsBatch, CancellationToken, Task<SqsBatchAnswer>> handle) => async (payload, _, ct) =>
    {
        var batch = JsonSerializer.Deserialize(payload.Span, TriggerJson.Default.SqsBatch) ?? throw new JsonException("The batch is null.");
        return JsonSerializer.SerializeToUtf8Bytes(await handle(batch, ct), TriggerJson.Default.SqsBatchAnswer);
    };

    /// <summary>Side by side, because one silent bank, endpoint or large tenant must not use up the time of the others.</summary>
    public static async Task<SqsBatchAnswer> FinishEachAsync(this SqsBatch batch, string work, Func<SqsMessage, CancellationToken, Task> finish, ILogger log, CancellationToken ct)
    {
        var finished = await Task.WhenAll(batch.Records.Select(message => FinishAsync(message, work, finish, log, ct)));
        return new([.. batch.Records.Where((_, i) => !finished[i]).Select(message => new SqsBatchFailure(message.MessageId))]);
    }

    /// <summary>One after the other, where two deliveries of one message may be in the batch and only the record of the first keeps the second from doing it again.</summary>
    public static async Task<SqsBatchAnswer> FinishInTurnAsync(this SqsBatch batch, string work, Func<SqsMessage, CancellationToken, Task> finish, ILogger log, CancellationToken ct)
    {
        var unfinished = new List<SqsBatchFailure>();
        foreach (var message in batch.Records)
            if (!await FinishAsync(message, work, finish, log, ct)) unfinished.Add(new(message.MessageId));
        return new(unfinished);
    }

    private static async Task<bool> FinishAsync(SqsMessage message, string work, Func<SqsMessage, CancellationToken, Task> finish, ILogger log, CancellationToken ct)
    {
        using var activity = Telemetry.Source.StartActivity(work, ActivityKind.Consumer, message.Attribute("traceparent"));
        try
        {
            await finish(message, ct);
            return true;
        }
        catch (Exception exception)
        {
            // One poisoned message must not hold back its neighbours.
            log.LogError(exception, "Message {MessageId} of {Queue} is not finished, at receipt {Receive}.", message.MessageId, message.QueueName, message.ReceiveCount);
            return false;
        }
    }
}
