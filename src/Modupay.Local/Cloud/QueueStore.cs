using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

internal sealed record QueueStoreOptions(string Folder)
{
    public AwsAccount Account { get; init; } = AwsAccount.Local;

    public Durability Durability { get; init; } = Durability.Durable;

    /// <summary>
    /// A seed for mischief SQS is entitled to: messages arrive out of order, and one in ten is delivered to a second consumer while the first
    /// still works on it. Null for a queue that behaves.
    /// </summary>
    public int? Chaos { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>All queues behind one lock, and the journal that brings them back after a restart or a crash.</summary>
internal sealed class QueueStore : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, MessageQueue> _queues = new(StringComparer.Ordinal);
    private readonly QueueStoreOptions _options;
    private readonly QueueJournal _journal;
    private readonly Random? _chaos;

    private QueueStore(QueueStoreOptions options)
    {
        _options = options;
        _chaos = options.Chaos is { } seed ? new Random(seed) : null;
        Directory.CreateDirectory(options.Folder);
        var path = Path.Combine(options.Folder, "queues.journal");
        foreach (var entry in QueueJournal.Read(path)) QueueEntry.Apply(entry, _queues, options.Account);
        _journal = QueueJournal.Start(path, options.Durability, Living);
    }

    public static QueueStore Open(QueueStoreOptions options) => new(options);

    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_gate) return [.. _queues.Keys.Order(StringComparer.Ordinal)];
        }
    }

    public bool Exists(string queue)
    {
        lock (_gate) return _queues.ContainsKey(queue);
    }

    /// <summary>Creating a queue again as it is changes nothing; with other attributes it is refused.</summary>
    public async Task CreateAsync(string name, IReadOnlyDictionary<string, string> attributes)
    {
        Task written;
        lock (_gate)
        {
            if (_queues.TryGetValue(name, out var existing))
            {
                if (existing.Attributes.With(attributes) != existing.Attributes)
                    throw new AwsException("QueueNameExists", $"A queue named {name} exists with other attributes.", queryCode: "QueueAlreadyExists");
                return;
            }

            var queue = new MessageQueue(name, _options.Account.Arn("sqs", name), Checked(new QueueAttributes().With(attributes)), _options.Clock.GetUtcNow());
            _queues.Add(name, queue);
            written = _journal.AppendAsync(QueueEntry.Queue(queue));
        }

        await written;
    }

    public Task SetAttributesAsync(string name, IReadOnlyDictionary<string, string> attributes) => ChangeAsync(name, queue =>
    {
        queue.Attributes = Checked(queue.Attributes.With(attributes));
        return QueueEntry.Queue(queue);
    });

    public Task PurgeAsync(string name) => ChangeAsync(name, queue =>
    {
        queue.Clear();
        return QueueEntry.Purge(name);
    });

    public Task SendAsync(string name, QueueMessage message, int? delaySeconds) => ChangeAsync(name, queue =>
    {
        if (message.Size > queue.Attributes.MaximumMessageSize)
            throw new AwsException("InvalidParameterValue", $"One or more parameters are invalid. Reason: Message must be shorter than {queue.Attributes.MaximumMessageSize} bytes.");
        var visibleAt = message.SentAt.AddSeconds(delaySeconds ?? queue.Attributes.DelaySeconds);
        queue.Add(message, visibleAt);
        return QueueEntry.Send(name, message, visibleAt);
    });

    /// <summary>True for a handle that was the latest one. An older one is accepted and deletes nothing, as in SQS.</summary>
    public Task DeleteAsync(string name, string receipt) => ChangeAsync(name, queue => queue.Delete(receipt) ? QueueEntry.Delete(name, receipt.Split('#')[0]) : null);

    public bool ChangeVisibility(string name, string receipt, int seconds)
    {
        var now = _options.Clock.GetUtcNow();
        lock (_gate) return Of(name).Hide(receipt, now, now.AddSeconds(seconds));
    }

    public async Task<IReadOnlyList<Delivery>> ReceiveAsync(string name, int most, int? visibilitySeconds, int? waitSeconds, CancellationToken ct)
    {
        DateTimeOffset? deadline = null;
        while (true)
        {
            Task change;
            TimeSpan wait;
            lock (_gate)
            {
                var now = _options.Clock.GetUtcNow();
                var queue = Of(name);
                deadline ??= now.AddSeconds(waitSeconds ?? queue.Attributes.ReceiveMessageWaitTimeSeconds);
                var deliveries = Take(queue, most, now, visibilitySeconds ?? queue.Attributes.VisibilityTimeout);
                if (deliveries.Count > 0 || now >= deadline) return deliveries;
                change = queue.Change;
                wait = (queue.NextVisibleAt is { } next && next < deadline ? next : deadline.Value) - now;
            }

            // The extra millisecond keeps a timer that is a little early from waking us for nothing. Running out of time is no error here.
            wait = TimeSpan.FromMilliseconds(Math.Max(0, wait.TotalMilliseconds) + 1);
            await change.WaitAsync(wait, _options.Clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
        }
    }

    public IReadOnlyDictionary<string, string> Describe(string name)
    {
        lock (_gate)
        {
            var queue = Of(name);
            var (visible, inFlight, delayed) = queue.Count(_options.Clock.GetUtcNow());
            return new Dictionary<string, string>(queue.Attributes.ToTexts(), StringComparer.Ordinal)
            {
                ["QueueArn"] = queue.Arn,
                ["CreatedTimestamp"] = $"{queue.CreatedAt.ToUnixTimeSeconds()}",
                ["ApproximateNumberOfMessages"] = $"{visible}",
                ["ApproximateNumberOfMessagesNotVisible"] = $"{inFlight}",
                ["ApproximateNumberOfMessagesDelayed"] = $"{delayed}",
            };
        }
    }

    public ValueTask DisposeAsync() => _journal.DisposeAsync();

    private List<Delivery> Take(MessageQueue queue, int most, DateTimeOffset now, int visibilitySeconds)
    {
        var deliveries = new List<Delivery>();
        foreach (var message in Candidates(queue, most, now))
        {
            if (deliveries.Count == most) break;
            if (message.SentAt.AddSeconds(queue.Attributes.MessageRetentionPeriod) <= now)
            {
                queue.Remove(message.Id);
                Note(QueueEntry.Delete(queue.Name, message.Id));
            }
            else if (queue.Attributes.Redrive is { } redrive && queue.ReceivesOf(message) >= redrive.MaxReceiveCount)
            {
                MoveToDeadLetters(queue, message, redrive, now);
            }
            else
            {
                // Only a first delivery is repeated: a message must not come nearer to the dead-letter queue through us alone than once.
                var twice = _chaos?.Next(10) == 0 && queue.ReceivesOf(message) == 0;
                var delivery = queue.Receive(message, now, twice ? now : now.AddSeconds(visibilitySeconds));
                Note(QueueEntry.Receive(queue.Name, message.Id, delivery.Receives));
                deliveries.Add(delivery);
            }
        }

        return deliveries;
    }

    private List<QueueMessage> Candidates(MessageQueue queue, int most, DateTimeOffset now)
    {
        if (_chaos is null) return [.. queue.Visible(now).Take(most + 100)];
        var candidates = queue.Visible(now).Take(100).ToArray();
        _chaos.Shuffle(candidates);
        return [.. candidates];
    }

    private void MoveToDeadLetters(MessageQueue queue, QueueMessage message, RedrivePolicy redrive, DateTimeOffset now)
    {
        var target = _queues.Values.First(other => other.Arn == redrive.DeadLetterTargetArn);
        var dead = message with { DeadLetterSource = queue.Arn };
        target.Add(dead, now);
        queue.Remove(message.Id);
        // In this order: a crash between the two lines leaves the message twice, never nowhere.
        Note(QueueEntry.Send(target.Name, dead, now));
        Note(QueueEntry.Delete(queue.Name, message.Id));
    }

    private async Task ChangeAsync(string name, Func<MessageQueue, JsonObject?> change)
    {
        Task written;
        lock (_gate) written = change(Of(name)) is { } entry ? _journal.AppendAsync(entry) : Task.CompletedTask;
        await written;
    }

    /// <summary>Written without waiting: were the line lost, the next receive would decide the same again.</summary>
    private void Note(JsonObject entry) => _ = _journal.AppendAsync(entry);

    private QueueAttributes Checked(QueueAttributes attributes) =>
        attributes.Redrive is null || _queues.Values.Any(queue => queue.Arn == attributes.Redrive.DeadLetterTargetArn)
            ? attributes
            : throw new AwsException("InvalidAttributeValue", $"Value for parameter RedrivePolicy is invalid: dead letter target {attributes.Redrive.DeadLetterTargetArn} does not exist.");

    private MessageQueue Of(string name) => _queues.GetValueOrDefault(name)
        ?? throw new AwsException("QueueDoesNotExist", $"The specified queue {name} does not exist.", queryCode: "AWS.SimpleQueueService.NonExistentQueue");

    private List<JsonObject> Living()
    {
        lock (_gate)
        {
            // A queue may name another as its dead-letter queue, so all queues come before all messages.
            return [
                .. _queues.Values.Select(QueueEntry.Queue),
                .. _queues.Values.SelectMany(queue => queue.Messages.Select(held => QueueEntry.Send(queue.Name, held.Message, held.DueAt, held.Receives))),
            ];
        }
    }
}
