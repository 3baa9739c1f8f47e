namespace Modupay.Aws;

/// <summary>The outbox's way out. The trace of whoever committed the message travels as an attribute.</summary>
internal sealed class SqsMessageQueue(AwsClients aws, Settings settings) : IMessageQueue
{
    public async Task<IReadOnlySet<Guid>> SendAsync(string queue, IReadOnlyList<QueuedMessage> messages, CancellationToken ct)
    {
        var entries = messages.Select(message => new SqsEntry(message.Id.ToString("n"), message.Body,
            MessageAttributes: message.TraceParent is { } trace ? new Dictionary<string, SqsAttribute> { ["traceparent"] = SqsAttribute.Text(trace) } : null)).ToList();
        var failed = (await aws.Sqs.SendMessageBatchAsync(settings.QueueUrl(queue), entries, ct)).Select(failure => failure.Id).ToHashSet(StringComparer.Ordinal);
        return messages.Where(message => !failed.Contains(message.Id.ToString("n"))).Select(message => message.Id).ToHashSet();
    }
}
