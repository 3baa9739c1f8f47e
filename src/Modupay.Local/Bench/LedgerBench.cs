using System.Globalization;
using Modupay.Data;
using Modupay.Kernel;
using Modupay.Ledger;
using Npgsql;

namespace Modupay.Local.Bench;

/// <summary>
/// <c>bench ledger</c>: what a transfer costs here, next to the least that the same durable work can cost on the same PostgreSQL in the same
/// run: one transfer row, two entry rows and two balance updates in one prepared statement, without tenants, limits, idempotency or history.
/// </summary>
internal static class LedgerBench
{
    private const int Accounts = 1000;
    private const int BatchSize = 1000;
    private static readonly int[] Clients = [1, 4, 16, 64];

    public static async Task RunAsync(string[] args, TextWriter output, CancellationToken ct)
    {
        var seconds = Option(args, "--seconds", 3);
        var rounds = Option(args, "--rounds", 3);
        var only = args.SkipWhile(arg => arg != "--only").Skip(1).FirstOrDefault();
        await using var bench = await LedgerBenchDatabase.StartAsync(Accounts, ct);
        var postings = Option(args, "--grow", 0);
        if (postings > 0)
        {
            await GrowAsync(bench, postings, seconds, rounds, output, ct);
            return;
        }

        var pgBench = bench.PgBench;
        await output.WriteLineAsync(pgBench is null ? "pgbench is not installed: the limit is driven by a bare Npgsql loop." : "The limit is driven by a bare Npgsql loop and by pgbench, whose client costs next to nothing.");
        var all = Cells(bench, pgBench, seconds).ToList();
        var wanted = all.FindAll(cell => only is null || cell.Name.Contains(only, StringComparison.Ordinal));
        var cells = all.FindAll(cell => wanted.Exists(other => other.Clients == cell.Clients && (other == cell || other.Limit == cell.Name || other.Limit + ", pgbench" == cell.Name)));
        var rates = cells.ToDictionary(cell => (cell.Name, cell.Clients), _ => new List<double>());
        // Interleaved, so that a noisy minute of the machine touches all of them.
        for (var round = 0; round < rounds; round++)
            foreach (var cell in cells) rates[(cell.Name, cell.Clients)].Add(cell.Rate is { } rate ? await rate(ct) : await RateAsync(cell, TimeSpan.FromSeconds(seconds), ct));

        // The middle of the ratios of each round, and not the ratio of the middles: a ratio compares what was measured side by side.
        double? Ratio(Cell cell, string? limit) => limit is not null && rates.TryGetValue((limit, cell.Clients), out var most) ? Middle(rates[(cell.Name, cell.Clients)].Zip(most, (ours, theirs) => ours / theirs)) : null;
        var rows = cells.ConvertAll(cell => new Row(cell.Name, cell.Clients, Middle(rates[(cell.Name, cell.Clients)]), cell.Limit, Ratio(cell, cell.Limit), Ratio(cell, cell.Limit + ", pgbench")));
        await ReportAsync(rows, output);
        var file = Path.GetFullPath(args.SkipWhile(arg => arg != "--file").Skip(1).FirstOrDefault() ?? "bench-ledger.csv");
        await File.WriteAllLinesAsync(file, ["name,clients,transfers_per_second,limit,ratio,ratio_to_pgbench", .. rows.Select(row => row.Csv)], ct);
        await output.WriteLineAsync($"written to {file}");
    }

