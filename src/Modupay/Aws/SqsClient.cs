using System.Text;

namespace Modupay.Aws;

/// <summary>Amazon SQS: messages are delivered at least once and in any order, and stay until they are deleted.</summary>
internal sealed class SqsClient(AwsJsonClient client)
{
    // SQS's own limits for one batch call.
    private const int MaxEntries = 10;
    private const int MaxBatchBytes = 256 * 1024;

    public async Task<string> SendMessageAsync(
        string queueUrl, string body, TimeSpan delay = default, IReadOnlyDictionary<string, SqsAttribute>? attributes = null, CancellationToken ct = default)
    {
        var request = new SendMessageRequest(queueUrl, body, Seconds(delay), attributes);
        var answer = await client.SendAsync("SendMessage", request, SqsJson.Default.SendMessageRequest, SqsJson.Default.SendMessageResponse, ct);
        return answer.MessageId;
    }

    /// <summary>Sends all entries in as few calls as SQS allows and answers the ones that were refused: the call succeeds even when entries do not.</summary>
    public async Task<IReadOnlyList<SqsFailure>> SendMessageBatchAsync(string queueUrl, IReadOnlyList<SqsEntry> entries, CancellationToken ct)
    {
        var failures = new List<SqsFailure>();
        foreach (var batch in Batches(entries))
        {
            var request = new SendMessageBatchRequest(queueUrl, batch);
            var answer = await client.SendAsync("SendMessageBatch", request, SqsJson.Default.SendMessageBatchRequest, SqsJson.Default.SqsBatchResponse, ct);
            failures.AddRange(answer.Failed ?? []);
        }

        return failures;
    }

    /// <summary>Waits up to <paramref name="wait"/> (20 s at most) for up to ten messages and hides them for <paramref name="visibility"/>.</summary>
    public async Task<IReadOnlyList<SqsReceived>> ReceiveMessageAsync(string queueUrl, int maxMessages, TimeSpan wait, TimeSpan? visibility, CancellationToken ct)
    {
        var request = new ReceiveMessageRequest(queueUrl, maxMessages, (int)wait.TotalSeconds, visibility is { } v ? (int)v.TotalSeconds : null, ["All"], ["All"]);
        var answer = await client.SendAsync("ReceiveMessage", request, SqsJson.Default.ReceiveMessageRequest, SqsJson.Default.ReceiveMessageResponse, ct);
        return answer.Messages ?? [];
    }

    /// <summary>At most ten entries, as in every batch call; answers the refused ones.</summary>
    public async Task<IReadOnlyList<SqsFailure>> DeleteMessageBatchAsync(string queueUrl, IReadOnlyList<SqsReceipt> receipts, CancellationToken ct)
    {
        var request = new DeleteMessageBatchRequest(queueUrl, receipts);
        var answer = await client.SendAsync("DeleteMessageBatch", request, SqsJson.Default.DeleteMessageBatchRequest, SqsJson.Default.SqsBatchResponse, ct);
        return answer.Failed ?? [];
    }

    public async Task<IReadOnlyList<SqsFailure>> ChangeMessageVisibilityBatchAsync(string queueUrl, IReadOnlyList<SqsVisibility> changes, CancellationToken ct)
    {
        var request = new ChangeMessageVisibilityBatchRequest(queueUrl, changes);
        var answer = await client.SendAsync("ChangeMessageVisibilityBatch", request, SqsJson.Default.ChangeMessageVisibilityBatchRequest, SqsJson.Default.SqsBatchResponse, ct);
        return answer.Failed ?? [];
    }

    /// <summary>Answers the queue's URL; creating it again with the same attributes answers the same URL.</summary>
    public async Task<string> CreateQueueAsync(string name, IReadOnlyDictionary<string, string> attributes, CancellationToken ct)
    {
        var answer = await client.SendAsync("CreateQueue", new CreateQueueRequest(name, attributes), SqsJson.Default.CreateQueueRequest, SqsJson.Default.QueueUrlResponse, ct);
        return answer.QueueUrl;
    }

    public async Task<string> GetQueueUrlAsync(string name, CancellationToken ct)
    {
        var answer = await client.SendAsync("GetQueueUrl", new GetQueueUrlRequest(name), SqsJson.Default.GetQueueUrlRequest, SqsJson.Default.QueueUrlResponse, ct);
        return answer.QueueUrl;
    }

    public async Task<IReadOnlyDictionary<string, string>> GetQueueAttributesAsync(string queueUrl, CancellationToken ct)
    {
        var request = new GetQueueAttributesRequest(queueUrl, ["All"]);
        var answer = await client.SendAsync("GetQueueAttributes", request, SqsJson.Default.GetQueueAttributesRequest, SqsJson.Default.GetQueueAttributesResponse, ct);
        return answer.Attributes ?? [];
    }

    private static IEnumerable<List<SqsEntry>> Batches(IReadOnlyList<SqsEntry> entries)
    {
        var (batch, bytes) = (new List<SqsEntry>(), 0);
        foreach (var entry in entries)
        {
            var size = Encoding.UTF8.GetByteCount(entry.MessageBody);
            if (batch.Count == MaxEntries || (batch.Count > 0 && bytes + size > MaxBatchBytes))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }

            batch.Add(entry);
            bytes += size;
        }

        if (batch.Count > 0) yield return batch;
    }

    private static int? Seconds(TimeSpan delay) => delay > TimeSpan.Zero ? (int)Math.Ceiling(delay.TotalSeconds) : null;
}
