using System.Diagnostics;
using System.Xml;
using Modupay.Formats;

namespace Modupay.Local.Bench;

/// <summary>
/// <c>bench parse [--mb N] [--format mt940|camt053] [--runs N]</c>: how fast statements are read, beside a yardstick that does as little as
/// possible with the same bytes in the same run. Totals are compared with what the generator wrote: a fast wrong parser scores nothing.
/// <para>
/// What counts is the complete line: every text decoded and every check made, as whoever prints or stores lines needs them. The yardstick for
/// MT940 makes a record with the same strings out of the same bytes, for camt an XmlReader visits the nodes and makes nothing.
/// </para>
/// </summary>
internal static class ParseBench
{
    public static async Task<int> RunAsync(string[] args)
    {
        var megabytes = Option(args, "--mb", 100);
        var runs = Option(args, "--runs", 10);
        var formats = Array.IndexOf(args, "--format") is >= 0 and var at && at + 1 < args.Length ? [args[at + 1]] : (string[])["mt940", "camt053"];
        var failed = false;
        foreach (var format in formats)
        {
            var path = Path.Combine(Path.GetTempPath(), $"modupay-bench-{Environment.ProcessId}.{format}");
            try
            {
                var totals = ParseBenchFiles.Write(path, format, megabytes * 1024L * 1024L);
                failed |= !await MeasureAsync(path, format, totals, runs);
            }
            finally
            {
                File.Delete(path);
            }
        }

        return failed ? 1 : 0;
    }

    private static async Task<bool> MeasureAsync(string path, string format, BenchTotals totals, int runs)
    {
        var size = new FileInfo(path).Length / 1e6;
        Console.WriteLine($"{format}: {size:F0} MB, {totals.Lines} lines, {totals.Statements} statements");
        var (best, complete, yardstick, oneText) = (double.MaxValue, double.MaxValue, double.MaxValue, double.MaxValue);
        var (allocated, allocatedComplete) = (0L, 0L);
        double coverage = 0;
        var exact = true;
        // Interleaved, so that a busy neighbour slows both alike.
        for (var run = 0; run < runs; run++)
        {
            yardstick = Math.Min(yardstick, await TimeAsync(() => Task.Run(() => format == "mt940" ? MinimalMt940.Read(path, fields: true) : WalkNodes(path))));
            if (format == "mt940") oneText = Math.Min(oneText, await TimeAsync(() => Task.Run(() => MinimalMt940.Read(path, fields: false))));
            best = Math.Min(best, await ReadAsync(texts: false));
            complete = Math.Min(complete, await ReadAsync(texts: true));
        }

        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"  complete lines  {size / complete,8:F0} MB/s {totals.Lines / complete,12:F0} lines/s {(double)allocatedComplete / totals.Lines,8:F0} bytes allocated per line, coverage {coverage}");
        Console.WriteLine($"  without texts   {size / best,8:F0} MB/s {totals.Lines / best,12:F0} lines/s {(double)allocated / totals.Lines,8:F0} bytes allocated per line");
        if (format == "mt940") Console.WriteLine($"  same fields     {size / yardstick,8:F0} MB/s, minimal extractor\n  :86: unread     {size / oneText,8:F0} MB/s, minimal extractor (ratio {oneText / complete:F2})");
        else Console.WriteLine($"  XmlReader       {size / yardstick,8:F0} MB/s, walking the nodes");
        Console.WriteLine($"  ratio           {yardstick / complete,8:F2} (goal {(format == "mt940" ? 0.4 : 0.5)}), without texts {yardstick / best:F2}   peak memory {process.PeakWorkingSet64 / 1e6:F0} MB   totals {(exact ? "exact" : "WRONG")}");
        return exact;

        async Task<double> ReadAsync(bool texts)
        {
            var sink = new CountingSink(texts);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var time = await TimeAsync(async () =>
            {
                await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: false);
                coverage = (await StatementFile.ReadAsync(file, sink, null, CancellationToken.None)).Coverage;
            });
            if (texts) allocatedComplete = GC.GetTotalAllocatedBytes(precise: true) - before;
            else allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            exact &= sink.Totals == totals;
            return time;
        }
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        GC.Collect();
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static long WalkNodes(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        long nodes = 0;
        while (reader.Read()) nodes++;
        return nodes;
    }

    private static int Option(string[] args, string name, int otherwise) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length && int.TryParse(args[at + 1], out var value) ? value : otherwise;

    private sealed class CountingSink(bool texts) : IStatementSink
    {
        private long statements;
        private long lines;
        private long credits;
        private long debits;

        public BenchTotals Totals => new(statements, lines, credits, debits);

        public void BeginStatement(StatementHeader header)
        {
            // Counted when it is complete.
        }

        public void Line(StatementLine line)
        {
            lines++;
            if (line.AmountMinor >= 0) credits += line.AmountMinor;
            else debits -= line.AmountMinor;
            // Texts are read from the raw bytes when somebody asks; a consumer that stores lines asks for all of them.
            if (texts && line.Texts.EndToEndId is null) throw new InvalidOperationException("A generated line has lost its end-to-end id.");
        }

        public void EndStatement(StatementEnd end)
        {
            if (end.Standing is Standing.Complete) statements++;
        }

        public void Problem(ParseProblem problem) => Console.Error.WriteLine(problem);
    }
}

internal sealed record BenchTotals(long Statements, long Lines, long CreditsMinor, long DebitsMinor);
