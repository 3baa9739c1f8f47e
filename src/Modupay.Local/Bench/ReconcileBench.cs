using System.Diagnostics;
using Modupay.Kernel;
using Modupay.Ledger;
using Modupay.Reconciliation;

namespace Modupay.Local.Bench;

/// <summary>
/// <c>bench reconcile</c>: lines of one statement file against many times as many open items. What is measured is everything the product does with
/// them: opening what is sealed, the ledger, the rules, matches, decisions, history and events. The limit is one bare insert of as many matches,
/// found by one join over the references.
/// </summary>
internal static class ReconcileBench
{
    private const string Limit = """
        insert into bench.matches
        select gen_random_uuid(), line.line_id, item.item_id, line.amount_minor
        from bench.lines as line join bench.items as item on item.reference = line.reference and item.amount_minor = line.amount_minor
        """;

    public static async Task<int> RunAsync(int lines, int items, TextWriter output, CancellationToken ct)
    {
        await using var postgres = await BenchPostgres.StartAsync(ct);
        await using var data = await ReconcileBenchData.CreateAsync(postgres, lines, items, ct);
        await output.WriteLineAsync($"{data.Lines} lines, {items} open items in {data.Took.TotalSeconds:0} s (not measured)");

        var reconcile = new ReconcileStatement(postgres.Database, data.Cipher);
        var started = Stopwatch.GetTimestamp();
        await reconcile.TakeInAsync(postgres.Tenant, data.File, ct);
        var takenIn = Stopwatch.GetElapsedTime(started);
        var report = await new ReconcileLines(postgres.Database).RunAsync(postgres.Tenant, LineScope.Everything, ct);
        var took = Stopwatch.GetElapsedTime(started);

        await output.WriteLineAsync($"taken in              {takenIn.TotalSeconds,8:0.0} s");
        await output.WriteLineAsync($"matched and written   {(took - takenIn).TotalSeconds,8:0.0} s");
        await output.WriteLineAsync($"together              {took.TotalSeconds,8:0.0} s   {data.Lines / took.TotalSeconds,8:0} lines/s   {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MB at most");
        var limit = await LimitAsync(postgres, ct);
        await output.WriteLineAsync($"the limit             {limit.TotalSeconds,8:0.0} s   {limit / took,8:0.000} of it");
        return await VerifyAsync(postgres, data, report, output, ct) ? 0 : 1;
    }

    private static async Task<TimeSpan> LimitAsync(BenchPostgres postgres, CancellationToken ct)
    {
        await postgres.AsSuperuserAsync("""
            create schema bench;
            create table bench.lines as select line_id, amount_minor, coalesce(end_to_end_id, line_id::text) as reference from banking.bank_statement_lines;
            create table bench.items as select item_id, amount_minor, coalesce(end_to_end_id, item_id::text) as reference from reconciliation.expected_items;
            create index on bench.items (reference);
            create table bench.matches (match_id uuid primary key, line_id uuid not null unique, item_id uuid not null unique, amount_minor bigint not null);
            update bench.lines set reference = item.reference, amount_minor = item.amount_minor
            from (select reference, amount_minor, row_number() over (order by item_id) as number from bench.items) as item,
                 (select line_id, row_number() over (order by line_id) as number from bench.lines) as numbered
            where numbered.line_id = bench.lines.line_id and numbered.number = item.number;
            analyze
            """, ct);
        var started = Stopwatch.GetTimestamp();
        await postgres.AsSuperuserAsync(Limit, ct);
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Every total, to the cent, by three ways that do not know of each other: what was generated, the matches, and the ledger.</summary>
    private static async Task<bool> VerifyAsync(BenchPostgres postgres, ReconcileBenchData data, ReconcileReport report, TextWriter output, CancellationToken ct)
    {
        var right = true;
        async Task SameAsync(string what, long expected, long actual)
        {
            right &= expected == actual;
            await output.WriteLineAsync($"{(expected == actual ? "ok   " : "WRONG")} {what,-44} {actual,16}{(expected == actual ? "" : $", expected {expected}")}");
        }
        foreach (var (rule, expected) in data.Expected) await SameAsync(rule, expected, report.ByRule.GetValueOrDefault(rule));
        await SameAsync("lines matched", data.Expected.Values.Sum(), report.Matched);
        await SameAsync("cents matched, by matches", data.MatchedMinor, await data.SumAsync("select coalesce(sum(line_minor), 0)::bigint from reconciliation.matches", ct));
        await SameAsync("cents matched, by what is left of items", data.MatchedMinor, await data.SumAsync("select sum(amount_minor - open_minor)::bigint from reconciliation.expected_items", ct));
        await SameAsync("items matched more than once or too far", 0, await data.SumAsync("""
            select count(*) from (select item_id from reconciliation.matches join reconciliation.expected_items as item using (item_id)
                group by item_id, item.amount_minor having sum(item_minor) > item.amount_minor) as over
            """, ct));
        await SameAsync("cents still open, by lines", data.TotalMinor - data.MatchedMinor, await data.SumAsync("select coalesce(sum(open_minor), 0)::bigint from reconciliation.open_lines", ct));
        await SameAsync("decisions", report.Matched, await data.SumAsync("select count(*) from reconciliation.decisions", ct));
        await SameAsync("events of lines", report.Matched, await data.SumAsync("select count(*) from notify.events where type = 'statement_line.matched.v1'", ct));
        await SameAsync("ledger: at the bank", data.TotalMinor, await LedgerAsync(postgres, data.Account.AtBank, ct));
        await SameAsync("ledger: in suspense", data.TotalMinor - data.MatchedMinor, await LedgerAsync(postgres, data.Account.Suspense, ct));
        await SameAsync("ledger: where matches belong", data.MatchedMinor, await LedgerAsync(postgres, MatchAccounts.Expected(data.Account.Currency).Code, ct));
        var again = await new ReconcileLines(postgres.Database).RunAsync(postgres.Tenant, LineScope.Everything, ct);
        await SameAsync("lines that a second run still finds", 0, again.Matched);
        return right;
    }

    private static Task<long> LedgerAsync(BenchPostgres postgres, string account, CancellationToken ct) =>
        postgres.Database.ReadAsync(postgres.Tenant, async session => (await LedgerDoor.BalanceAsync(session, account, ct))!.Balance.Minor, ct);
}
