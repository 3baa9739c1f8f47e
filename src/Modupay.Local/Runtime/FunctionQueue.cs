using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Modupay.Lambda.Runtime;
using Modupay.Local.Cloud;

namespace Modupay.Local.Runtime;

/// <summary>
/// The invocations of one function: waiting for a sandbox, or taken by one. Knows no sockets and no processes; whoever does tells it what
/// the sandboxes do. Where AWS would start another sandbox or throttle, invocations wait here for one of the few there are.
/// </summary>
internal sealed class FunctionQueue(string function, TimeSpan timeLimit, TimeProvider time)
{
    private readonly Channel<FunctionCall> _waiting = Channel.CreateUnbounded<FunctionCall>();
    private readonly ConcurrentDictionary<string, FunctionCall> _taken = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _heardFrom = new(StringComparer.Ordinal);

    /// <summary>Called with the sandbox whose invocation has run out of time; AWS kills such a sandbox.</summary>
    public Action<string> SandboxTimedOut { get; set; } = static _ => { };

    public async Task<InvocationResult> InvokeAsync(ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var call = new FunctionCall(Guid.CreateVersion7(time.GetUtcNow()).ToString(), payload, TraceHeader(), ct);
        await _waiting.Writer.WriteAsync(call, ct);
        return await call.Result.WaitAsync(ct);
    }

    /// <summary>Waits for work on behalf of a sandbox. The time limit starts to run when the sandbox takes the invocation.</summary>
    public async Task<FunctionCall> TakeAsync(string sandbox, CancellationToken ct)
    {
        _heardFrom[sandbox] = true;
        FailTaken(sandbox, "The sandbox asked for the next invocation without answering this one.");
        while (true)
        {
            var call = await _waiting.Reader.ReadAsync(ct);
            if (call.Abandoned) continue;
            if (ct.IsCancellationRequested)
            {
                // The sandbox left at the very moment work arrived; another one shall have it.
                _waiting.Writer.TryWrite(call);
                ct.ThrowIfCancellationRequested();
            }

            call.Deadline = time.GetUtcNow() + timeLimit;
            call.Limit = time.CreateTimer(_ => TimeOut(sandbox, call), null, timeLimit, Timeout.InfiniteTimeSpan);
            _taken[sandbox] = call;
            return call;
        }
    }

    /// <summary>False when the sandbox holds no such invocation (any more): it was too late.</summary>
    public bool Complete(string sandbox, string requestId, InvocationResult result)
    {
        if (!_taken.TryGetValue(sandbox, out var call) || call.RequestId != requestId || !_taken.TryRemove(KeyValuePair.Create(sandbox, call))) return false;
        call.Finish(result);
        return true;
    }

    /// <summary>The sandbox is gone; what it was doing fails, as it would in AWS.</summary>
    public void SandboxEnded(string sandbox, string message)
    {
        if (_heardFrom.TryRemove(sandbox, out _)) FailTaken(sandbox, message);
        else FailWaiting(InvocationResult.Failed(FunctionError.ProcessEnded, $"Error: {message} before it asked for work"));
    }

    /// <summary>A sandbox says that it cannot start.</summary>
    public void InitialisationFailed(string sandbox, InvocationResult failure)
    {
        _heardFrom[sandbox] = true;
        FailWaiting(failure);
    }

    private void FailTaken(string sandbox, string message)
    {
        if (_taken.TryRemove(sandbox, out var call)) call.Finish(InvocationResult.Failed(FunctionError.ProcessEnded, $"RequestId: {call.RequestId} Error: {message}"));
    }

    // One waiting invocation for each failed start, or a function that never starts would keep its callers for ever.
    private void FailWaiting(InvocationResult failure)
    {
        while (_waiting.Reader.TryRead(out var call))
        {
            if (call.Abandoned) continue;
            call.Finish(failure);
            return;
        }
    }

    private void TimeOut(string sandbox, FunctionCall call)
    {
        if (!_taken.TryRemove(KeyValuePair.Create(sandbox, call))) return;
        call.Finish(InvocationResult.Failed(FunctionError.TimedOut, $"RequestId: {call.RequestId} Error: Task timed out after {timeLimit.TotalSeconds:F2} seconds"));
        SandboxTimedOut(sandbox);
    }

    private static string TraceHeader() => XRayTrace.Format(Activity.Current?.Context
        ?? new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded));

    public string FunctionArn => AwsAccount.Local.Arn("lambda", $"function:{function}");
}

/// <summary>One invocation on its way through a <see cref="FunctionQueue"/>.</summary>
internal sealed class FunctionCall(string requestId, ReadOnlyMemory<byte> payload, string traceHeader, CancellationToken caller)
{
    private readonly TaskCompletionSource<InvocationResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string RequestId => requestId;
    public ReadOnlyMemory<byte> Payload => payload;
    public string TraceHeader => traceHeader;
    public DateTimeOffset Deadline { get; set; }
    public ITimer? Limit { get; set; }

    /// <summary>Nobody waits for the answer any more.</summary>
    public bool Abandoned => caller.IsCancellationRequested;

    public Task<InvocationResult> Result => _result.Task;

    public void Finish(InvocationResult result)
    {
        Limit?.Dispose();
        _result.TrySetResult(result);
    }
}
