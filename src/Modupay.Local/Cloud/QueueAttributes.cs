using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

/// <summary>What a queue can be told, with SQS's defaults and limits.</summary>
internal sealed record QueueAttributes
{
    public int VisibilityTimeout { get; init; } = 30;
    public int DelaySeconds { get; init; }
    public int ReceiveMessageWaitTimeSeconds { get; init; }
    public int MessageRetentionPeriod { get; init; } = 345_600;
    public int MaximumMessageSize { get; init; } = 1 << 20;
    public RedrivePolicy? Redrive { get; init; }

    public QueueAttributes With(IReadOnlyDictionary<string, string> changes) => changes.Aggregate(this, (attributes, change) => change.Key switch
    {
        nameof(VisibilityTimeout) => attributes with { VisibilityTimeout = Number(change, 0, 43_200) },
        nameof(DelaySeconds) => attributes with { DelaySeconds = Number(change, 0, 900) },
        nameof(ReceiveMessageWaitTimeSeconds) => attributes with { ReceiveMessageWaitTimeSeconds = Number(change, 0, 20) },
        nameof(MessageRetentionPeriod) => attributes with { MessageRetentionPeriod = Number(change, 60, 1_209_600) },
        nameof(MaximumMessageSize) => attributes with { MaximumMessageSize = Number(change, 1024, 1 << 20) },
        RedrivePolicy.AttributeName => attributes with { Redrive = RedrivePolicy.Parse(change.Value) },
        _ => throw new AwsException("InvalidAttributeName", $"Unknown Attribute {change.Key}."),
    });

    public IReadOnlyDictionary<string, string> ToTexts()
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [nameof(VisibilityTimeout)] = Text(VisibilityTimeout),
            [nameof(DelaySeconds)] = Text(DelaySeconds),
            [nameof(ReceiveMessageWaitTimeSeconds)] = Text(ReceiveMessageWaitTimeSeconds),
            [nameof(MessageRetentionPeriod)] = Text(MessageRetentionPeriod),
            [nameof(MaximumMessageSize)] = Text(MaximumMessageSize),
        };
        if (Redrive is not null) texts[RedrivePolicy.AttributeName] = Redrive.ToText();
        return texts;
    }

    private static int Number(KeyValuePair<string, string> change, int least, int most) =>
        int.TryParse(change.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new AwsException("InvalidAttributeValue", $"Invalid value for the parameter {change.Key}: it must be between {least} and {most}.");

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>After so many receives without a delete, a message goes to the dead-letter queue.</summary>
internal sealed record RedrivePolicy(string DeadLetterTargetArn, int MaxReceiveCount)
{
    public const string AttributeName = "RedrivePolicy";

    public static RedrivePolicy? Parse(string text)
    {
        if (text.Length == 0) return null;
        try
        {
            // SQS takes the count as a number or as a string, and so do the tools that write it.
            if (JsonNode.Parse(text) is JsonObject policy && policy.Count == 2
                && policy["deadLetterTargetArn"] is JsonValue arn && arn.TryGetValue<string>(out var target)
                && int.TryParse(policy["maxReceiveCount"]?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 1000)
                return new(target, count);
        }
        catch (JsonException)
        {
            // Reported below, like any other policy that cannot be understood.
        }

        throw new AwsException("InvalidAttributeValue", "Value for parameter RedrivePolicy is invalid: it needs deadLetterTargetArn and maxReceiveCount (1 to 1000), and nothing else.");
    }

    public string ToText() => new JsonObject { ["deadLetterTargetArn"] = DeadLetterTargetArn, ["maxReceiveCount"] = MaxReceiveCount }.ToJsonString();
}
