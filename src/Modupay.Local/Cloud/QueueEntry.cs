using System.Text;
using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

/// <summary>The journal's lines. Each may be applied twice: a rewritten journal can be followed by lines it already contains.</summary>
internal static class QueueEntry
{
    public static JsonObject Queue(MessageQueue queue) => new()
    {
        ["do"] = "queue",
        ["queue"] = queue.Name,
        ["created"] = queue.CreatedAt.ToUnixTimeMilliseconds(),
        ["attributes"] = new JsonObject(queue.Attributes.ToTexts().Select(attribute => KeyValuePair.Create(attribute.Key, (JsonNode?)attribute.Value))),
    };

    public static JsonObject Send(string queue, QueueMessage message, DateTimeOffset visibleAt, int receives = 0)
    {
        var entry = new JsonObject
        {
            ["do"] = "send",
            ["queue"] = queue,
            ["id"] = message.Id,
            ["body"] = message.Body,
            ["sent"] = message.SentAt.ToUnixTimeMilliseconds(),
            ["visible"] = visibleAt.ToUnixTimeMilliseconds(),
        };
        if (receives > 0) entry["receives"] = receives;
        if (message.TraceHeader is not null) entry["trace"] = message.TraceHeader;
        if (message.DeadLetterSource is not null) entry["from"] = message.DeadLetterSource;
        if (message.Attributes.Count > 0) entry["attributes"] = new JsonObject(message.Attributes.Select(attribute => KeyValuePair.Create(attribute.Key, (JsonNode?)attribute.Value.ToJson())));
        return entry;
    }

    public static JsonObject Receive(string queue, string id, int receives) => new() { ["do"] = "receive", ["queue"] = queue, ["id"] = id, ["receives"] = receives };

    public static JsonObject Delete(string queue, string id) => new() { ["do"] = "delete", ["queue"] = queue, ["id"] = id };

    public static JsonObject Purge(string queue) => new() { ["do"] = "purge", ["queue"] = queue };

    public static void Apply(JsonObject entry, Dictionary<string, MessageQueue> queues, AwsAccount account)
    {
        var name = (string)entry["queue"]!;
        if ((string?)entry["do"] == "queue")
        {
            var attributes = new QueueAttributes().With(entry["attributes"]!.AsObject().ToDictionary(attribute => attribute.Key, attribute => (string)attribute.Value!, StringComparer.Ordinal));
            if (queues.TryGetValue(name, out var existing)) existing.Attributes = attributes;
            else queues.Add(name, new(name, account.Arn("sqs", name), attributes, Instant(entry["created"]!)));
            return;
        }

        var queue = queues[name];
        switch ((string?)entry["do"])
        {
            // What was in flight when the process ended is visible again: those who held it ended with us.
            case "send": queue.Add(Message(entry), Instant(entry["visible"]!), (int?)entry["receives"] ?? 0); break;
            case "receive": queue.Remember((string)entry["id"]!, (int)entry["receives"]!); break;
            case "delete": queue.Remove((string)entry["id"]!); break;
            case "purge": queue.Clear(); break;
            case var unknown: throw new CannotStartException($"The queues were written by a newer Modupay ({unknown}): use that one, or remove the queues folder.");
        }
    }

    private static QueueMessage Message(JsonObject entry) => new(
        (string)entry["id"]!,
        (string)entry["body"]!,
        entry["attributes"]?.AsObject().ToDictionary(attribute => attribute.Key, attribute => Attribute(attribute.Value!), StringComparer.Ordinal) ?? [],
        (string?)entry["trace"],
        Instant(entry["sent"]!))
    {
        DeadLetterSource = (string?)entry["from"],
    };

    private static QueueMessageAttribute Attribute(JsonNode attribute) => new(
        (string)attribute["DataType"]!,
        attribute["BinaryValue"] is { } bytes ? Convert.FromBase64String((string)bytes!) : Encoding.UTF8.GetBytes((string)attribute["StringValue"]!));

    private static DateTimeOffset Instant(JsonNode milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
}
