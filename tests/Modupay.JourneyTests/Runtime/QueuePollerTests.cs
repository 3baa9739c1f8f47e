using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Aws;
using Modupay.Local.Cloud;
using Modupay.Local.Runtime;
using Modupay.Triggers;
using SqsMessage = Modupay.Triggers.SqsMessage;

namespace Modupay.JourneyTests.Runtime;

/// <summary>The product's SQS client, the queue stand-in and the poller together; the consumer says which messages it could not finish.</summary>
public sealed class QueuePollerTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modupay-queues-").FullName;
    private readonly ManualTime _time = new();
    private readonly List<SqsMessage[]> _batches = [];
    private Func<SqsMessage, bool> _finishes = _ => true;
    private Func<string>? _answer;
    private SqsStandIn? _server;
    private AwsClients? _aws;
    private string _queue = "";
    private string _dead = "";

    private SqsClient Sqs => _aws!.Sqs;

    public async Task InitializeAsync()
    {
        _server = await SqsStandIn.StartAsync(new QueueStoreOptions(_folder) { Clock = _time, Durability = Durability.Throwaway }, 0, CancellationToken.None);
        _aws = new AwsClients(new Settings(new Dictionary<string, string> { ["AWS_ENDPOINT_URL_SQS"] = _server.Url, ["AWS_ACCESS_KEY_ID"] = "local", ["AWS_SECRET_ACCESS_KEY"] = "local" }));
        _dead = await Sqs.CreateQueueAsync("work-dead", new Dictionary<string, string>(), CancellationToken.None);
        var arn = (await Sqs.GetQueueAttributesAsync(_dead, CancellationToken.None))["QueueArn"];
        var redrive = new JsonObject { ["deadLetterTargetArn"] = arn, ["maxReceiveCount"] = 3 }.ToJsonString();
        _queue = await Sqs.CreateQueueAsync("work", new Dictionary<string, string> { ["RedrivePolicy"] = redrive }, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        _aws!.Dispose();
        await _server!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_finished_batch_is_deleted_and_carries_all_AWS_would_say()
    {
        await Sqs.SendMessageAsync(_queue, """{"é":1}""", attributes: new Dictionary<string, SqsAttribute> { ["traceparent"] = SqsAttribute.Text("00-1") });

        Assert.True(await PollAsync());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(await PollAsync());

        var message = Assert.Single(Assert.Single(_batches));
        Assert.Equal(("""{"é":1}""", 1, "work", "00-1"), (message.Body, message.ReceiveCount, message.QueueName, message.Attribute("traceparent")));
    }

    [Fact]
    public async Task Only_the_unfinished_messages_come_again_and_wait_longer_each_time()
    {
        await SendAsync("good", "bad");
        _finishes = message => message.Body != "bad";

        await PollAsync();
        Assert.False(await PollAsync());
        _time.Advance(TimeSpan.FromSeconds(1));
        await PollAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await PollAsync());
        _time.Advance(TimeSpan.FromSeconds(1));
        await PollAsync();

        Assert.Equal(["bad good", "bad", "bad"], Bodies());
        Assert.Equal(3, _batches[^1][0].ReceiveCount);
    }

    [Fact]
    public async Task A_message_that_is_never_finished_ends_in_the_dead_letter_queue()
    {
        await SendAsync("bad");
        _finishes = _ => false;

        for (var receive = 0; receive < 3; receive++)
        {
            Assert.True(await PollAsync());
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.False(await PollAsync());
        Assert.Equal("bad", Assert.Single(await Sqs.ReceiveMessageAsync(_dead, 10, TimeSpan.Zero, null, CancellationToken.None)).Body);
    }

    [Theory]
    [InlineData("this is not JSON")]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":"stranger"}]}""")]
    public async Task An_answer_that_makes_no_sense_loses_nothing(string answer)
    {
        await SendAsync("a", "b");
        _answer = () => answer;
        await PollAsync();
        _answer = null;
        _time.Advance(TimeSpan.FromSeconds(1));
        await PollAsync();

        Assert.Equal(["a b", "a b"], Bodies());
    }

    [Fact]
    public async Task A_consumer_that_throws_loses_nothing()
    {
        await SendAsync("a", "b");
        _answer = () => throw new InvalidOperationException("broken");
        await PollAsync();
        _answer = null;
        _time.Advance(TimeSpan.FromSeconds(1));
        await PollAsync();

        Assert.Equal(["a b", "a b"], Bodies());
    }

    [Fact]
    public async Task While_the_consumer_works_nobody_else_gets_the_message_for_six_time_limits()
    {
        await SendAsync("a");
        var meanwhile = new List<int>();
        _answer = () =>
        {
            foreach (var seconds in new[] { 359, 2 })
            {
                _time.Advance(TimeSpan.FromSeconds(seconds));
                meanwhile.Add(Sqs.ReceiveMessageAsync(_queue, 10, TimeSpan.Zero, null, CancellationToken.None).GetAwaiter().GetResult().Count);
            }

            return "{}";
        };

        await PollAsync();

        Assert.Equal([0, 1], meanwhile);
    }

    [Fact]
    public async Task Stopping_while_nothing_is_there_ends_at_once()
    {
        using var stop = new CancellationTokenSource();
        var running = Poller().RunAsync(stop.Token);

        await stop.CancelAsync();

        await running.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(_batches);
    }

    private Task<bool> PollAsync() => Poller().PollOnceAsync(TimeSpan.Zero, CancellationToken.None);

    private QueuePoller Poller()
    {
        var functions = new InProcessFunctions(new Dictionary<string, (FunctionHandler, TimeSpan)> { ["f"] = (ConsumeAsync, TimeSpan.FromMinutes(30)) }, _time);
        return new QueuePoller(new QueueMapping("work", _queue, "f", BatchSize: 10, Concurrency: 2, TimeSpan.FromSeconds(60)), Sqs, functions, _time, NullLogger.Instance);
    }

    private Task<ReadOnlyMemory<byte>> ConsumeAsync(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken ct)
    {
        var batch = JsonSerializer.Deserialize(payload.Span, TriggerJson.Default.SqsBatch)!;
        _batches.Add([.. batch.Records]);
        if (_answer is { } answer) return Task.FromResult<ReadOnlyMemory<byte>>(System.Text.Encoding.UTF8.GetBytes(answer()));
        var unfinished = batch.Records.Where(message => !_finishes(message)).Select(message => new SqsBatchFailure(message.MessageId));
        return Task.FromResult<ReadOnlyMemory<byte>>(JsonSerializer.SerializeToUtf8Bytes(new SqsBatchAnswer([.. unfinished]), TriggerJson.Default.SqsBatchAnswer));
    }

    private async Task SendAsync(params string[] bodies) =>
        Assert.Empty(await Sqs.SendMessageBatchAsync(_queue, [.. bodies.Select((body, index) => new SqsEntry($"m{index}", body))], CancellationToken.None));

    private IEnumerable<string> Bodies() => _batches.Select(batch => string.Join(' ', batch.Select(message => message.Body).Order(StringComparer.Ordinal)));
}
