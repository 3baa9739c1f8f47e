using System.Diagnostics;

namespace Modupay.TestSupport;

/// <summary>What happens by itself, some time after a request: asked for until it has. The patience is for a machine that is busy with everything else; a test that passes never uses it up.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<T> FindAsync<T>(Func<Task<T?>> look, Func<string> whatIsMissing) where T : class
    {
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(TimeSpan.FromMilliseconds(100)))
        {
            if (await look() is { } found) return found;
            Assert.True(since.Elapsed < Patience, whatIsMissing());
        }
    }

    public static Task IsAsync(Func<Task<bool>> look, Func<string> whatIsMissing) => FindAsync(async () => await look() ? "found" : null, whatIsMissing);

    public static Task IsAsync(Func<bool> look, Func<string> whatIsMissing) => IsAsync(() => Task.FromResult(look()), whatIsMissing);
}