    private static IEnumerable<Cell> Cells(LedgerBenchDatabase bench, PgBench? pgBench, int seconds)
    {
        foreach (var clients in Clients)
        {
            yield return new("limit spread", clients, 1, client => bench.LimitAsync(client, hot: false));
            if (pgBench is not null) yield return new("limit spread, pgbench", clients, 1, _ => Task.CompletedTask) { Rate = ct => pgBench.RateAsync(LedgerBenchDatabase.PgBenchSpread, clients, seconds, ct) };
            yield return new("ours spread", clients, 1, client => bench.PostAsync(client, hot: false), "limit spread");
            yield return new("ours spread, caller's transaction", clients, 1, client => bench.PostInTransactionAsync(client), "limit spread");
            yield return new("limit hot", clients, 1, client => bench.LimitAsync(client, hot: true));
            if (pgBench is not null) yield return new("limit hot, pgbench", clients, 1, _ => Task.CompletedTask) { Rate = ct => pgBench.RateAsync(LedgerBenchDatabase.PgBenchHot, clients, seconds, ct) };
            yield return new("ours hot, sharded account", clients, 1, client => bench.PostAsync(client, hot: true), "limit hot");
            yield return new("ours spread, group commit", clients, 1, client => bench.GroupAsync(client, hot: false), "limit spread");
            yield return new("ours hot, group commit", clients, 1, client => bench.GroupAsync(client, hot: true), "limit hot");
            // More writers than that of a thousand each only wait for each other.
            if (clients > 4) continue;
            yield return new("limit batch of 1000", clients, BatchSize, client => bench.LimitBatchAsync(client, BatchSize));
            yield return new("ours batch of 1000", clients, BatchSize, client => bench.PostBatchAsync(client, BatchSize), "limit batch of 1000");
            yield return new("ours batch of 1000, hot", clients, BatchSize, client => bench.PostBatchAsync(client, BatchSize, hot: true), "limit batch of 1000");
        }
    }

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    /// <summary>Is the ten-millionth posting as cheap as the first? The prices on the way there, next to those of a limit whose tables stay small.</summary>
    private static async Task GrowAsync(LedgerBenchDatabase bench, int postings, int seconds, int rounds, TextWriter output, CancellationToken ct)
    {
        Cell[] ours = [new("single", 1, 1, client => bench.PostAsync(client, hot: false)), new("batch", 1, BatchSize, client => bench.PostBatchAsync(client, BatchSize))];
        Cell[] limits = [new("single", 1, 1, client => bench.LimitAsync(client, hot: false)), new("batch", 1, BatchSize, client => bench.LimitBatchAsync(client, BatchSize))];
        for (var step = 10_000; step <= postings; step = step * 10 <= postings || step == postings ? step * 10 : postings)
        {
            while (bench.Postings < step) await bench.PostBatchAsync(0, BatchSize);
            for (var kind = 0; kind < ours.Length; kind++)
            {
                await bench.EmptyLimitAsync(ct);
                var rates = new List<(double Ours, double Most)>();
                for (var round = 0; round < rounds; round++)
                    rates.Add((await RateAsync(ours[kind], TimeSpan.FromSeconds(seconds), ct), await RateAsync(limits[kind], TimeSpan.FromSeconds(seconds), ct)));
                var micros = Middle(rates.Select(rate => 1e6 / (2 * rate.Ours)));
                await output.WriteLineAsync($"{bench.Postings,10} postings, {ours[kind].Name,-8}{micros,8:0.0} µs a posting, {Middle(rates.Select(rate => rate.Ours / rate.Most)):0.00} x the limit with small tables");
            }
        }
    }

    private static async Task<double> RateAsync(Cell cell, TimeSpan duration, CancellationToken ct)
    {
        var time = TimeProvider.System;
        await Task.WhenAll(Enumerable.Range(0, cell.Clients).Select(client => cell.Work(client)));
        var started = time.GetTimestamp();
        var done = await Task.WhenAll(Enumerable.Range(0, cell.Clients).Select(client => Task.Run(async () =>
        {
            var count = 0L;
            for (; time.GetElapsedTime(started) < duration; count++)
            {
                ct.ThrowIfCancellationRequested();
                await cell.Work(client);
            }
            return count;
        }, ct)));
        return done.Sum() * cell.Size / time.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task ReportAsync(IReadOnlyList<Row> rows, TextWriter output)
    {
        await output.WriteLineAsync($"{"",-36}{"clients",8}{"transfers/s",14}   against the same work, bare");
        foreach (var row in rows)
            await output.WriteLineAsync($"{row.Name,-36}{row.Clients,8}{row.Rate,14:0}   {(row.Ratio is { } ratio ? $"{ratio:0.00} x {row.Limit}" : "")}{(row.ToPgBench is { } bare ? $", {bare:0.00} x by pgbench" : "")}");
    }

    private static int Option(string[] args, string name, int otherwise) =>
        args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault() is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    private sealed record Cell(string Name, int Clients, int Size, Func<int, Task> Work, string? Limit = null)
    {
        /// <summary>Measured by somebody else.</summary>
        public Func<CancellationToken, Task<double>>? Rate { get; init; }
    }

    private sealed record Row(string Name, int Clients, double Rate, string? Limit, double? Ratio, double? ToPgBench)
    {
        public string Csv => string.Create(CultureInfo.InvariantCulture, $"\"{Name}\",{Clients},{Rate:0},\"{Limit}\",{Ratio:0.000},{ToPgBench:0.000}");
    }
}
