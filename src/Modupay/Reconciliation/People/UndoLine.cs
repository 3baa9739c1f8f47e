using Modupay.Banking;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Ledger;
using Modupay.Notifications;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>
/// A person takes back what a line was said to be. The journals are reversed, not edited; the items are expected again; the bank is asked again about
/// its orders; and the engine will not put the same two together again.
/// </summary>
internal static class UndoLine
{
    public static async Task<Result<StatementLineId>> RunAsync(UnitOfWork unit, FieldCipher cipher, StatementLineId id, DecisionMaker maker, CancellationToken ct)
    {
        var held = await LineWork.HoldAsync(unit, id, ct);
        if (held.Problem is { } unknown) return unknown;
        var next = LineMoves.Next(held.Value.State, LineVerb.Undoes);
        if (next.Problem is { } refused) return refused;

        var matches = await unit.ListAsync(MatchSql.StandingOf, [new[] { id.Value }], Match.Read, ct);
        var slices = await SettleSlices.LockAsync(unit, [.. Slices(matches), .. Returned(matches)], ct);
        if (Slices(matches).Select(slices.ReopenRefusal).FirstOrDefault(refusal => refusal is not null) is { } final) return final;
        var settledAgain = Returned(matches).Select(slice => slices.Find(slice)!.TakeBackReturn()).ToList();
        if (settledAgain.Select(slice => slice.Problem).FirstOrDefault(problem => problem is not null) is { } kept) return kept;
        await LockedItem.LockAsync(unit, Items(matches), ct);

        var decision = Id.New<DecisionId>(unit.Time);
        await unit.ExecuteAllAsync(
        [
            (MatchSql.InsertDecisions, [unit.Tenant.Value, maker.Name, maker.Reason, maker.RulesVersion, unit.Now, new[] { decision.Value }, new[] { id.Value }, new[] { "undone" },
                new[] { LineMoves.Text(held.Value.State) }, new[] { LineMoves.Text(next.Value) }]),
            (MatchSql.Undo, [id.Value, decision.Value]),
            (MatchSql.Reject, [id.Value, unit.Tenant.Value, decision.Value, Items(matches).Select(item => item.Value).ToArray(), Returned(matches).Select(slice => slice.Value).ToArray()]),
        ], ct);
        await ReverseAsync(unit, matches, ct);
        await ReopenItemsAsync(unit, matches, ct);
        await slices.ReopenAsync(unit, [.. Slices(matches)], ct);
        await slices.ReconsiderAsync(unit, settledAgain.ConvertAll(slice => slice.Value), ct);
        await ReopenLineAsync(unit, cipher, held.Value, ct);
        await AnnounceAsync(unit, held.Value, matches, maker, ct);
        return id;
    }

    private static async Task ReverseAsync(UnitOfWork unit, List<Match> matches, CancellationToken ct)
    {
        var opposites = new List<Journal>();
        foreach (var decision in matches.Select(match => match.Decision).Distinct())
        {
            var source = MatchAccounts.Source(decision);
            var journal = await Journals.FindBySourceAsync(unit, source, ct) ?? throw new InvalidOperationException($"The journal {source} is not there.");
            // As of the same day, so that the balances of any day are what they would be without the match.
            opposites.Add(Reversals.Of(journal, $"match-undone:{decision}", journal.EffectiveOn, "A person took the explanation back").Value);
        }
        // In one call, which locks the accounts of all of them in order: one after the other they would wait in a circle with whoever posts to the same two.
        if (opposites.Count > 0 && (await LedgerDoor.PostAllAsync(unit, opposites, ct)).Problem is { } refused) throw new InvalidOperationException($"What was posted could not be reversed: {refused.Detail}");
    }

    private static async Task ReopenItemsAsync(UnitOfWork unit, List<Match> matches, CancellationToken ct)
    {
        var given = matches.Where(match => match.Item is not null).GroupBy(match => match.Item!.Value).Select(group => (group.Key, Minor: group.Sum(match => match.ItemMinor))).ToList();
        if (given.Count == 0) return;
        var reopened = await unit.ExecuteAsync(ItemSql.Reopen, [given.Select(item => item.Key.Value).ToArray(), given.Select(item => item.Minor).ToArray(), unit.Now], ct);
        if (reopened != given.Count) throw new InvalidOperationException("A settled item under our lock was not there to be reopened.");
    }

    private static async Task ReopenLineAsync(UnitOfWork unit, FieldCipher cipher, LineWork.Held held, CancellationToken ct)
    {
        await unit.ExecuteAsync(OpenLineSql.Close, [new[] { held.Line.Id.Value }], ct);
        await TakeInLines.InsertAsync(unit, await TakeInLines.ReduceAsync(unit, cipher, new CounterpartyKeyring(cipher, unit.Tenant), [held.Line], ct), ct);
        if (await StatementLines.MoveAsync(unit, [held.Line.Id.Value], LineMoves.Text(held.State), LineMoves.Text(LineState.Unmatched), ct) != 1)
            throw new InvalidOperationException($"{held.Line.Id} under our lock was not {LineMoves.Text(held.State)}.");
    }

    private static Task AnnounceAsync(UnitOfWork unit, LineWork.Held held, List<Match> matches, DecisionMaker maker, CancellationToken ct)
    {
        var line = held.Line;
        return ReconciliationEvents.PublishAsync(unit, EventTypes.StatementLineUnmatched,
        [
            new StatementLineEvent(line.Id.ToString(), line.TreasuryAccount!.Value.ToString(), EventMoney.Of(line.Amount), line.BookedOn ?? line.ValueOn ?? default, LineMoves.Text(LineState.Unmatched), maker.Name,
                [.. matches.Select(match => new StatementLineEventMatch(match.Rule, match.Score, new(match.LineMinor, match.Currency.Code), match.LedgerAccount, match.Item?.ToString(), (match.Returned ?? match.Slice)?.ToString()))],
                maker.Reason),
        ], ct);
    }

    private static IEnumerable<SliceId> Slices(List<Match> matches) => matches.Where(match => match.Slice is not null).Select(match => match.Slice!.Value);

    private static IEnumerable<SliceId> Returned(List<Match> matches) => matches.Where(match => match.Returned is not null).Select(match => match.Returned!.Value);

    private static IEnumerable<ExpectedItemId> Items(List<Match> matches) => matches.Where(match => match.Item is not null).Select(match => match.Item!.Value).Distinct();
}
