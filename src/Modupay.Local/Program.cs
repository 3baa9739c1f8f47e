using System.Runtime.InteropServices;
using Modupay.Local.Cloud;
using Modupay.Local.Verbs;

// Ctrl-C and SIGTERM end a verb in order; a second Ctrl-C, or SIGKILL, still takes every child along (see ChildProcess).
using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

try
{
    return await Verb.RunAsync(args, stop.Token);
}
catch (CannotStartException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 3;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}

void Stop(PosixSignalContext signal)
{
    if (stop.IsCancellationRequested) return;
    signal.Cancel = true;
    stop.Cancel();
}
