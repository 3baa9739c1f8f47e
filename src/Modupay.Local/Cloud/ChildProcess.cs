using System.ComponentModel;
using System.Diagnostics;

namespace Modupay.Local.Cloud;

internal enum StopSignal { Terminate, Interrupt }

internal sealed record ChildCommand(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>Added to our own environment; a null value removes a variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>True when the child must see nothing of our environment but what <see cref="Environment"/> says, as in a Lambda sandbox.</summary>
    public bool CleanEnvironment { get; init; }

    public string WorkingDirectory { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>How the child is asked to stop. It is killed when it has not obeyed after ten seconds.</summary>
    public StopSignal StopSignal { get; init; } = StopSignal.Terminate;

    /// <summary>Called for each line of standard output and, unless <see cref="Errors"/> is given, of standard error. May be called from two threads.</summary>
    public Action<string> Output { get; init; } = static _ => { };

    public Action<string>? Errors { get; init; }
}

/// <summary>
/// A program that cannot outlive us. A small shell holds the read end of a pipe whose write end only we have: when it closes, because we asked
/// or because we were killed with -9, the shell stops the child. The alternative, a parent-death signal, fires when a *thread* ends.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    // The watcher is ended by the main shell as soon as the child has gone, so that it never signals a process that was given the same id.
    // Both watcher and child let go of descriptors they have no business with: an inherited pipe end would keep the other side waiting.
    private const string Lifeline = """
        signal=$1; shift
        exec 3<&0
        "$@" 3<&- </dev/null & child=$!
        (
          exec </dev/null >/dev/null 2>&1
          while read -r _ <&3; do :; done
          kill -"$signal" $child
          n=0; while [ $n -lt 100 ] && kill -0 $child; do sleep 0.1; n=$((n+1)); done
          kill -KILL $child
        ) & watcher=$!
        exec 3<&- </dev/null
        wait $child; status=$?
        kill -KILL $watcher 2>/dev/null
        exit $status
        """;

    private static readonly bool HasSetsid = File.Exists("/usr/bin/setsid");

    private readonly Process _shell;
    private readonly StreamWriter _lifeline;
    private readonly Task _output;

    private ChildProcess(Process shell, ChildCommand command)
    {
        _shell = shell;
        _lifeline = shell.StandardInput;
        _output = Task.WhenAll(
            PumpAsync(shell.StandardOutput, command.Output),
            PumpAsync(shell.StandardError, command.Errors ?? command.Output));
        Exited = WatchAsync();
    }

    /// <summary>Completes with the exit code once the child has ended and its last line was delivered; 128 + n when signal n ended it.</summary>
    public Task<int> Exited { get; }

    /// <summary>The process group's first process, for messages; the child itself runs below it.</summary>
    public int Id => _shell.Id;

    public bool HasExited => Exited.IsCompleted;

    public static ChildProcess Start(ChildCommand command)
    {
        string[] shell = ["sh", "-c", Lifeline, "sh", command.StopSignal == StopSignal.Interrupt ? "INT" : "TERM", command.Program, .. command.Arguments];
        // In a session of its own, so that Ctrl-C reaches only us and we choose the order in which things stop.
        string[] line = HasSetsid ? ["/usr/bin/setsid", .. shell] : shell;
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = command.WorkingDirectory,
        };
        if (command.CleanEnvironment) start.Environment.Clear();
        foreach (var (name, value) in command.Environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        try
        {
            return new ChildProcess(Process.Start(start)!, command);
        }
        catch (Win32Exception failure)
        {
            throw new CannotStartException($"{command.Program} could not be started in {command.WorkingDirectory}: {failure.Message}", failure);
        }
    }

    /// <summary>Runs a program to its end and returns what it wrote.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(ChildCommand command, CancellationToken ct)
    {
        var lines = new List<string>();
        await using var child = Start(command with
        {
            Output = line =>
            {
                lock (lines) lines.Add(line);
                command.Output(line);
            },
        });
        var exitCode = await child.Exited.WaitAsync(ct);
        lock (lines) return (exitCode, string.Join('\n', lines));
    }

    public Task<int> WaitForExitAsync(CancellationToken ct) => Exited.WaitAsync(ct);

    /// <summary>Ends the child at once and without warning, as the machine under a Lambda sandbox may.</summary>
    public void Kill()
    {
        if (!HasExited) _shell.Kill(entireProcessTree: true);
    }

    /// <summary>Asks the child to stop and waits until it has; it is killed after ten seconds.</summary>
    public async Task<int> StopAsync()
    {
        _lifeline.Close();
        return await Exited;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _shell.Dispose();
    }

    private async Task<int> WatchAsync()
    {
        await _shell.WaitForExitAsync();
        // A grandchild that was left behind may hold the pipe open for ever; the lines of the child itself are there by now.
        if (await Task.WhenAny(_output, Task.Delay(TimeSpan.FromSeconds(1))) == _output) await _output;
        return _shell.ExitCode;
    }

    private static async Task PumpAsync(StreamReader reader, Action<string> deliver)
    {
        while (await reader.ReadLineAsync() is { } line) deliver(line);
    }
}
