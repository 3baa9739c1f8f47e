using System.Diagnostics;
using Modupay.Local.Cloud;

namespace Modupay.Local.Runtime;

/// <summary>Runs functions inside this process, so that a breakpoint is hit and a test needs no second program. They cannot be killed here, only cancelled.</summary>
internal sealed class InProcessFunctions(IReadOnlyDictionary<string, (FunctionHandler Handler, TimeSpan TimeLimit)> functions, TimeProvider time) : IFunctionHost
{
    public async Task<InvocationResult> InvokeAsync(string function, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        if (!functions.TryGetValue(function, out var entry)) throw new UnknownFunctionException(function);
        var requestId = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var invocation = new Invocation(requestId, AwsAccount.Local.Arn("lambda", $"function:{function}"), TraceHeader: null, time.GetUtcNow() + entry.TimeLimit);
        using var activity = new Activity("invoke").Start();
        using var limit = new CancellationTokenSource(entry.TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return InvocationResult.Answer(await entry.Handler(payload, invocation, either.Token));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return InvocationResult.Failed(FunctionError.TimedOut, $"RequestId: {requestId} Error: Task timed out after {entry.TimeLimit.TotalSeconds:F2} seconds");
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            return InvocationResult.Failed(exception is LambdaError named ? named.Type : exception.GetType().FullName ?? "Exception", exception.Message);
        }
    }
}
