using System.Text.Json.Nodes;
using Modupay.Local.Cloud;

namespace Modupay.JourneyTests.Cloud;

public sealed class SqsStandInTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private SqsStandIn _sqs = null!;
    private AwsJsonCaller _aws = null!;

    public async Task InitializeAsync()
    {
        await RestartAsync();
        await CreateAsync("work-dead");
        await CreateAsync("work", ("VisibilityTimeout", "1"), ("RedrivePolicy", $$"""{"deadLetterTargetArn":"{{_sqs.QueueArn("work-dead")}}","maxReceiveCount":"2"}"""));
    }

    [Fact]
    public async Task A_message_is_hidden_while_it_is_worked_on_and_gone_once_it_is_deleted()
    {
        var sent = await SendAsync("hello");
        Assert.Equal("5d41402abc4b2a76b9719d911017c592", (string?)sent["MD5OfMessageBody"]);

        var received = Assert.Single(await ReceiveAsync());
        Assert.Equal(("hello", (string?)sent["MessageId"]), ((string?)received["Body"], (string?)received["MessageId"]));
        Assert.Equal("1", (string?)received["Attributes"]!["ApproximateReceiveCount"]);
        Assert.Empty(await ReceiveAsync());
        Assert.Equal(("0", "1"), await CountsAsync("work"));

        await _aws.CallAsync("DeleteMessage", Of("work", ("ReceiptHandle", (string?)received["ReceiptHandle"])));
        Assert.Equal(("0", "0"), await CountsAsync("work"));
    }

    [Fact]
    public async Task A_message_nobody_deletes_comes_back_and_its_old_handle_deletes_nothing()
    {
        await SendAsync("again");
        var first = Assert.Single(await ReceiveAsync());

        var second = Assert.Single(await ReceiveAsync(wait: 5));

        Assert.Equal("2", (string?)second["Attributes"]!["ApproximateReceiveCount"]);
        await _aws.CallAsync("DeleteMessage", Of("work", ("ReceiptHandle", (string?)first["ReceiptHandle"])));
        Assert.Equal(("0", "1"), await CountsAsync("work"));
    }

    [Fact]
    public async Task A_message_that_was_received_too_often_goes_to_the_dead_letter_queue()
    {
        var sent = await SendAsync("poison");
        for (var receives = 0; receives < 2; receives++)
        {
            var message = Assert.Single(await ReceiveAsync());
            await _aws.CallAsync("ChangeMessageVisibility", Of("work", ("ReceiptHandle", (string?)message["ReceiptHandle"]), ("VisibilityTimeout", 0)));
        }

        Assert.Empty(await ReceiveAsync());
        var dead = Assert.Single(await ReceiveAsync("work-dead"));
        Assert.Equal(((string?)sent["MessageId"], "poison"), ((string?)dead["MessageId"], (string?)dead["Body"]));
        Assert.Equal(_sqs.QueueArn("work"), (string?)dead["Attributes"]!["DeadLetterQueueSourceArn"]);
    }

    [Fact]
    public async Task A_long_poll_wakes_when_a_message_arrives()
    {
        var polling = ReceiveAsync(wait: 20);
        await Task.Delay(100);
        Assert.False(polling.IsCompleted);

        await SendAsync("wake up");

        Assert.Single(await polling.WaitAsync(TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public async Task A_delayed_message_is_not_seen_before_its_time()
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        await _aws.CallAsync("SendMessage", Of("work", ("MessageBody", "later"), ("DelaySeconds", 1)));

        Assert.Single(await ReceiveAsync(wait: 20));
        // Never earlier, and as much later as this machine is busy. The stand-in's clock and this one need not agree to the millisecond.
        Assert.True(since.Elapsed > TimeSpan.FromSeconds(0.9), $"It was seen after {since.Elapsed}.");
    }

    [Fact]
    public async Task Attributes_travel_with_their_types_and_digests()
    {
        var sent = await _aws.CallAsync("SendMessage", Of("work", ("MessageBody", "x"), ("MessageAttributes", new JsonObject
        {
            ["tenant"] = new JsonObject { ["DataType"] = "String", ["StringValue"] = "acme" },
            ["attempt"] = new JsonObject { ["DataType"] = "Number", ["StringValue"] = "3" },
            ["raw"] = new JsonObject { ["DataType"] = "Binary", ["BinaryValue"] = "AQID" },
        }), ("MessageSystemAttributes", new JsonObject { ["AWSTraceHeader"] = new JsonObject { ["DataType"] = "String", ["StringValue"] = "Root=1-2-3" } })));
        // Computed with the recipe of AWS's documentation in another language.
        Assert.Equal(Expected.AttributesDigest, (string?)sent["MD5OfMessageAttributes"]);

        var received = Assert.Single(await ReceiveAsync());

        Assert.Equal("acme", (string?)received["MessageAttributes"]!["tenant"]!["StringValue"]);
        Assert.Equal("AQID", (string?)received["MessageAttributes"]!["raw"]!["BinaryValue"]);
        Assert.Equal("Root=1-2-3", (string?)received["Attributes"]!["AWSTraceHeader"]);
        Assert.Equal(Expected.AttributesDigest, (string?)received["MD5OfMessageAttributes"]);
    }

    [Fact]
    public async Task Each_entry_of_a_batch_succeeds_or_fails_alone()
    {
        var sent = await _aws.CallAsync("SendMessageBatch", Of("work", ("Entries", new JsonArray(
            [.. Enumerable.Range(0, 10).Select(number => new JsonObject { ["Id"] = $"m{number}", ["MessageBody"] = $"body {number}" })]))));
        Assert.Equal(10, sent["Successful"]!.AsArray().Count);
        var received = await ReceiveAsync(most: 10);
        Assert.Equal(10, received.Count);

        var deleted = await _aws.CallAsync("DeleteMessageBatch", Of("work", ("Entries", new JsonArray(
            new JsonObject { ["Id"] = "good", ["ReceiptHandle"] = (string?)received[0]["ReceiptHandle"] },
            new JsonObject { ["Id"] = "bad", ["ReceiptHandle"] = "nonsense" }))));

        Assert.Equal("good", (string?)deleted["Successful"]!.AsArray().Single()!["Id"]);
        Assert.Equal("ReceiptHandleIsInvalid", (string?)deleted["Failed"]!.AsArray().Single()!["Code"]);
        var hidden = await _aws.CallAsync("ChangeMessageVisibilityBatch", Of("work", ("Entries", new JsonArray(
            new JsonObject { ["Id"] = "held", ["ReceiptHandle"] = (string?)received[1]["ReceiptHandle"], ["VisibilityTimeout"] = 60 },
            new JsonObject { ["Id"] = "gone", ["ReceiptHandle"] = (string?)received[0]["ReceiptHandle"], ["VisibilityTimeout"] = 60 }))));
        Assert.Equal("MessageNotInflight", (string?)hidden["Failed"]!.AsArray().Single()!["Code"]);
    }

    [Fact]
    public async Task Batches_that_sqs_would_refuse_are_refused()
    {
        JsonObject Entries(int count, Func<int, string> id) => Of("work", ("Entries", new JsonArray([.. Enumerable.Range(0, count).Select(n => new JsonObject { ["Id"] = id(n), ["MessageBody"] = "x" })])));

        Assert.Equal("EmptyBatchRequest", await _aws.RefusedAsync("SendMessageBatch", Entries(0, n => $"{n}")));
        Assert.Equal("TooManyEntriesInBatchRequest", await _aws.RefusedAsync("SendMessageBatch", Entries(11, n => $"{n}")));
        Assert.Equal("BatchEntryIdsNotDistinct", await _aws.RefusedAsync("SendMessageBatch", Entries(2, _ => "same")));
        Assert.Equal("InvalidMessageContents", await _aws.RefusedAsync("SendMessage", Of("work", ("MessageBody", "\u0001"))));
        Assert.Equal("InvalidParameterValue", await _aws.RefusedAsync("SendMessage", Of("work", ("MessageBody", new string('x', (1 << 20) + 1)))));
        Assert.Equal("InvalidParameterValue", await _aws.RefusedAsync("SendMessage", Of("work", ("MessageBody", "x"), ("MessageGroupId", "fifo"))));
        Assert.Equal("UnknownOperationException", await _aws.RefusedAsync("StartMessageMoveTask", Of("work")));
        Assert.Equal("InvalidAttributeName", await _aws.RefusedAsync("CreateQueue", new JsonObject { ["QueueName"] = "f", ["Attributes"] = new JsonObject { ["FifoQueue"] = "true" } }));
    }

    [Fact]
    public async Task An_unknown_queue_is_named_with_the_error_sqs_has_for_it_old_and_new()
    {
        var (status, answer, queryError) = await _aws.SendAsync("SendMessage", new JsonObject { ["QueueUrl"] = _sqs.QueueUrl("nobody"), ["MessageBody"] = "x" });

        Assert.Equal((400, "com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue;Sender"), (status, (string?)answer["__type"], queryError));
    }

    [Fact]
    public async Task A_queue_is_created_again_only_as_it_is()
    {
        Assert.Equal(_sqs.QueueUrl("work"), await CreateAsync("work", ("VisibilityTimeout", "1")));
        Assert.Equal("QueueNameExists", await _aws.RefusedAsync("CreateQueue", new JsonObject { ["QueueName"] = "work", ["Attributes"] = new JsonObject { ["VisibilityTimeout"] = "7" } }));
        Assert.Equal(_sqs.QueueUrl("work"), (string?)(await _aws.CallAsync("GetQueueUrl", new JsonObject { ["QueueName"] = "work" }))["QueueUrl"]);
        Assert.Equal(2, (await _aws.CallAsync("ListQueues", new JsonObject { ["QueueNamePrefix"] = "work" }))["QueueUrls"]!.AsArray().Count);
    }

    [Fact]
    public async Task What_is_waiting_in_flight_or_dead_survives_a_restart_and_what_is_deleted_does_not()
    {
        await SendAsync("in flight");
        var deleted = await _aws.CallAsync("SendMessage", Of("work-dead", ("MessageBody", "deleted")));
        await _aws.CallAsync("DeleteMessage", Of("work-dead", ("ReceiptHandle", (string?)(await ReceiveAsync("work-dead")).Single()["ReceiptHandle"])));
        await ReceiveAsync();
        await SendAsync("waiting");

        await RestartAsync();

        var messages = await ReceiveAsync(most: 10);
        Assert.Equal(["in flight", "waiting"], messages.Select(message => (string?)message["Body"]).Order(StringComparer.Ordinal));
        // The attempt that the restart interrupted counts, or a message that kills its consumer would do so for ever.
        Assert.Equal("2", (string?)messages.Single(message => (string?)message["Body"] == "in flight")["Attributes"]!["ApproximateReceiveCount"]);
        Assert.Empty(await ReceiveAsync("work-dead"));
        Assert.NotNull(deleted["MessageId"]);
    }

    [Fact]
    public async Task What_was_acknowledged_before_a_kill_is_there_afterwards()
    {
        var folder = Path.Combine(_folder.Path, "killed");
        using var parent = KilledParent.Start("hold-queue", folder);
        var url = (await parent.StandardOutput.ReadLineAsync())!;
        using var aws = new AwsJsonCaller(url, "AmazonSQS", "1.0");
        var acknowledged = 0;
        var sending = Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            while (true)
            {
                try
                {
                    await aws.CallAsync("SendMessage", new JsonObject { ["QueueUrl"] = $"{url}/000000000000/held", ["MessageBody"] = "money" });
                    Interlocked.Increment(ref acknowledged);
                }
                catch (HttpRequestException)
                {
                    return; // The server has been killed.
                }
            }
        }));
        while (Volatile.Read(ref acknowledged) < 200) await Task.Delay(10);

        parent.Kill();
        await parent.WaitForExitAsync();
        await sending;

        await using var store = QueueStore.Open(new QueueStoreOptions(folder));
        var found = int.Parse(store.Describe("held")["ApproximateNumberOfMessages"]);
        Assert.InRange(found, acknowledged, acknowledged + 8);
    }

    public async Task DisposeAsync() => await _sqs.DisposeAsync();

    public void Dispose()
    {
        _aws.Dispose();
        _folder.Dispose();
    }

    private async Task RestartAsync()
    {
        if (_sqs is not null) await _sqs.DisposeAsync();
        _sqs = await SqsStandIn.StartAsync(new QueueStoreOptions(_folder.Path), 0, CancellationToken.None);
        _aws = new(_sqs.Url, "AmazonSQS", "1.0");
    }

    private async Task<string?> CreateAsync(string name, params (string Name, string Value)[] attributes) => (string?)(await _aws.CallAsync("CreateQueue", new JsonObject
    {
        ["QueueName"] = name,
        ["Attributes"] = new JsonObject(attributes.Select(attribute => KeyValuePair.Create(attribute.Name, (JsonNode?)attribute.Value))),
    }))["QueueUrl"];

    private Task<JsonObject> SendAsync(string body) => _aws.CallAsync("SendMessage", Of("work", ("MessageBody", body)));

    private async Task<List<JsonObject>> ReceiveAsync(string queue = "work", int most = 1, int wait = 0)
    {
        var answer = await _aws.CallAsync("ReceiveMessage", Of(queue, ("MaxNumberOfMessages", most), ("WaitTimeSeconds", wait), ("MessageSystemAttributeNames", new JsonArray("All")), ("MessageAttributeNames", new JsonArray("All"))));
        return answer["Messages"]?.AsArray().Select(message => message!.AsObject()).ToList() ?? [];
    }

    private async Task<(string?, string?)> CountsAsync(string queue)
    {
        var attributes = (await _aws.CallAsync("GetQueueAttributes", Of(queue, ("AttributeNames", new JsonArray("All")))))["Attributes"]!;
        return ((string?)attributes["ApproximateNumberOfMessages"], (string?)attributes["ApproximateNumberOfMessagesNotVisible"]);
    }

    private JsonObject Of(string queue, params (string Name, JsonNode? Value)[] members)
    {
        var request = new JsonObject { ["QueueUrl"] = _sqs.QueueUrl(queue) };
        foreach (var (name, value) in members) request[name] = value;
        return request;
    }

    private static class Expected
    {
        public const string AttributesDigest = "78616fa5a94a24fb0af6e9ff1e385594";
    }
}
