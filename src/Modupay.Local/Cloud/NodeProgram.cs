using System.Globalization;

namespace Modupay.Local.Cloud;

/// <summary>A small script of ours in a Node process. It says <c>ready</c> and some numbers (its process id first, then its ports) when it can be used.</summary>
internal static class NodeProgram
{
    /// <param name="script">Beside our assembly; its first argument is the node_modules folder.</param>
    public static async Task<(ChildProcess Process, IReadOnlyList<int> Ready)> StartAsync(string script, string? modules, IReadOnlyList<string> arguments, Action<string> log, CancellationToken ct)
    {
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var words = new LastLines();
        var node = ChildProcess.Start(new ChildCommand("node", [Path.Combine(AppContext.BaseDirectory, script), modules ?? NodePackages.Folder, .. arguments])
        {
            Output = words.And(line =>
            {
                if (line.StartsWith("ready ", StringComparison.Ordinal)) ready.TrySetResult(line);
                else log(line);
            }),
        });
        try
        {
            if (await Task.WhenAny(ready.Task, node.Exited).WaitAsync(ct) != ready.Task)
                throw new CannotStartException($"{script} ended before it was ready: {words.Summary}");
            return (node, [.. (await ready.Task).Split(' ')[1..].Select(number => int.Parse(number, CultureInfo.InvariantCulture))]);
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }
}
