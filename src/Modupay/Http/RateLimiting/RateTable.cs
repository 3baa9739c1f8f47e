using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace Modupay.Http.RateLimiting;

/// <summary>Counts as items of the coordination table, one for each subject. Every write is one update of one item, on condition of what it stands on.</summary>
internal sealed class RateTable(IAmazonDynamoDB dynamoDb, string table)
{
    public async Task<RateWindow?> ReadAsync(string subject, CancellationToken ct)
    {
        var answer = await dynamoDb.GetItemAsync(new GetItemRequest { TableName = table, Key = Key(subject), ConsistentRead = true }, ct);
        return answer.Item is { Count: > 0 } item ? new RateWindow(long.Parse(item["window"].N), int.Parse(item["previous"].N), int.Parse(item["count"].N)) : null;
    }

    /// <summary>Counts some more in the window, unless that makes more than allowed or the window has passed.</summary>
    /// <returns>The count as it is now, of everybody.</returns>
    public async Task<int?> TryCountAsync(string subject, RateWindow current, int more, int atMost, CancellationToken ct)
    {
        var written = await TryUpdateAsync(subject, "SET #count = #count + :more", "#window = :window AND #count <= :ceiling", ["window", "count"],
            new(StringComparer.Ordinal) { [":more"] = Number(more), [":window"] = Number(current.Index), [":ceiling"] = Number(atMost - more) }, ct);
        return written is null ? null : int.Parse(written["count"].N);
    }

    /// <summary>Opens the next window with its first count, unless somebody else did or still counted in the one before.</summary>
    public async Task<int?> TryOpenAsync(string subject, RateWindow? stored, RateWindow opened, DateTimeOffset expires, CancellationToken ct)
    {
        var values = new Dictionary<string, AttributeValue>(StringComparer.Ordinal)
        {
            [":window"] = Number(opened.Index),
            [":previous"] = Number(opened.Previous),
            [":count"] = Number(opened.Count),
            [":expires"] = Number(expires.ToUnixTimeSeconds()),
        };
        if (stored is { } before) (values[":was"], values[":counted"]) = (Number(before.Index), Number(before.Count));
        var written = await TryUpdateAsync(subject, "SET #window = :window, #previous = :previous, #count = :count, #expires_at = :expires",
            stored is null ? "attribute_not_exists(#window)" : "#window = :was AND #count = :counted", ["window", "previous", "count", "expires_at"], values, ct);
        return written is null ? null : opened.Count;
    }

    private async Task<Dictionary<string, AttributeValue>?> TryUpdateAsync(string subject, string update, string condition, string[] names, Dictionary<string, AttributeValue> values, CancellationToken ct)
    {
        try
        {
            var answer = await dynamoDb.UpdateItemAsync(new UpdateItemRequest
            {
                TableName = table,
                Key = Key(subject),
                UpdateExpression = update,
                ConditionExpression = condition,
                ExpressionAttributeNames = names.ToDictionary(name => "#" + name, StringComparer.Ordinal),
                ExpressionAttributeValues = values,
                ReturnValues = ReturnValue.UPDATED_NEW,
            }, ct);
            return answer.Attributes;
        }
        catch (ConditionalCheckFailedException)
        {
            return null;
        }
    }

    private static Dictionary<string, AttributeValue> Key(string subject) => new(StringComparer.Ordinal) { ["pk"] = new() { S = "rate/" + subject } };

    private static AttributeValue Number(long value) => new() { N = value.ToString() };
}
