using System.Text.Json.Serialization;

namespace Modupay.Triggers;

/// <summary>What Lambda hands to the consumer of a queue.</summary>
internal sealed record SqsBatch([property: JsonPropertyName("Records")] IReadOnlyList<SqsMessage> Records);

/// <summary>One delivery. <c>MessageId</c> stays the same over redeliveries, <c>ReceiptHandle</c> does not.</summary>
internal sealed record SqsMessage(
    string MessageId,
    string ReceiptHandle,
    string Body,
    IReadOnlyDictionary<string, string> Attributes,
    IReadOnlyDictionary<string, SqsMessageAttribute> MessageAttributes,
    string EventSource,
    [property: JsonPropertyName("eventSourceARN")] string EventSourceArn,
    string AwsRegion,
    string? Md5OfBody = null)
{
    /// <summary>1 for the first delivery.</summary>
    [JsonIgnore]
    public int ReceiveCount => Attributes.TryGetValue("ApproximateReceiveCount", out var count) ? int.Parse(count) : 1;

    [JsonIgnore]
    public string QueueName => EventSourceArn[(EventSourceArn.LastIndexOf(':') + 1)..];

    /// <summary>A text attribute of the message, or null.</summary>
    public string? Attribute(string name) => MessageAttributes.TryGetValue(name, out var attribute) ? attribute.StringValue : null;
}

internal sealed record SqsMessageAttribute(string DataType, string? StringValue = null, byte[]? BinaryValue = null);

/// <summary>
/// The messages to deliver again; an empty list finishes the whole batch. The queue mapping is set to <c>ReportBatchItemFailures</c>:
/// without that AWS would take any answer as success.
/// </summary>
internal sealed record SqsBatchAnswer(IReadOnlyList<SqsBatchFailure> BatchItemFailures);

internal sealed record SqsBatchFailure(string ItemIdentifier);
