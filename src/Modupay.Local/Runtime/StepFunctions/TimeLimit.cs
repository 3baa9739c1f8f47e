namespace Modupay.Local.Runtime.StepFunctions;

internal static class TimeLimit
{
    /// <summary>Runs the work and fails it under the given name when it takes longer, even if it ignores its token.</summary>
    public static async Task<T> RunAsync<T>(TimeSpan limit, TimeProvider time, string error, Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        try
        {
            return await work(either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new StateFailure(error, $"It took longer than {limit.TotalSeconds} seconds.");
        }
    }
}
