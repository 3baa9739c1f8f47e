using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Modupay.Local.Cloud;

/// <summary>
/// Amazon SQS on loopback: standard queues, its JSON protocol, real visibility timeouts, dead-letter queues, and messages that survive a crash.
/// FIFO queues, policies, tags and dead-letter redrive tasks are refused.
/// </summary>
internal sealed partial class SqsStandIn : IAsyncDisposable
{
    private const int MostInBatch = 10;
    private const int MostBytes = 1 << 20;

    private readonly QueueStore _store;
    private readonly QueueStoreOptions _options;
    private LoopbackServer _server = null!;

    private SqsStandIn(QueueStore store, QueueStoreOptions options) => (_store, _options) = (store, options);

    public string Url => _server.Url;

    public static async Task<SqsStandIn> StartAsync(QueueStoreOptions options, int port, CancellationToken ct)
    {
        var sqs = new SqsStandIn(QueueStore.Open(options), options);
        try
        {
            sqs._server = await AwsJsonServer.StartAsync(new AwsJsonService("sqs", "AmazonSQS", "1.0", sqs.Operations()) { InvalidCode = "InvalidParameterValue" }, port, ct);
            return sqs;
        }
        catch
        {
            await sqs._store.DisposeAsync();
            throw;
        }
    }

    public string QueueUrl(string name) => $"{Url}/{_options.Account.Id}/{name}";

    public string QueueArn(string name) => _options.Account.Arn("sqs", name);

    /// <summary>Makes sure the queue exists and is as described, whatever an earlier run made of it.</summary>
    public async Task DeclareAsync(string name, IReadOnlyDictionary<string, string> attributes)
    {
        if (_store.Exists(name)) await _store.SetAttributesAsync(name, attributes);
        else await _store.CreateAsync(name, attributes);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _store.DisposeAsync();
    }

    private Dictionary<string, AwsOperation> Operations() => new(StringComparer.Ordinal)
    {
        ["CreateQueue"] = new(CreateAsync, "QueueName", "Attributes"),
        ["GetQueueUrl"] = new(GetUrl, "QueueName", "QueueOwnerAWSAccountId"),
        ["ListQueues"] = new(ListQueues, "QueueNamePrefix"),
        ["GetQueueAttributes"] = new(GetAttributes, "QueueUrl", "AttributeNames"),
        ["SetQueueAttributes"] = new(SetAttributesAsync, "QueueUrl", "Attributes"),
        ["PurgeQueue"] = new(PurgeAsync, "QueueUrl"),
        ["SendMessage"] = new(SendAsync, "QueueUrl", "MessageBody", "DelaySeconds", "MessageAttributes", "MessageSystemAttributes"),
        ["SendMessageBatch"] = new(SendBatchAsync, "QueueUrl", "Entries"),
        ["ReceiveMessage"] = new(ReceiveAsync, "QueueUrl", "MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds", "AttributeNames", "MessageSystemAttributeNames", "MessageAttributeNames"),
        ["DeleteMessage"] = new(DeleteAsync, "QueueUrl", "ReceiptHandle"),
        ["DeleteMessageBatch"] = new(DeleteBatchAsync, "QueueUrl", "Entries"),
        ["ChangeMessageVisibility"] = new(ChangeVisibility, "QueueUrl", "ReceiptHandle", "VisibilityTimeout"),
        ["ChangeMessageVisibilityBatch"] = new(ChangeVisibilityBatchAsync, "QueueUrl", "Entries"),
    };

    private async Task<JsonObject> CreateAsync(AwsRequest request, CancellationToken ct)
    {
        var name = request.Text("QueueName");
        if (!ValidName().IsMatch(name)) throw request.Invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
        await _store.CreateAsync(name, request.Map("Attributes"));
        return new() { ["QueueUrl"] = QueueUrl(name) };
    }

    private JsonObject GetUrl(AwsRequest request)
    {
        var name = request.Text("QueueName");
        if (!_store.Exists(name) || (request.TextOrNull("QueueOwnerAWSAccountId") ?? _options.Account.Id) != _options.Account.Id) throw NoQueue(name);
        return new() { ["QueueUrl"] = QueueUrl(name) };
    }

