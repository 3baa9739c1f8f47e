using Npgsql;

namespace Modupay.Reconciliation;

/// <summary>Asks the tables: one statement for some thousand lines at a time.</summary>
internal sealed class SqlCandidates(Session session) : ICandidates
{
    internal const int ChunkSize = 5_000;

    /// <summary>More items under one reference than this, and the reference says nothing.</summary>
    private const int MostPerKey = 20;

    /// <summary>So many items of one amount at one time share a piece of a name that the rest is left to a person.</summary>
    private const int MostPerAmount = 200;

    /// <summary>A batch becomes one journal, which has at most a thousand postings.</summary>
    internal const int MostPerBatch = 900;

    /// <summary>More than a payout has orders.</summary>
    private const int MostPerOrder = 1_000;

    /// <summary>Of each way in which an item can agree with a line.</summary>
    internal const int MostSuggested = 20;

    public async Task<CandidateSet> FindAsync(Rule rule, IReadOnlyList<OpenLine> lines, CancellationToken ct)
    {
        var rejected = await RejectedAsync(session, [.. lines.Select(line => line.Id.Value)], ct);
        var found = new List<Candidate>();
        var cutShort = new HashSet<StatementLineId>();
        foreach (var chunk in lines.Chunk(ChunkSize)) await FindAsync(rule, chunk, found, cutShort, ct);
        return new([.. found.Where(pair => Relation.Holds(rule, pair.Line, pair.Item) && !rejected.Contains((pair.Line.Id, pair.Item.Id)))], cutShort);
    }

    /// <summary>What a person has taken apart.</summary>
    public static async Task<HashSet<(StatementLineId, ExpectedItemId)>> RejectedAsync(Session session, Guid[] lines, CancellationToken ct) =>
        [.. await session.ListAsync(CandidateSql.Rejected, [lines], row => (new StatementLineId(row.GetGuid(0)), new ExpectedItemId(row.GetGuid(1))), ct)];

