using System.Text.Json;
using Modupay.Banking;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Ledger;
using Modupay.Notifications;

namespace Modupay.Reconciliation;

/// <summary>A line becomes what it is: which move, and which parts of it are what.</summary>
internal sealed record LineDecision(OpenLine Line, LineState From, LineState To, string Action, IReadOnlyList<NewMatch> Matches)
{
    public DecisionId Id { get; init; }
    public long LineMinor => Matches.Sum(match => match.LineMinor);
}

/// <summary>A part of a line that is a part of an item, or that a person gave to a ledger account.</summary>
/// <param name="Returned">The settled order of which the line brings the money back.</param>
internal sealed record NewMatch(LockedItem? Item, string LedgerAccount, long LineMinor, long ItemMinor, string Rule, int Score, Evidence Evidence, ReturnedOrder? Returned = null);

/// <summary>An item under its row lock.</summary>
internal sealed record LockedItem(OpenItem Item, string LedgerAccount, long AmountMinor, string? Reference)
{
    public static async Task<Dictionary<ExpectedItemId, LockedItem>> LockAsync(UnitOfWork unit, IEnumerable<ExpectedItemId> items, CancellationToken ct) =>
        (await unit.ListAsync(ItemSql.LockOpen, [items.Select(item => item.Value).Distinct().ToArray()], row => new LockedItem(ItemSql.ReadOpen(row), row.GetString(13), row.GetInt64(14), row.Text(15)), ct))
        .ToDictionary(locked => locked.Item.Id);
}

/// <summary>Who decided, why, and by which version of the rules.</summary>
internal sealed record DecisionMaker(string Name, string? Reason, int RulesVersion)
{
    public static DecisionMaker Engine(int rulesVersion) => new("engine", null, rulesVersion);
}

/// <summary>
/// The one place where a line is explained, for the engine and for a person: decision, matches, journals, what is left of items and lines, slices, and
/// events are one commit, whether it is one line or five hundred. The caller holds the locks: lines, then payouts, then items.
/// </summary>
internal static class LineDecisions
{
    /// <returns>Those that stand. One whose journal the ledger refuses, because its account is closed for instance, leaves no trace, and its reason.</returns>
    public static async Task<IReadOnlyList<Result<LineDecision>>> WriteAsync(UnitOfWork unit, IReadOnlyList<LineDecision> wanted, DecisionMaker maker, SettleSlices slices, CancellationToken ct)
    {
        var decisions = wanted.Select(decision => decision with { Id = Id.New<DecisionId>(unit.Time) }).ToList();
        var posted = await PostAsync(unit, decisions, ct);
        var standing = decisions.Where((_, place) => posted[place] is null).ToList();
        if (standing.Count > 0) await WriteStandingAsync(unit, standing, maker, slices, ct);
        return [.. decisions.Select((decision, place) => posted[place] is { } refused ? refused : (Result<LineDecision>)decision)];
    }

    private static async Task WriteStandingAsync(UnitOfWork unit, List<LineDecision> decisions, DecisionMaker maker, SettleSlices slices, CancellationToken ct)
    {
        await unit.ExecuteAllAsync(
        [
            (MatchSql.InsertDecisions,
            [
                unit.Tenant.Value, maker.Name, maker.Reason, maker.RulesVersion, unit.Now,
                decisions.Select(decision => decision.Id.Value).ToArray(), decisions.Select(decision => decision.Line.Id.Value).ToArray(), decisions.Select(decision => decision.Action).ToArray(),
                decisions.Select(decision => LineMoves.Text(decision.From)).ToArray(), decisions.Select(decision => LineMoves.Text(decision.To)).ToArray(),
            ]),
            (MatchSql.Insert, MatchColumns(unit, decisions)),
        ], ct);
        await SettleItemsAsync(unit, decisions, ct);
        await MoveLinesAsync(unit, decisions, ct);
        await slices.SettleAsync(unit,
            [.. from decision in decisions from match in decision.Matches where match.Item?.Item.Slice is not null select new Proof(match.Item!.Item.Slice!.Value, decision.Line.BookedOn, decision.Line.BankReference)], ct);
        await slices.ReturnAsync(unit, [.. from decision in decisions from match in decision.Matches where match.Returned is not null select (match.Returned!.Slice, match.Returned.Why)], ct);
        foreach (var group in decisions.GroupBy(decision => decision.To is LineState.Ignored ? EventTypes.StatementLineIgnored : EventTypes.StatementLineMatched, StringComparer.Ordinal))
            await ReconciliationEvents.PublishAsync(unit, group.Key, [.. group.Select(decision => EventOf(decision, maker))], ct);
    }

