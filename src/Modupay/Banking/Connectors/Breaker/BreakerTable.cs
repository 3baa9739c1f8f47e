using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace Modupay.Banking.Connectors.Breaker;

/// <summary>A state and the version under which it was read; 0 when there is no item.</summary>
internal sealed record StoredBreaker(BreakerState State, long Version);

/// <summary>Circuits as items of the coordination table. Every write is one update of one item on the condition that nobody wrote since we read.</summary>
internal sealed class BreakerTable(IAmazonDynamoDB dynamoDb, string table)
{
    // An idle circuit is forgotten, which closes it. DynamoDB deletes late, so an expired item counts as absent until then.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["#circuit"] = "circuit",
        ["#failures"] = "failures",
        ["#since"] = "since",
        ["#version"] = "version",
        ["#expires"] = "expires_at",
    };

    public async Task<StoredBreaker> ReadAsync(string name, DateTimeOffset now, CancellationToken ct)
    {
        var answer = await dynamoDb.GetItemAsync(new GetItemRequest { TableName = table, Key = Key(name), ConsistentRead = true }, ct);
        if (answer.Item is not { Count: > 0 } item) return new(BreakerState.Closed, 0);
        var version = long.Parse(item["version"].N);
        return long.Parse(item["expires_at"].N) <= now.ToUnixTimeSeconds()
            ? new(BreakerState.Closed, version)
            : new(new BreakerState(Parse(item["circuit"].S), int.Parse(item["failures"].N), DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(item["since"].N))), version);
    }

    /// <returns>What is stored now, or null when somebody else wrote in between.</returns>
    public async Task<StoredBreaker?> TryWriteAsync(string name, StoredBreaker read, BreakerState next, DateTimeOffset now, CancellationToken ct)
    {
        var version = read.Version + 1;
        var values = new Dictionary<string, AttributeValue>(StringComparer.Ordinal)
        {
            [":circuit"] = new() { S = Text(next.Circuit) },
            [":failures"] = Number(next.Failures),
            [":since"] = Number(next.Since.ToUnixTimeMilliseconds()),
            [":version"] = Number(version),
            [":expires"] = Number((now + Kept).ToUnixTimeSeconds()),
        };
        if (read.Version > 0) values[":read"] = Number(read.Version);
        try
        {
            await dynamoDb.UpdateItemAsync(new UpdateItemRequest
            {
                TableName = table,
                Key = Key(name),
                UpdateExpression = "SET #circuit = :circuit, #failures = :failures, #since = :since, #version = :version, #expires = :expires",
                ConditionExpression = read.Version > 0 ? "#version = :read" : "attribute_not_exists(#version)",
                ExpressionAttributeNames = Names,
                ExpressionAttributeValues = values,
            }, ct);
            return new(next, version);
        }
        catch (ConditionalCheckFailedException)
        {
            return null;
        }
    }

    private static Dictionary<string, AttributeValue> Key(string name) => new(StringComparer.Ordinal) { ["pk"] = new() { S = "breaker/" + name } };

    private static AttributeValue Number(long value) => new() { N = value.ToString() };

    private static string Text(Circuit circuit) => circuit switch { Circuit.Closed => "closed", Circuit.Open => "open", _ => "half_open" };

    private static Circuit Parse(string text) => text switch
    {
        "closed" => Circuit.Closed,
        "open" => Circuit.Open,
        "half_open" => Circuit.HalfOpen,
        _ => throw new InvalidOperationException($"A circuit cannot be {text}."),
    };
}