    private async Task FindAsync(Rule rule, IReadOnlyList<OpenLine> lines, List<Candidate> found, HashSet<StatementLineId> cutShort, CancellationToken ct)
    {
        switch (rule.Kind)
        {
            case MatchRule.Return:
                await ByOrderAsync([.. lines.Where(line => line is { IsReturn: true, Amount.Minor: > 0 })], found, cutShort, ct);
                break;
            case MatchRule.RfReference:
                await ByKeyAsync(CandidateSql.ByRfReference, Keyed(lines, line => line.RfReference), MostPerKey, found, cutShort, ct);
                break;
            case MatchRule.EndToEndId:
                await ByKeyAsync(CandidateSql.ByEndToEndId, Keyed(lines, line => line.EndToEndId), MostPerKey, found, cutShort, ct);
                break;
            case MatchRule.BankReference:
                await ByKeyAsync(CandidateSql.ByBankReference, Keyed(lines, line => line.BankReference), MostPerKey, found, cutShort, ct);
                break;
            case MatchRule.AmountDateCounterparty:
                await ByAmountAsync(rule, lines, found, cutShort, ct);
                break;
            case MatchRule.OneToMany:
                await ByBatchAsync(lines, found, ct);
                await ByDayAsync(rule, lines, found, ct);
                break;
            case MatchRule.ManyToOne:
                await ByKeyAsync(CandidateSql.ByRfReference, Keyed(lines, line => line.RfReference), MostPerKey, found, cutShort, ct);
                await ByKeyAsync(CandidateSql.ByEndToEndId, Keyed(lines, line => line.EndToEndId), MostPerKey, found, cutShort, ct);
                await ByKeyAsync(CandidateSql.ByBankReference, Keyed(lines, line => line.BankReference), MostPerKey, found, cutShort, ct);
                await ByPartAsync(rule, lines, found, cutShort, ct);
                Distinct(found);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(rule));
        }
    }

    private static List<(OpenLine Line, string Key)> Keyed(IReadOnlyList<OpenLine> lines, Func<OpenLine, string?> key) => [.. lines.Where(line => key(line) is not null).Select(line => (line, key(line)!))];

    /// <summary>Settled orders that a credit names, whether or not it says that it brings one back: for a person.</summary>
    public async Task<List<OpenItem>> OrdersNamedByAsync(OpenLine line, CancellationToken ct)
    {
        var found = new List<Candidate>();
        if (line.Amount.Minor > 0) await ByOrderAsync([line], found, [], ct);
        return [.. found.Where(pair => pair.Item.Order is OrderStage.Settled && Returns.Names(line, pair.Item)).Select(pair => pair.Item)];
    }

    private async Task ByOrderAsync(IReadOnlyList<OpenLine> lines, List<Candidate> found, HashSet<StatementLineId> cutShort, CancellationToken ct)
    {
        var keyed = lines.SelectMany(line => line.References.Select(key => (Line: line, Key: key))).ToList();
        await PairAsync(CandidateSql.ByOrder, [.. keyed.Select(item => item.Line)], MostPerOrder, [keyed.Select(item => item.Key).ToArray()], found, cutShort, ct, ItemSql.ReadOrder);
        Distinct(found);
    }

    private Task ByKeyAsync(string sql, List<(OpenLine Line, string Key)> keyed, int most, List<Candidate> found, HashSet<StatementLineId> cutShort, CancellationToken ct) =>
        PairAsync(sql, [.. keyed.Select(item => item.Line)], most, [keyed.Select(item => item.Key).ToArray()], found, cutShort, ct);

    private async Task ByAmountAsync(Rule rule, IReadOnlyList<OpenLine> lines, List<Candidate> found, HashSet<StatementLineId> cutShort, CancellationToken ct)
    {
        var known = lines.Where(line => line.Counterparty is not null).ToList();
        await PairAsync(CandidateSql.ByCounterparty, known, MostPerKey,
            [Most(rule, known), Days(known), known.Select(line => line.Counterparty!.Value).ToArray(), rule.DateWindowDays], found, cutShort, ct);
        var named = lines.Where(line => line.Name.Length > 0).ToList();
        await PairAsync(CandidateSql.ByName, named, MostPerAmount,
            [Most(rule, named), Days(named), named.Select(line => CounterpartyKeys.Text(line.Name)).ToArray(), rule.DateWindowDays], found, cutShort, ct);
        Distinct(found);
    }

    private Task ByPartAsync(Rule rule, IReadOnlyList<OpenLine> lines, List<Candidate> found, HashSet<StatementLineId> cutShort, CancellationToken ct)
    {
        var known = lines.Where(line => line.Counterparty is not null).ToList();
        return PairAsync(CandidateSql.ByPart, known, MostPerKey, [Days(known), known.Select(line => line.Counterparty!.Value).ToArray(), rule.DateWindowDays], found, cutShort, ct);
    }

    private async Task ByBatchAsync(IReadOnlyList<OpenLine> lines, List<Candidate> found, CancellationToken ct)
    {
        var keyed = lines.SelectMany(line => line.BatchReferences.Select(key => (line, key))).ToList();
        var pairs = new List<Candidate>();
        await ByKeyAsync(CandidateSql.ByBatch, keyed, MostPerBatch, pairs, [], ct);
        // A batch that is too large for one journal is left to a person.
        found.AddRange(pairs.GroupBy(pair => (pair.Line.Id, pair.Item.BatchId)).Where(batch => batch.Count() <= MostPerBatch).SelectMany(batch => batch));
    }

    /// <summary>Lines of one day and direction look at the same items, so those are fetched once.</summary>
    private async Task ByDayAsync(Rule rule, IReadOnlyList<OpenLine> lines, List<Candidate> found, CancellationToken ct)
    {
        var days = lines.GroupBy(line => (line.Account, line.BookedOn, line.Amount.Currency, Incoming: line.Amount.Minor > 0)).ToList();
        var items = await session.ListAsync(CandidateSql.ByDay,
            [
                session.Tenant.Value, (long)rule.MostItems + 1, Enumerable.Range(0, days.Count).Select(number => (long)number).ToArray(), days.Select(day => day.Key.Account.Value).ToArray(),
                days.Select(day => day.Key.Incoming ? 1L : -1L).ToArray(), days.Select(day => day.Key.Currency.Code).ToArray(), days.Select(day => day.Key.BookedOn).ToArray(),
            ],
            row => (Day: row.GetInt32(0), Item: ItemSql.ReadOpen(row, 1)), ct);
        foreach (var day in items.GroupBy(item => item.Day).Where(day => day.Count() <= rule.MostItems))
            found.AddRange(from line in days[day.Key] from item in day where !Relation.SameBatch(line, item.Item) select new Candidate(line, item.Item));
    }

    private async Task PairAsync(string sql, IReadOnlyList<OpenLine> lines, int most, object[] more, List<Candidate> found, HashSet<StatementLineId> cutShort, CancellationToken ct,
        Func<NpgsqlDataReader, int, OpenItem>? read = null)
    {
        if (lines.Count == 0) return;
        read ??= ItemSql.ReadOpen;
        var byId = new Dictionary<Guid, OpenLine>();
        foreach (var line in lines) byId[line.Id.Value] = line;
        var counts = new Dictionary<Guid, int>();
        object[] parameters =
        [
            session.Tenant.Value, (long)most + 1, lines.Select(line => line.Id.Value).ToArray(), lines.Select(line => line.Account.Value).ToArray(), lines.Select(line => line.Amount.Minor).ToArray(),
            lines.Select(line => line.Amount.Currency.Code).ToArray(), .. more,
        ];
        foreach (var pair in await session.ListAsync(sql, parameters, row => new Candidate(byId[row.GetGuid(0)], read(row, 1)), ct))
        {
            found.Add(pair);
            var count = counts[pair.Line.Id.Value] = counts.GetValueOrDefault(pair.Line.Id.Value) + 1;
            if (count > most) cutShort.Add(pair.Line.Id);
        }
    }

    private static void Distinct(List<Candidate> found)
    {
        var seen = new HashSet<(StatementLineId, ExpectedItemId)>();
        found.RemoveAll(pair => !seen.Add((pair.Line.Id, pair.Item.Id)));
    }

    private static long[] Most(Rule rule, List<OpenLine> lines) => [.. lines.Select(line => line.Amount.Minor + rule.FeeTolerated(line.Amount.Currency))];

    private static DateOnly[] Days(List<OpenLine> lines) => [.. lines.Select(line => line.BookedOn)];
}
