using System.Text;
using System.Text.Json.Nodes;
using System.Xml;

namespace Modupay.Local.Cloud;

/// <summary>A message as SQS's protocol spells it.</summary>
internal static class SqsWire
{
    private const string TraceHeader = "AWSTraceHeader";

    public static QueueMessage Read(AwsRequest request, DateTimeOffset now)
    {
        var body = request.Text("MessageBody");
        if (body.Length == 0) throw request.Invalid("One or more parameters are invalid. Reason: The request must contain the parameter MessageBody.");
        if (!IsXml(body)) throw new AwsException("InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.");
        var attributes = Attributes(request, "MessageAttributes");
        if (attributes.Count > 10) throw request.Invalid("Number of message attributes exceeds the allowed maximum [10].");
        var system = Attributes(request, "MessageSystemAttributes");
        if (system.Keys.FirstOrDefault(name => name != TraceHeader) is { } unknown) throw request.Invalid($"Message system attribute name {unknown} is invalid.");
        var trace = system.TryGetValue(TraceHeader, out var header) ? Encoding.UTF8.GetString(header.Value) : null;
        return new(Guid.CreateVersion7(now).ToString(), body, attributes, trace, now);
    }

    public static JsonObject Sent(QueueMessage message)
    {
        var answer = new JsonObject { ["MessageId"] = message.Id, ["MD5OfMessageBody"] = message.BodyDigest };
        if (message.Attributes.Count > 0) answer["MD5OfMessageAttributes"] = QueueMessage.AttributesDigest(message.Attributes);
        if (message.TraceHeader is { } trace)
            answer["MD5OfMessageSystemAttributes"] = QueueMessage.AttributesDigest([KeyValuePair.Create(TraceHeader, new QueueMessageAttribute("String", Encoding.UTF8.GetBytes(trace)))]);
        return answer;
    }

    public static JsonObject Received(Delivery delivery, HashSet<string> systemNames, IReadOnlyList<string> names, AwsAccount account)
    {
        var message = delivery.Message;
        var received = new JsonObject
        {
            ["MessageId"] = message.Id,
            ["ReceiptHandle"] = delivery.Receipt,
            ["MD5OfBody"] = message.BodyDigest,
            ["Body"] = message.Body,
        };
        var system = System(delivery, account).Where(attribute => systemNames.Contains("All") || systemNames.Contains(attribute.Key)).ToList();
        if (system.Count > 0) received["Attributes"] = new JsonObject(system.Select(attribute => KeyValuePair.Create(attribute.Key, (JsonNode?)attribute.Value)));
        var attributes = message.Attributes.Where(attribute => names.Any(name => Selects(name, attribute.Key))).ToList();
        if (attributes.Count > 0)
        {
            received["MessageAttributes"] = new JsonObject(attributes.Select(attribute => KeyValuePair.Create(attribute.Key, (JsonNode?)attribute.Value.ToJson())));
            received["MD5OfMessageAttributes"] = QueueMessage.AttributesDigest(attributes);
        }

        return received;
    }

    private static IEnumerable<KeyValuePair<string, string>> System(Delivery delivery, AwsAccount account)
    {
        yield return new("SenderId", account.Id);
        yield return new("SentTimestamp", $"{delivery.Message.SentAt.ToUnixTimeMilliseconds()}");
        yield return new("ApproximateReceiveCount", $"{delivery.Receives}");
        yield return new("ApproximateFirstReceiveTimestamp", $"{delivery.FirstReceivedAt.ToUnixTimeMilliseconds()}");
        if (delivery.Message.TraceHeader is { } trace) yield return new(TraceHeader, trace);
        if (delivery.Message.DeadLetterSource is { } source) yield return new("DeadLetterQueueSourceArn", source);
    }

    private static bool Selects(string name, string attribute) =>
        name is "All" or ".*" || name == attribute || (name.EndsWith(".*", StringComparison.Ordinal) && attribute.StartsWith(name[..^1], StringComparison.Ordinal));

    private static Dictionary<string, QueueMessageAttribute> Attributes(AwsRequest request, string parameter)
    {
        var attributes = new Dictionary<string, QueueMessageAttribute>(StringComparer.Ordinal);
        foreach (var (name, attribute) in request.Structures(parameter, "DataType", "StringValue", "BinaryValue"))
        {
            var type = attribute.Text("DataType");
            var value = type.Split('.')[0] switch
            {
                "String" or "Number" when attribute.TextOrNull("StringValue") is { Length: > 0 } text && IsXml(text) => Encoding.UTF8.GetBytes(text),
                "Binary" when attribute.BytesOrNull("BinaryValue") is { Length: > 0 } bytes => bytes,
                _ => throw request.Invalid($"The message attribute '{name}' with type '{type}' must have a value of that type."),
            };
            attributes.Add(name, new(type, value));
        }

        return attributes;
    }

    private static bool IsXml(string text)
    {
        try
        {
            XmlConvert.VerifyXmlChars(text);
            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
