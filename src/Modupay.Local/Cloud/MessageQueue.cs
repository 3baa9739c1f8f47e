namespace Modupay.Local.Cloud;

/// <summary>
/// One standard queue in memory. A message is never "taken": a receive only hides it for a while, and whoever forgets to delete it will meet
/// it again. Not safe for several threads; <see cref="QueueStore"/> holds the lock.
/// </summary>
internal sealed class MessageQueue(string name, string arn, QueueAttributes attributes, DateTimeOffset createdAt)
{
    private readonly Dictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private readonly SortedSet<Slot> _byVisibility = new(Comparer<Slot>.Create(static (a, b) => (a.VisibleAt, a.Order).CompareTo((b.VisibleAt, b.Order))));
    private TaskCompletionSource _change = NewSignal();
    private long _order;

    public string Name => name;

    public string Arn => arn;

    public DateTimeOffset CreatedAt => createdAt;

    public QueueAttributes Attributes { get; set; } = attributes;

    /// <summary>Completes when something may have become visible earlier than expected.</summary>
    public Task Change => _change.Task;

    public IEnumerable<(QueueMessage Message, DateTimeOffset DueAt, int Receives)> Messages =>
        _slots.Values.OrderBy(slot => slot.Order).Select(slot => (slot.Message, slot.DueAt, slot.Receives));

    /// <summary>Adds a message, unless it is there already: the journal may say so twice.</summary>
    public void Add(QueueMessage message, DateTimeOffset visibleAt, int receives = 0)
    {
        var slot = new Slot(message, _order++, visibleAt) { Receives = receives };
        if (!_slots.TryAdd(message.Id, slot)) return;
        _byVisibility.Add(slot);
        Signal();
    }

    public bool Remove(string id)
    {
        if (!_slots.Remove(id, out var slot)) return false;
        _byVisibility.Remove(slot);
        return true;
    }

    public void Clear()
    {
        _slots.Clear();
        _byVisibility.Clear();
    }

    public QueueMessage? Find(string id) => _slots.GetValueOrDefault(id)?.Message;

    public void Remember(string id, int receives)
    {
        if (_slots.TryGetValue(id, out var slot)) slot.Receives = receives;
    }

    public DateTimeOffset? NextVisibleAt => _byVisibility.Min?.VisibleAt;

    /// <summary>The messages visible now, oldest first.</summary>
    public IEnumerable<QueueMessage> Visible(DateTimeOffset now) => _byVisibility.TakeWhile(slot => slot.VisibleAt <= now).Select(slot => slot.Message);

    public int ReceivesOf(QueueMessage message) => _slots[message.Id].Receives;

    /// <summary>Hides a message and gives out the only handle that deletes it from now on.</summary>
    public Delivery Receive(QueueMessage message, DateTimeOffset now, DateTimeOffset visibleAt)
    {
        var slot = _slots[message.Id];
        slot.Receives++;
        slot.FirstReceivedAt ??= now;
        slot.InFlight = true;
        Show(slot, visibleAt);
        return new(message, $"{message.Id}#{slot.Receives}", slot.Receives, slot.FirstReceivedAt.Value);
    }

    /// <summary>True when the handle is the latest one; SQS accepts an older one and leaves the message.</summary>
    public bool Delete(string receipt) => Held(receipt) is { } slot && Remove(slot.Message.Id);

    /// <summary>False when nobody holds the message under this handle.</summary>
    public bool Hide(string receipt, DateTimeOffset now, DateTimeOffset visibleAt)
    {
        if (Held(receipt) is not { } slot || slot.VisibleAt <= now) return false;
        slot.InFlight = visibleAt > now;
        Show(slot, visibleAt);
        Signal();
        return true;
    }

    public (int Visible, int InFlight, int Delayed) Count(DateTimeOffset now)
    {
        var hidden = _byVisibility.Where(slot => slot.VisibleAt > now).ToLookup(slot => slot.InFlight);
        var (inFlight, delayed) = (hidden[true].Count(), hidden[false].Count());
        return (_slots.Count - inFlight - delayed, inFlight, delayed);
    }

    public static bool IsReceipt(string receipt) => receipt.Split('#') is [var id, var count] && Guid.TryParse(id, out _) && int.TryParse(count, out _);

    private Slot? Held(string receipt)
    {
        var parts = receipt.Split('#');
        return _slots.TryGetValue(parts[0], out var slot) && slot.Receives == int.Parse(parts[1]) ? slot : null;
    }

    private void Show(Slot slot, DateTimeOffset visibleAt)
    {
        _byVisibility.Remove(slot);
        slot.VisibleAt = visibleAt;
        _byVisibility.Add(slot);
    }

    private void Signal()
    {
        _change.SetResult();
        _change = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Slot(QueueMessage message, long order, DateTimeOffset dueAt)
    {
        public QueueMessage Message => message;
        public long Order => order;

        /// <summary>When it may be delivered for the first time.</summary>
        public DateTimeOffset DueAt { get; } = dueAt;

        public DateTimeOffset VisibleAt { get; set; } = dueAt;
        public bool InFlight { get; set; }
        public int Receives { get; set; }
        public DateTimeOffset? FirstReceivedAt { get; set; }
    }
}

internal sealed record Delivery(QueueMessage Message, string Receipt, int Receives, DateTimeOffset FirstReceivedAt);
