namespace Modupay.Local.Simulators.Bank;

/// <summary>
/// How one order is to go wrong. In words: <c>accept</c>, <c>refuse:AC04</c>, <c>not_processed</c> (503 that says so), <c>unavailable</c> (503 that
/// says nothing), <c>reset</c> (the connection breaks before anything is processed), <c>timeout_after_accepting</c>, <c>garbage_after_accepting</c>,
/// <c>hold</c> (accepted, answered when released), <c>slow:500</c> (milliseconds before an ordinary answer).
/// </summary>
/// <param name="EndToEndId">Only for this order; otherwise, with no amount either, for the next one that comes.</param>
/// <param name="AmountMinor">Only for an order of this amount.</param>
internal sealed record Fault(FaultKind Kind, string? Code = null, TimeSpan Delay = default, string? EndToEndId = null, long? AmountMinor = null)
{
    public static Fault Parse(string words)
    {
        var parts = words.Split(':', 2);
        return (parts[0], parts.ElementAtOrDefault(1)) switch
        {
            ("accept", null) => new(FaultKind.Accept),
            ("refuse", var code) => new(FaultKind.Refuse, Code: code ?? "MS03"),
            ("not_processed", null) => new(FaultKind.NotProcessed),
            ("unavailable", null) => new(FaultKind.Unavailable),
            ("reset", null) => new(FaultKind.Reset),
            ("timeout_after_accepting", null) => new(FaultKind.TimeoutAfterAccepting),
            ("garbage_after_accepting", null) => new(FaultKind.GarbageAfterAccepting),
            ("hold", null) => new(FaultKind.Hold),
            ("slow", { } delay) when int.TryParse(delay, out var milliseconds) && milliseconds >= 0 => new(FaultKind.Slow, Delay: TimeSpan.FromMilliseconds(milliseconds)),
            _ => throw new FormatException($"'{words}' is not a fault; see the simulator's README."),
        };
    }

    public bool IsFor(PaymentOrder order) => (EndToEndId is null || EndToEndId == order.EndToEndId) && (AmountMinor is null || AmountMinor == order.AmountMinor);
}

internal enum FaultKind { Accept, Refuse, NotProcessed, Unavailable, Reset, TimeoutAfterAccepting, GarbageAfterAccepting, Hold, Slow }

/// <summary>The script: each order takes the first fault that is meant for it.</summary>
internal sealed class BankFaults
{
    private readonly Lock _lock = new();
    private readonly List<Fault> _script = [];
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add(Fault fault)
    {
        lock (_lock) _script.Add(fault);
    }

    public Fault Take(PaymentOrder order)
    {
        lock (_lock)
        {
            var index = _script.FindIndex(fault => fault.IsFor(order));
            if (index < 0) return new Fault(FaultKind.Accept);
            var fault = _script[index];
            _script.RemoveAt(index);
            return fault;
        }
    }

    /// <summary>Completes with the next release.</summary>
    public Task UntilReleasedAsync(CancellationToken ct)
    {
        lock (_lock) return _released.Task.WaitAsync(ct);
    }

    public void Release()
    {
        lock (_lock)
        {
            _released.SetResult();
            _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Clear()
    {
        lock (_lock) _script.Clear();
        Release();
    }
}
