using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Modupay.Lambda.Runtime;

/// <summary>A process that is one sandbox of an event function, from its first line to its exit code.</summary>
internal static class LambdaProcess
{
    public static async Task<int> RunAsync(string runtimeApi, Func<CancellationToken, Task<FunctionHandler>> initialise, TimeProvider time, ILogger log)
    {
        using var stop = new CancellationTokenSource();

        // Lambda sends SIGTERM only where an extension is registered, so nothing may depend on it. Where it comes, an orderly end is kinder.
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var runtime = new LambdaRuntime(runtimeApi, time, log);
        try
        {
            await runtime.RunAsync(initialise, stop.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception exception)
        {
            log.LogCritical(exception, "The function's process ends.");
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
