using System.Diagnostics;
using Modupay.Local.Bench;

namespace Modupay.Local.Verbs;

/// <summary>Breaks files on purpose and watches the readers. What it finds goes to <c>tests/samples/crashers</c>, where a test keeps it found.</summary>
internal static class Fuzz
{
    public static readonly Verb Verb = new("fuzz formats", "break bank files on purpose and see that no reader breaks with them", """
        dotnet run -c Release --project src/Modupay.Local -- fuzz formats [--seconds N] [--seed N] [--seeds FOLDER] [--only FORMAT]

          --seconds N       how long, 60 when not said
          --seed N          where the dice begin; the same seed makes the same files
          --seeds FOLDER    files to begin with, tests/samples when not said; a folder in it is a target of its own (mt940, camt053, csv, …)
          --only FORMAT     one of those folders

        The exit code is 0 when nothing broke, 1 when something did; its bytes are then kept as crasher-*.bin in the current folder.
        """, RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var seconds = arguments.Number("--seconds", 60, 1, 86_400);
        var seed = arguments.Number("--seed", 1, 0, int.MaxValue);
        var folder = arguments.Option("--seeds") ?? Path.Combine("tests", "samples");
        var only = arguments.Option("--only");
        arguments.Nothing();
        if (!Directory.Exists(folder)) throw new ArgumentsException($"There is no folder {folder}.");

        var targets = Directory.GetDirectories(folder).Where(target => only is null || Path.GetFileName(target) == only).Order(StringComparer.Ordinal)
            .Select(target => (Name: Path.GetFileName(target), Seeds: Directory.GetFiles(target).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList()))
            .Where(target => target.Seeds.Count > 0).ToList();
        if (targets.Count == 0) throw new ArgumentsException($"There is nothing to begin with in {folder}.");

        var failed = false;
        foreach (var (name, seeds) in targets)
        {
            var (rounds, found) = Round(seeds, seed, TimeSpan.FromSeconds((double)seconds / targets.Count), ct);
            Console.WriteLine($"{name,-10} {rounds,8} files from {seeds.Count} seeds   {found?.Failure ?? "nothing broke"}");
            if (found is not { } crash) continue;
            failed = true;
            await File.WriteAllBytesAsync($"crasher-{name}-{seed}.bin", crash.Input, ct);
        }
        return failed ? 1 : 0;
    }

    private static (long Rounds, (byte[] Input, string Failure)? Found) Round(IReadOnlyList<byte[]> seeds, int seed, TimeSpan time, CancellationToken ct)
    {
        const int batch = 200;
        var began = Stopwatch.GetTimestamp();
        for (var rounds = 0L; ; rounds += batch)
        {
            if (FormatFuzzer.Run(seeds, unchecked(seed + (int)(rounds / batch)), batch, ct) is { } found) return (rounds, found);
            if (Stopwatch.GetElapsedTime(began) > time || ct.IsCancellationRequested) return (rounds + batch, null);
        }
    }
}
