using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Modupay.Local.Cloud;

namespace Modupay.JourneyTests.Cloud;

public sealed class TableEmulatorTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create();

    [Fact]
    public async Task A_lease_is_taken_once_and_is_still_held_after_a_restart()
    {
        await using (var first = await TableEmulator.StartAsync(new TableOptions(_folder.Path), Soon()))
        {
            using var client = Client(first);
            await CreateTableAsync(client);
            Assert.Equal(1, (await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => TakeAsync(client)))).Count(taken => taken));
        }

        await using var second = await TableEmulator.StartAsync(new TableOptions(_folder.Path), Soon());
        using var again = Client(second);
        Assert.False(await TakeAsync(again));
    }

    [Fact]
    public async Task What_was_acknowledged_before_a_kill_is_there_afterwards_and_no_process_is_left()
    {
        using var parent = KilledParent.Start("hold-tables", _folder.Path);
        var words = (await parent.StandardOutput.ReadLineAsync(Soon()))!.Split('|');
        using (var client = Client(words[1])) Assert.True(await TakeAsync(client));

        parent.Kill();
        await parent.WaitForExitAsync(Soon());
        await Processes.AssertGoneAsync(int.Parse(words[0]));

        await using var next = await TableEmulator.StartAsync(new TableOptions(_folder.Path), Soon());
        using var again = Client(next);
        Assert.False(await TakeAsync(again));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using var first = await TableEmulator.StartAsync(new TableOptions(_folder.Path), Soon());
        var port = new Uri(first.Url).Port;

        var refused = await Assert.ThrowsAsync<CannotStartException>(() => TableEmulator.StartAsync(new TableOptions(Path.Combine(_folder.Path, "other")) { Port = port }, Soon()));

        Assert.Contains($"Port {port}, wanted for DynamoDB, is in use", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    internal static Task CreateTableAsync(AmazonDynamoDBClient client) => client.CreateTableAsync(new CreateTableRequest
    {
        TableName = "coordination",
        BillingMode = BillingMode.PAY_PER_REQUEST,
        AttributeDefinitions = [new("pk", ScalarAttributeType.S)],
        KeySchema = [new("pk", KeyType.HASH)],
    });

    internal static AmazonDynamoDBClient Client(string url) =>
        new(new BasicAWSCredentials("local", "local"), new AmazonDynamoDBConfig { ServiceURL = url, AuthenticationRegion = "eu-central-1", MaxErrorRetry = 0 });

    private static AmazonDynamoDBClient Client(TableEmulator tables) => Client(tables.Url);

    private static async Task<bool> TakeAsync(AmazonDynamoDBClient client)
    {
        try
        {
            await client.PutItemAsync(new PutItemRequest
            {
                TableName = "coordination",
                Item = new() { ["pk"] = new AttributeValue("lease#sweep") },
                ConditionExpression = "attribute_not_exists(pk)",
            });
            return true;
        }
        catch (ConditionalCheckFailedException)
        {
            return false;
        }
    }

    private static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;
}
