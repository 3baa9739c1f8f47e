using System.Text.Json.Serialization;

namespace Modupay.Aws;

/// <summary>One message to send; <c>Id</c> names it within its batch and comes back in <see cref="SqsFailure"/>.</summary>
internal sealed record SqsEntry(string Id, string MessageBody, int? DelaySeconds = null, IReadOnlyDictionary<string, SqsAttribute>? MessageAttributes = null);

internal sealed record SqsAttribute(string DataType, string? StringValue = null, byte[]? BinaryValue = null)
{
    public static SqsAttribute Text(string value) => new("String", value);
}

internal sealed record SqsFailure(string Id, string Code, bool SenderFault, string? Message);

internal sealed record SqsReceived(
    string MessageId,
    string ReceiptHandle,
    string Body,
    [property: JsonPropertyName("MD5OfBody")] string? Md5OfBody,
    Dictionary<string, string>? Attributes,
    Dictionary<string, SqsAttribute>? MessageAttributes);

internal sealed record SqsReceipt(string Id, string ReceiptHandle);

internal sealed record SqsVisibility(string Id, string ReceiptHandle, int VisibilityTimeout);

internal sealed record SendMessageRequest(string QueueUrl, string MessageBody, int? DelaySeconds, IReadOnlyDictionary<string, SqsAttribute>? MessageAttributes);
internal sealed record SendMessageResponse(string MessageId);
internal sealed record SendMessageBatchRequest(string QueueUrl, IReadOnlyList<SqsEntry> Entries);
internal sealed record SqsBatchResponse(List<SqsFailure>? Failed);
internal sealed record ReceiveMessageRequest(
    string QueueUrl, int MaxNumberOfMessages, int WaitTimeSeconds, int? VisibilityTimeout, IReadOnlyList<string> MessageSystemAttributeNames, IReadOnlyList<string> MessageAttributeNames);
internal sealed record ReceiveMessageResponse(List<SqsReceived>? Messages);
internal sealed record DeleteMessageBatchRequest(string QueueUrl, IReadOnlyList<SqsReceipt> Entries);
internal sealed record ChangeMessageVisibilityBatchRequest(string QueueUrl, IReadOnlyList<SqsVisibility> Entries);
internal sealed record CreateQueueRequest(string QueueName, IReadOnlyDictionary<string, string> Attributes);
internal sealed record GetQueueUrlRequest(string QueueName);
internal sealed record QueueUrlResponse(string QueueUrl);
internal sealed record GetQueueAttributesRequest(string QueueUrl, IReadOnlyList<string> AttributeNames);
internal sealed record GetQueueAttributesResponse(Dictionary<string, string>? Attributes);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SendMessageRequest))]
[JsonSerializable(typeof(SendMessageResponse))]
[JsonSerializable(typeof(SendMessageBatchRequest))]
[JsonSerializable(typeof(SqsBatchResponse))]
[JsonSerializable(typeof(ReceiveMessageRequest))]
[JsonSerializable(typeof(ReceiveMessageResponse))]
[JsonSerializable(typeof(DeleteMessageBatchRequest))]
[JsonSerializable(typeof(ChangeMessageVisibilityBatchRequest))]
[JsonSerializable(typeof(CreateQueueRequest))]
[JsonSerializable(typeof(GetQueueUrlRequest))]
[JsonSerializable(typeof(QueueUrlResponse))]
[JsonSerializable(typeof(GetQueueAttributesRequest))]
[JsonSerializable(typeof(GetQueueAttributesResponse))]
internal sealed partial class SqsJson : JsonSerializerContext;
