namespace Modupay.DatabaseTests;

/// <summary>Many who begin at the same moment.</summary>
internal static class AtOnce
{
    /// <summary>More than the cores of any machine this runs on, and fewer than the connections of a test's database.</summary>
    public const int Many = 12;

    public static async Task<IReadOnlyList<T>> RunAsync<T>(Func<int, Task<T>> caller, int callers = Many)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = Enumerable.Range(0, callers).Select(async i =>
        {
            await start.Task;
            return await caller(i);
        }).ToList();
        start.SetResult();
        return await Task.WhenAll(running);
    }
}