    private JsonObject ListQueues(AwsRequest request)
    {
        var prefix = request.TextOrNull("QueueNamePrefix") ?? "";
        return new() { ["QueueUrls"] = new JsonArray([.. _store.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => (JsonNode)QueueUrl(name))]) };
    }

    private JsonObject GetAttributes(AwsRequest request)
    {
        var all = _store.Describe(Queue(request));
        var wanted = request.Texts("AttributeNames");
        var names = wanted.Contains("All", StringComparer.Ordinal) ? all.Keys : wanted;
        // RedrivePolicy is known to every queue but only answered by those that have one.
        if (names.FirstOrDefault(name => !all.ContainsKey(name) && name != RedrivePolicy.AttributeName) is { } unknown) throw new AwsException("InvalidAttributeName", $"Unknown Attribute {unknown}.");
        return new() { ["Attributes"] = new JsonObject(names.Where(all.ContainsKey).Select(name => KeyValuePair.Create(name, (JsonNode?)all[name]))) };
    }

    private async Task<JsonObject> SetAttributesAsync(AwsRequest request, CancellationToken ct)
    {
        await _store.SetAttributesAsync(Queue(request), request.Map("Attributes"));
        return [];
    }

    private async Task<JsonObject> PurgeAsync(AwsRequest request, CancellationToken ct)
    {
        await _store.PurgeAsync(Queue(request));
        return [];
    }

    private async Task<JsonObject> SendAsync(AwsRequest request, CancellationToken ct)
    {
        var message = SqsWire.Read(request, _options.Clock.GetUtcNow());
        await _store.SendAsync(Queue(request), message, request.NumberOrNull("DelaySeconds", 0, 900));
        return SqsWire.Sent(message);
    }

    private async Task<JsonObject> SendBatchAsync(AwsRequest request, CancellationToken ct)
    {
        var queue = Queue(request);
        var entries = Entries(request, "Id", "MessageBody", "DelaySeconds", "MessageAttributes", "MessageSystemAttributes");
        var messages = entries.Select(entry => SqsWire.Read(entry, _options.Clock.GetUtcNow())).ToList();
        if (messages.Sum(message => (long)message.Size) > MostBytes)
            throw new AwsException("BatchRequestTooLong", $"Batch requests cannot be longer than {MostBytes} bytes.", queryCode: "AWS.SimpleQueueService.BatchRequestTooLong");
        return await EachAsync(entries.Zip(messages), pair => pair.First, async pair =>
        {
            await _store.SendAsync(queue, pair.Second, pair.First.NumberOrNull("DelaySeconds", 0, 900));
            return SqsWire.Sent(pair.Second);
        });
    }

    private async Task<JsonObject> ReceiveAsync(AwsRequest request, CancellationToken ct)
    {
        var deliveries = await _store.ReceiveAsync(
            Queue(request),
            request.NumberOrNull("MaxNumberOfMessages", 1, MostInBatch) ?? 1,
            request.NumberOrNull("VisibilityTimeout", 0, 43_200),
            request.NumberOrNull("WaitTimeSeconds", 0, 20),
            ct);
        var systemNames = request.Texts("AttributeNames").Concat(request.Texts("MessageSystemAttributeNames")).ToHashSet(StringComparer.Ordinal);
        var names = request.Texts("MessageAttributeNames");
        return deliveries.Count == 0 ? [] : new() { ["Messages"] = new JsonArray([.. deliveries.Select(delivery => SqsWire.Received(delivery, systemNames, names, _options.Account))]) };
    }

    private async Task<JsonObject> DeleteAsync(AwsRequest request, CancellationToken ct)
    {
        await _store.DeleteAsync(Queue(request), Receipt(request));
        return [];
    }

    private Task<JsonObject> DeleteBatchAsync(AwsRequest request, CancellationToken ct)
    {
        var queue = Queue(request);
        return EachAsync(Entries(request, "Id", "ReceiptHandle"), entry => entry, async entry =>
        {
            await _store.DeleteAsync(queue, Receipt(entry));
            return [];
        });
    }

    private JsonObject ChangeVisibility(AwsRequest request)
    {
        ChangeVisibility(Queue(request), request);
        return [];
    }

    private Task<JsonObject> ChangeVisibilityBatchAsync(AwsRequest request, CancellationToken ct)
    {
        var queue = Queue(request);
        return EachAsync(Entries(request, "Id", "ReceiptHandle", "VisibilityTimeout"), entry => entry, entry =>
        {
            ChangeVisibility(queue, entry);
            return Task.FromResult(new JsonObject());
        });
    }

    private void ChangeVisibility(string queue, AwsRequest request)
    {
        var seconds = request.NumberOrNull("VisibilityTimeout", 0, 43_200) ?? throw request.Invalid("The parameter VisibilityTimeout is required.");
        if (!_store.ChangeVisibility(queue, Receipt(request), seconds))
            throw new AwsException("MessageNotInflight", "The specified message isn't in flight.", queryCode: "AWS.SimpleQueueService.MessageNotInflight");
    }

    /// <summary>Each entry succeeds or fails alone, all at once: they share the journal's next write.</summary>
    private static async Task<JsonObject> EachAsync<T>(IEnumerable<T> entries, Func<T, AwsRequest> entryOf, Func<T, Task<JsonObject>> handle)
    {
        var (successful, failed) = (new JsonArray(), new JsonArray());
        var outcomes = await Task.WhenAll(entries.Select(async entry =>
        {
            var id = entryOf(entry).Text("Id");
            try
            {
                var answer = await handle(entry);
                answer["Id"] = id;
                return (Answer: answer, Succeeded: true);
            }
            catch (AwsException refusal) when (refusal.Code != "QueueDoesNotExist")
            {
                return (Answer: new JsonObject { ["Id"] = id, ["Code"] = refusal.Code, ["Message"] = refusal.Message, ["SenderFault"] = true }, Succeeded: false);
            }
        }));
        foreach (var (answer, succeeded) in outcomes) (succeeded ? successful : failed).Add(answer);
        var result = new JsonObject { ["Successful"] = successful };
        if (failed.Count > 0) result["Failed"] = failed;
        return result;
    }

    private static IReadOnlyList<AwsRequest> Entries(AwsRequest request, params IReadOnlyList<string> members)
    {
        var entries = request.List("Entries", members);
        if (entries.Count == 0) throw new AwsException("EmptyBatchRequest", "There should be at least one entry in the request.", queryCode: "AWS.SimpleQueueService.EmptyBatchRequest");
        if (entries.Count > MostInBatch) throw new AwsException("TooManyEntriesInBatchRequest", $"Maximum number of entries per request are {MostInBatch}. You have sent {entries.Count}.", queryCode: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest");
        var ids = entries.Select(entry => entry.Text("Id")).ToList();
        if (ids.FirstOrDefault(id => !ValidName().IsMatch(id)) is { } invalid) throw new AwsException("InvalidBatchEntryId", $"A batch entry id can only contain alphanumeric characters, hyphens and underscores: {invalid}.", queryCode: "AWS.SimpleQueueService.InvalidBatchEntryId");
        if (ids.Distinct(StringComparer.Ordinal).Count() < ids.Count) throw new AwsException("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.", queryCode: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct");
        return entries;
    }

    /// <summary>The last word of the URL. Its host is not compared, because our port changes from run to run and URLs are stored.</summary>
    private string Queue(AwsRequest request)
    {
        var url = request.Text("QueueUrl");
        var path = Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries) : [];
        return path is [var account, var name] && account == _options.Account.Id && _store.Exists(name) ? name : throw NoQueue(url);
    }

    private static string Receipt(AwsRequest request)
    {
        var receipt = request.Text("ReceiptHandle");
        return MessageQueue.IsReceipt(receipt) ? receipt : throw new AwsException("ReceiptHandleIsInvalid", $"The input receipt handle {receipt} is not a valid receipt handle.");
    }

    private static AwsException NoQueue(string name) => new("QueueDoesNotExist", $"The specified queue {name} does not exist.", queryCode: "AWS.SimpleQueueService.NonExistentQueue");

    [GeneratedRegex("^[A-Za-z0-9_-]{1,80}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ValidName();
}
