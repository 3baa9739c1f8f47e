using Amazon.Runtime;
using Modupay.Aws;
using Modupay.Local.Cloud;

namespace Modupay.JourneyTests.Runtime;

/// <summary>What the product's own SQS client promises, against the stand-in.</summary>
public sealed class SqsClientTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modupay-queues-").FullName;
    private SqsStandIn? _server;
    private AwsClients? _aws;

    private SqsClient Sqs => _aws!.Sqs;

    public async Task InitializeAsync()
    {
        _server = await SqsStandIn.StartAsync(new QueueStoreOptions(_folder) { Durability = Durability.Throwaway }, 0, CancellationToken.None);
        _aws = new AwsClients(new Settings(new Dictionary<string, string> { ["AWS_ENDPOINT_URL"] = _server.Url, ["AWS_ACCESS_KEY_ID"] = "local", ["AWS_SECRET_ACCESS_KEY"] = "local" }));
    }

    public async Task DisposeAsync()
    {
        _aws!.Dispose();
        await _server!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task More_than_a_batch_is_sent_in_as_many_calls_as_it_takes()
    {
        var queue = await Sqs.CreateQueueAsync("many", new Dictionary<string, string>(), CancellationToken.None);
        var entries = Enumerable.Range(0, 23).Select(n => new SqsEntry($"e{n}", n < 20 ? "small" : new string('x', 200_000))).ToList();

        Assert.Empty(await Sqs.SendMessageBatchAsync(queue, entries, CancellationToken.None));

        Assert.Equal("23", (await Sqs.GetQueueAttributesAsync(queue, CancellationToken.None))["ApproximateNumberOfMessages"]);
    }

    [Fact]
    public async Task An_entry_that_is_refused_is_named_and_the_others_are_sent()
    {
        var queue = await Sqs.CreateQueueAsync("some", new Dictionary<string, string>(), CancellationToken.None);
        await Sqs.SendMessageAsync(queue, "a");
        var received = Assert.Single(await Sqs.ReceiveMessageAsync(queue, 10, TimeSpan.Zero, null, CancellationToken.None));

        var failures = await Sqs.DeleteMessageBatchAsync(queue, [new("good", received.ReceiptHandle), new("bad", "no receipt")], CancellationToken.None);

        Assert.Equal("bad", Assert.Single(failures).Id);
    }

    [Fact]
    public async Task An_error_has_the_name_AWS_gives_it()
    {
        var refusal = await Assert.ThrowsAsync<AmazonServiceException>(() => Sqs.GetQueueUrlAsync("gone", CancellationToken.None));

        Assert.Equal("QueueDoesNotExist", refusal.ErrorCode);
    }
}
