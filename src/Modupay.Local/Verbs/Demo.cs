using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Modupay.Local.Verbs;

/// <summary>Runs the main job from the first request to the bank's own file and back, on a platform of its own, and proves each step.</summary>
internal static class Demo
{
    public static readonly Verb Verb = new("demo", "run a payout end to end, break it on the way, and prove every step", """
        dotnet run --project src/Modupay.Local -- demo [--json] [--keep]

        Starts a clean platform beside anything that runs already, pays out through the simulated bank while the bank times out and the
        dispatcher is killed, reads the bank's MT940 file back, and checks the books. The exit code is not zero if a step is not proven.

          --json      print one JSON object instead of the trace
          --verbose   show what the functions log
        """, RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var json = arguments.Flag("--json");
        var verbose = arguments.Flag("--verbose");
        arguments.Nothing();

        var lines = new List<string>();
        var trace = new DemoTrace(json ? static _ => { } : Console.WriteLine);
        var watch = Stopwatch.StartNew();
        await using var cloud = await LocalCloud.StartAsync(new LocalCloudOptions
        {
            Ephemeral = true,
            Progress = message => { if (!json) Console.WriteLine($"{watch.Elapsed.TotalSeconds,6:0.0} s  {message}"); },
            Output = (source, line) =>
            {
                lock (lines) lines.Add($"{source}: {line}");
                if (verbose) Console.Error.WriteLine($"{source}: {line}");
            },
        }, ct);
        var organization = await DemoOrganization.EnsureAsync(cloud, ct);
        trace.Note($"The platform is up after {watch.Elapsed.TotalSeconds:0.0} s: {cloud.ApiUrl}");

        var proven = await new DemoStory(cloud, organization, trace).TellAsync(ct);
        if (json) Console.WriteLine(trace.ToJson(proven).ToJsonString());
        else if (proven) Console.WriteLine($"\n{trace.Count} steps proven");
        else
        {
            Console.WriteLine($"\nNOT PROVEN: {trace.Failure}\nThe last lines of the log:");
            lock (lines) foreach (var line in lines.TakeLast(30)) Console.WriteLine("  " + line[..Math.Min(line.Length, 400)]);
        }
        return proven ? 0 : 1;
    }
}

/// <summary>What was proven, in order, with the time each proof took.</summary>
internal sealed class DemoTrace(Action<string> write)
{
    private readonly JsonArray _steps = [];

    public int Count => _steps.Count;

    public string? Failure { get; private set; }

    public void Note(string text) => write($"          {text}");

    public async Task StepAsync(string what, Func<Task<string>> prove)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            var evidence = await prove();
            write($"{watch.ElapsedMilliseconds,6} ms  {what}\n           {evidence}");
            _steps.Add(new JsonObject { ["step"] = what, ["milliseconds"] = watch.ElapsedMilliseconds, ["evidence"] = evidence });
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Failure = $"{what}: {exception.Message}";
            throw new NotProvenException(Failure, exception);
        }
    }

    public JsonObject ToJson(bool proven) => new() { ["proven"] = proven, ["steps"] = _steps.DeepClone(), ["failure"] = Failure };
}

internal sealed class NotProvenException(string message, Exception inner) : Exception(message, inner);