    /// <summary>A match moves money out of suspense to where it belongs; what the bank kept of it is a cost.</summary>
    private static async Task<Problem?[]> PostAsync(UnitOfWork unit, List<LineDecision> decisions, CancellationToken ct)
    {
        var accounts = new Dictionary<TreasuryAccountId, TreasuryAccount>();
        foreach (var id in decisions.Select(decision => decision.Line.Account).Distinct())
            accounts[id] = await BankAccounts.FindAsync(unit, id, ct) ?? throw new InvalidOperationException($"{id} is gone.");
        await LedgerDoor.OpenAccountsAsync(unit,
            [.. decisions.Where(decision => Fee(decision) != 0).Select(decision => decision.Line.Amount.Currency).Distinct().Select(MatchAccounts.BankCharges)], ct);

        var refusals = new Problem?[decisions.Count];
        var moving = decisions.Select((decision, place) => (decision, place)).Where(item => item.decision.Matches.Count > 0).ToList();
        var outcomes = await LedgerDoor.PostChainsAsync(unit, [.. moving.Select(item => new[] { JournalOf(item.decision, accounts[item.decision.Line.Account]) })], ct);
        for (var i = 0; i < moving.Count; i++) refusals[moving[i].place] = outcomes[i].Problem;
        return refusals;
    }

    private static Journal JournalOf(LineDecision decision, TreasuryAccount account)
    {
        var currency = decision.Line.Amount.Currency;
        var postings = new List<Posting> { new(account.Suspense, new Money(decision.LineMinor, currency)) };
        postings.AddRange(decision.Matches.Select(match => new Posting(match.LedgerAccount, new Money(-match.ItemMinor, currency))));
        if (Fee(decision) is not 0 and var fee) postings.Add(new(MatchAccounts.BankCharges(currency).Code, new Money(fee, currency)));
        return new(MatchAccounts.Source(decision.Id), decision.Line.BookedOn, decision.Action == "split" ? "Explained in parts by a person" : $"Explained by {decision.Matches[0].Rule}", postings);
    }

    private static long Fee(LineDecision decision) => decision.Matches.Sum(match => match.ItemMinor - match.LineMinor);

    private static async Task SettleItemsAsync(UnitOfWork unit, List<LineDecision> decisions, CancellationToken ct)
    {
        var taken = decisions.SelectMany(decision => decision.Matches).Where(match => match.Item is not null).GroupBy(match => match.Item!.Item.Id)
            .Select(group => (group.First().Item!, Minor: group.Sum(match => match.ItemMinor))).ToList();
        if (taken.Count == 0) return;
        var settled = await unit.ExecuteAsync(ItemSql.Settle, [taken.Select(item => item.Item1.Item.Id.Value).ToArray(), taken.Select(item => item.Minor).ToArray(), unit.Now], ct);
        if (settled != taken.Count) throw new InvalidOperationException("An expected item under our lock was not there to be settled.");
        await ReconciliationEvents.PublishAsync(unit, EventTypes.ExpectedItemSettled,
        [
            .. from item in taken
               let expected = item.Item1.Item
               where expected.Kind is ItemKind.Expected && expected.Open.Minor == item.Minor
               select new ExpectedItemEvent(expected.Id.ToString(), "settled", new(item.Item1.AmountMinor, expected.Open.Currency.Code), new(0, expected.Open.Currency.Code), expected.DueOn, item.Item1.Reference),
        ], ct);
    }

