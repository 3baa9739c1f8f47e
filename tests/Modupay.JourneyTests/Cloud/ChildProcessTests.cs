using Modupay.Local.Cloud;

namespace Modupay.JourneyTests.Cloud;

public sealed class ChildProcessTests
{
    [Fact]
    public async Task Each_line_of_both_streams_is_delivered_before_the_exit_code()
    {
        var lines = new List<string>();
        await using var child = ChildProcess.Start(new ChildCommand("sh", "-c", "for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 7")
        {
            Output = line => { lock (lines) lines.Add(line); },
        });

        Assert.Equal(7, await child.WaitForExitAsync(Soon()));
        Assert.Equal(["err 1", "err 2", "err 3", "out 1", "out 2", "out 3"], lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_child_that_is_asked_to_stop_may_finish_its_work()
    {
        var lines = new List<string>();
        var ready = new TaskCompletionSource();
        await using var child = ChildProcess.Start(new ChildCommand("sh", "-c", "trap 'echo finished; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
        {
            Output = line => { lines.Add(line); ready.TrySetResult(); },
        });
        await ready.Task.WaitAsync(Soon());

        Assert.Equal(0, await child.StopAsync());
        Assert.Equal(["ready", "finished"], lines);
    }

    [Fact]
    public async Task A_killed_child_ends_without_a_word()
    {
        var pid = new TaskCompletionSource<int>();
        await using var child = ChildProcess.Start(new ChildCommand("sh", "-c", "trap 'echo finished' TERM EXIT; echo $$; while :; do sleep 0.05; done")
        {
            Output = line => pid.SetResult(int.Parse(line)),
        });
        var id = await pid.Task.WaitAsync(Soon());

        child.Kill();

        Assert.Equal(137, await child.WaitForExitAsync(Soon()));
        await Processes.AssertGoneAsync(id);
    }

    [Fact]
    public async Task A_child_sees_its_own_environment_and_nothing_on_its_standard_input()
    {
        var (exitCode, output) = await ChildProcess.RunAsync(new ChildCommand("sh", "-c", "echo \"$MODUPAY_TEST,$HOME\"; cat")
        {
            CleanEnvironment = true,
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["MODUPAY_TEST"] = "here" },
        }, Soon());

        Assert.Equal((0, "here,"), (exitCode, output));
    }

    [Fact]
    public async Task A_parent_that_is_killed_takes_its_children_along()
    {
        using var parent = KilledParent.Start("hold-a-child");
        var id = int.Parse((await parent.StandardOutput.ReadLineAsync(Soon()))!);
        Assert.True(Processes.IsRunning(id));

        parent.Kill();

        await Processes.AssertGoneAsync(id);
    }

    private static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;
}
