using System.Text.Json;
using Microsoft.Extensions.Logging;
using Modupay.Aws;
using Modupay.Triggers;

namespace Modupay.Local.Runtime;

/// <summary>Where a queue is and how the local cloud feeds its consumer.</summary>
internal sealed record QueueMapping(string Queue, string QueueUrl, string Function, int BatchSize, int Concurrency, TimeSpan FunctionTimeLimit)
{
    /// <summary>AWS advises six function time limits, so that a message is not delivered again while it is still worked on.</summary>
    public TimeSpan Visibility => FunctionTimeLimit * 6;

    /// <summary>
    /// How long a failed message stays hidden before its next delivery. AWS would wait for the whole visibility timeout, six minutes for a
    /// one-minute function; nobody should have to watch that on a laptop.
    /// </summary>
    public Func<int, TimeSpan> RetryAfter { get; init; } = receives => TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, Math.Min(receives, 6) - 1)));
}

/// <summary>The event source mapping between a queue and its function: receives batches, invokes, deletes what was finished, lets the rest come again.</summary>
internal sealed class QueuePoller(QueueMapping mapping, SqsClient sqs, IFunctionHost functions, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(1);

    /// <summary>Runs until cancelled. Each of the concurrent loops holds at most one batch, as one concurrent execution does in AWS.</summary>
    public Task RunAsync(CancellationToken ct) => Task.WhenAll(Enumerable.Range(0, mapping.Concurrency).Select(_ => LoopAsync(ct)));

    /// <summary>Receives and settles one batch; false when none came.</summary>
    public async Task<bool> PollOnceAsync(TimeSpan wait, CancellationToken ct)
    {
        var batch = await sqs.ReceiveMessageAsync(mapping.QueueUrl, mapping.BatchSize, wait, mapping.Visibility, ct);
        if (batch.Count == 0) return false;

        var failed = await DeliverAsync(batch, ct);

        // Once the function has answered, the answer counts even if we are asked to stop: otherwise finished work would be done again.
        await SettleAsync(batch, failed, CancellationToken.None);
        return true;
    }

    private async Task LoopAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await PollOnceAsync(LongPoll, ct);
            }
            catch (Exception) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                log.LogError(exception, "The queue {Queue} could not be polled.", mapping.Queue);
                await Task.Delay(PauseAfterTrouble, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<IReadOnlySet<string>> DeliverAsync(IReadOnlyList<SqsReceived> batch, CancellationToken ct)
    {
        var arn = Cloud.AwsAccount.Local.Arn("sqs", mapping.Queue);
        var payload = JsonSerializer.SerializeToUtf8Bytes(new SqsBatch([.. batch.Select(message => Envelope(message, arn))]), TriggerJson.Default.SqsBatch);
        var result = await functions.InvokeAsync(mapping.Function, payload, ct);
        var verdict = BatchVerdict.Read(result, [.. batch.Select(message => message.MessageId)]);
        if (verdict.Trouble is { } trouble) log.LogWarning("{Function} failed a batch of {Count} from {Queue}: {Trouble}", mapping.Function, batch.Count, mapping.Queue, trouble);
        return verdict.Failed;
    }

    private async Task SettleAsync(IReadOnlyList<SqsReceived> batch, IReadOnlySet<string> failed, CancellationToken ct)
    {
        var done = new List<SqsReceipt>();
        var again = new List<SqsVisibility>();
        foreach (var message in batch)
        {
            if (failed.Contains(message.MessageId)) again.Add(new(message.MessageId, message.ReceiptHandle, (int)mapping.RetryAfter(ReceiveCount(message)).TotalSeconds));
            else done.Add(new(message.MessageId, message.ReceiptHandle));
        }

        if (done.Count > 0) Report(await sqs.DeleteMessageBatchAsync(mapping.QueueUrl, done, ct));
        if (again.Count > 0) Report(await sqs.ChangeMessageVisibilityBatchAsync(mapping.QueueUrl, again, ct));
    }

    private void Report(IReadOnlyList<SqsFailure> failures)
    {
        foreach (var failure in failures) log.LogWarning("Message {MessageId} of {Queue} will come again: {Code} {Message}", failure.Id, mapping.Queue, failure.Code, failure.Message);
    }

    private static SqsMessage Envelope(SqsReceived message, string arn) => new(
        message.MessageId,
        message.ReceiptHandle,
        message.Body,
        message.Attributes ?? [],
        (message.MessageAttributes ?? []).ToDictionary(pair => pair.Key, pair => new SqsMessageAttribute(pair.Value.DataType, pair.Value.StringValue, pair.Value.BinaryValue), StringComparer.Ordinal),
        "aws:sqs",
        arn,
        Cloud.AwsAccount.Local.Region,
        message.Md5OfBody);

    private static int ReceiveCount(SqsReceived message) => message.Attributes?.TryGetValue("ApproximateReceiveCount", out var count) is true ? int.Parse(count) : 1;
}
