using System.Text.Json.Nodes;
using Modupay.Local.Cloud;

namespace Modupay.Local.Runtime.StepFunctions;

internal enum ExecutionStatus { Running, Succeeded, Failed, TimedOut, Aborted }

/// <summary>What of an execution outlives the process. <c>State</c> is the one to go on from, with the input it was given.</summary>
internal sealed record ExecutionRecord(string Machine, string Name, string Input, DateTimeOffset StartedAt)
{
    public ExecutionStatus Status { get; init; }
    public string? State { get; init; }
    public string? StateInput { get; init; }
    public string? Output { get; init; }
    public string? Error { get; init; }
    public string? Cause { get; init; }
    public DateTimeOffset? StoppedAt { get; init; }
}

internal sealed record HistoryEvent(long Id, DateTimeOffset At, string Type, JsonObject Details);

/// <summary>One run of a workflow: its record is written to the store at each step, its history lives in memory.</summary>
internal sealed class Execution(ExecutionRecord record, ExecutionStore store, TimeProvider time) : IJournal
{
    private readonly Lock _lock = new();
    private readonly List<HistoryEvent> _history = [];
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ExecutionRecord _record = record;

    public string Arn { get; } = AwsAccount.Local.Arn("states", $"execution:{record.Machine}:{record.Name}");

    public ExecutionRecord Record
    {
        get
        {
            lock (_lock) return _record;
        }
    }

    public IReadOnlyList<HistoryEvent> History
    {
        get
        {
            lock (_lock) return [.. _history];
        }
    }

    /// <summary>Completes when the execution has ended, however it ended.</summary>
    public Task Finished => _finished.Task;

    public void Reached(string state, JsonNode? input) => Change(current => current with { State = state, StateInput = Json.Compact(input) });

    void IJournal.Record(string type, string path, JsonObject details) => Note(type, details);

    public void Note(string type, JsonObject details)
    {
        lock (_lock) _history.Add(new HistoryEvent(_history.Count + 1, time.GetUtcNow(), type, details));
    }

    /// <summary>The first ending counts: an execution that was stopped does not succeed afterwards.</summary>
    public void End(ExecutionStatus status, string? output, string? error, string? cause)
    {
        lock (_lock)
        {
            if (_record.Status is not ExecutionStatus.Running) return;
            Change(current => current with { Status = status, Output = output, Error = error, Cause = cause, StoppedAt = time.GetUtcNow() });
        }

        Note($"Execution{status}", status is ExecutionStatus.Succeeded ? new JsonObject { ["output"] = output } : new JsonObject { ["error"] = error, ["cause"] = cause });
        _finished.TrySetResult();
    }

    private void Change(Func<ExecutionRecord, ExecutionRecord> change)
    {
        lock (_lock)
        {
            _record = change(_record);
            store.Save(_record);
        }
    }
}