    private static async Task MoveLinesAsync(UnitOfWork unit, List<LineDecision> decisions, CancellationToken ct)
    {
        foreach (var move in decisions.GroupBy(decision => (decision.From, decision.To)))
        {
            var ids = move.Select(decision => decision.Line.Id.Value).ToArray();
            if (move.Key.To is LineState.PartiallyMatched) foreach (var decision in move) await unit.ExecuteAsync(OpenLineSql.Narrow, [decision.Line.Id.Value, decision.LineMinor], ct);
            else await unit.ExecuteAsync(OpenLineSql.Close, [ids], ct);
            if (await StatementLines.MoveAsync(unit, ids, LineMoves.Text(move.Key.From), LineMoves.Text(move.Key.To), ct) != ids.Length)
                throw new InvalidOperationException($"A line under our lock was not {LineMoves.Text(move.Key.From)}.");
        }
    }

    private static object?[] MatchColumns(UnitOfWork unit, List<LineDecision> decisions)
    {
        var rows = decisions.SelectMany(decision => decision.Matches.Select(match => (decision, match))).ToList();
        T[] Column<T>(Func<LineDecision, NewMatch, T> value) => [.. rows.Select(row => value(row.decision, row.match))];
        return
        [
            unit.Tenant.Value, unit.Now,
            Column((_, _) => Id.New<MatchId>(unit.Time).Value),
            Column((decision, _) => decision.Id.Value),
            Column((decision, _) => decision.Line.Id.Value),
            Column((_, match) => match.Item?.Item.Id.Value),
            Column((_, match) => match.LedgerAccount),
            Column((_, match) => match.LineMinor),
            Column((_, match) => match.ItemMinor),
            Column((decision, _) => decision.Line.Amount.Currency.Code),
            Column((_, match) => match.Rule),
            Column((_, match) => match.Score),
            Column((_, match) => JsonSerializer.Serialize(match.Evidence, EvidenceJson.Default.Evidence)),
            Column((decision, _) => decision.Line.BookedOn),
            Column((_, match) => match.Returned?.Slice.Value),
        ];
    }

    private static StatementLineEvent EventOf(LineDecision decision, DecisionMaker maker) => new(decision.Line.Id.ToString(), decision.Line.Account.ToString(), EventMoney.Of(decision.Line.Amount),
        decision.Line.BookedOn, LineMoves.Text(decision.To), maker.Name,
        [
            .. decision.Matches.Select(match => new StatementLineEventMatch(match.Rule, match.Score, new(match.LineMinor, decision.Line.Amount.Currency.Code), match.LedgerAccount,
                match.Item?.Item.Id.ToString(), (match.Returned?.Slice ?? match.Item?.Item.Slice)?.ToString())),
        ], maker.Reason);
}

/// <summary>The ledger's names for what matches move.</summary>
internal static class MatchAccounts
{
    public static string Source(DecisionId decision) => $"match:{decision}";

    /// <summary>What banks kept for themselves.</summary>
    public static NewAccount BankCharges(Currency currency) => new($"bank-charges/{currency.Code}", $"Bank charges in {currency}", currency, NormalSide.Debit);

    /// <summary>Where money goes that was expected without saying where it belongs.</summary>
    public static NewAccount Expected(Currency currency) => new($"expected/{currency.Code}", $"Settled expected items in {currency}", currency, NormalSide.Credit);
}

[System.Text.Json.Serialization.JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
[System.Text.Json.Serialization.JsonSerializable(typeof(Evidence))]
internal sealed partial class EvidenceJson : System.Text.Json.Serialization.JsonSerializerContext;
