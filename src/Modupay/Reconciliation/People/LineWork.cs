using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Ledger;

namespace Modupay.Reconciliation;

/// <summary>A part of a line as a person gives it: to an expected item, or straight to a ledger account.</summary>
/// <param name="AmountMinor">How much of the item is settled, without a sign; what fits when it is not said.</param>
/// <param name="ChargesMinor">How much of it the bank kept.</param>
internal sealed record PartWanted(ExpectedItemId? Item, string? LedgerAccount, long? AmountMinor, long ChargesMinor)
{
    /// <summary>Of the amounts, where there is one.</summary>
    public string? Currency { get; init; }
}

/// <summary>
/// What a person does with a line. Two people at once: whoever takes the line's row first decides, and the other one hears <c>line_state</c>. Locks
/// are taken in the engine's order: open line, line, payouts, items.
/// </summary>
internal static class LineWork
{
    public const int MostParts = 200;

    /// <summary>Says what the line is, wholly or in part. A reason is needed where it goes against what was said before.</summary>
    public static async Task<Result<StatementLineId>> MatchAsync(UnitOfWork unit, StatementLineId id, IReadOnlyList<PartWanted> parts, DecisionMaker maker, bool split, CancellationToken ct)
    {
        var held = await HoldAsync(unit, id, ct);
        if (held.Problem is { } unknown) return unknown;
        if (held.Value is not { Open: { } open, State: var state }) return NotTakenIn(held.Value.State);
        if (parts.FirstOrDefault(part => part.Currency is not null && part.Currency != open.Line.Amount.Currency.Code) is not null)
            return new Problem(Errors.CurrencyMismatch, $"The line is in {open.Line.Amount.Currency}.");
        var (slices, items) = await LockItemsAsync(unit, parts, ct);
        var matches = new List<NewMatch>();
        foreach (var part in parts)
        {
            var match = part.Item is { } item ? OfItem(open, item, part, parts.Count == 1, items, slices) : await OfAccountAsync(unit, open, part, ct);
            if (match.Problem is { } refused) return refused;
            matches.Add(match.Value);
        }
        if (await AgainstWhatWasSaidAsync(unit, open.Line, matches, maker, ct) is { } objection) return objection;

        var total = matches.Aggregate(Int128.Zero, (sum, match) => sum + match.LineMinor);
        if (Int128.Abs(total) > Math.Abs(open.OpenMinor)) return new Problem(Errors.MatchAmount, $"Only {new Money(open.OpenMinor, open.Line.Amount.Currency)} of the line is still open.");
        if (split && total != open.OpenMinor) return new Problem(Errors.MatchAmount, $"The parts must add up to the {new Money(open.OpenMinor, open.Line.Amount.Currency)} that are still open.");
        var next = LineMoves.Next(state, total == open.OpenMinor ? LineVerb.MatchesWhole : LineVerb.MatchesPart);
        if (next.Problem is { } move) return move;
        var written = await LineDecisions.WriteAsync(unit, [new(open.Line, state, next.Value, split ? "split" : "matched", matches)], maker, slices, ct);
        return written[0].Problem is { } ledger ? ledger : id;
    }

    /// <summary>Leaves the line unexplained for good; its money stays in suspense, and the balance comparison keeps saying so.</summary>
    public static async Task<Result<StatementLineId>> IgnoreAsync(UnitOfWork unit, StatementLineId id, DecisionMaker maker, CancellationToken ct)
    {
        var held = await HoldAsync(unit, id, ct);
        if (held.Problem is { } unknown) return unknown;
        var next = LineMoves.Next(held.Value.State, LineVerb.Ignores);
        if (next.Problem is { } refused) return refused;
        // Its money would never reach the ledger.
        if (held.Value is { Open: null, Line.Amount.Minor: not 0 }) return NotTakenIn(held.Value.State);
        var line = held.Value.Open?.Line ?? Bare(held.Value.Line);
        await LineDecisions.WriteAsync(unit, [new(line, held.Value.State, next.Value, "ignored", [])], maker, await SettleSlices.LockAsync(unit, [], ct), ct);
        return id;
    }

    internal sealed record Held(BankStatementLine Line, LineState State, OpenLineRow? Open);

    internal static async Task<Result<Held>> HoldAsync(UnitOfWork unit, StatementLineId id, CancellationToken ct)
    {
        var open = await unit.FirstAsync(OpenLineSql.Lock, [id.Value], OpenLineSql.Read, ct);
        if (await StatementLines.LockAsync(unit, id, ct) is not { } state || await StatementLines.FindAsync(unit, id, ct) is not { TreasuryAccount: not null, Status: "booked" } line)
            return new Problem(Errors.NotFound, "There is no such statement line, or it is not booked on an account of ours.");
        return new Held(line, LineMoves.Parse(state), open);
    }

    /// <summary>A line without an amount is in no rule's way, so it was never taken in.</summary>
    private static OpenLine Bare(BankStatementLine line) => new(line.Id, line.TreasuryAccount!.Value, line.Amount, line.BookedOn ?? line.ValueOn ?? default);

    private static async Task<(SettleSlices, Dictionary<ExpectedItemId, LockedItem>)> LockItemsAsync(UnitOfWork unit, IReadOnlyList<PartWanted> parts, CancellationToken ct)
    {
        var ids = parts.Where(part => part.Item is not null).Select(part => part.Item!.Value).ToList();
        var known = await unit.ListAsync(ItemSql.Find, [ids.Select(item => item.Value).ToArray()], ExpectedItem.Read, ct);
        var slices = await SettleSlices.LockAsync(unit, [.. known.Where(item => item.Slice is not null).Select(item => item.Slice!.Value)], ct);
        return (slices, await LockedItem.LockAsync(unit, ids, ct));
    }

    private static Result<NewMatch> OfItem(OpenLineRow open, ExpectedItemId id, PartWanted wanted, bool alone, Dictionary<ExpectedItemId, LockedItem> items, SettleSlices slices)
    {
        if (!items.TryGetValue(id, out var locked)) return new Problem(Errors.InvalidRequest, $"There is no expected item {id}.", [new("items", "unknown", "No such expected item.")]);
        var item = locked.Item;
        if (item.Open.Minor == 0) return new Problem(Errors.ExpectedItemState, $"{id} is settled or canceled.");
        if (item.Open.Currency != open.Line.Amount.Currency) return new Problem(Errors.CurrencyMismatch, $"{id} is in {item.Open.Currency}, the line in {open.Line.Amount.Currency}.");
        var sign = Math.Sign(open.OpenMinor);
        if (Math.Sign(item.Open.Minor) != sign) return new Problem(Errors.MatchAmount, $"{id} goes the other way.");
        var (expected, left) = (Math.Abs(item.Open.Minor), Math.Abs(open.OpenMinor));
        var amount = wanted.AmountMinor ?? (alone ? Math.Min(expected, left + sign * wanted.ChargesMinor) : expected);
        if (amount <= 0 || amount > expected) return new Problem(Errors.MatchAmount, $"{item.Open} of {id} is open.");
        if (!item.IsDivisible && amount != expected) return new Problem(Errors.MatchAmount, $"{id} is a bank order, which is carried out wholly or not at all.");
        if (item.Slice is { } slice && slices.Refusal(slice) is { } refusal) return refusal;
        var lineMinor = sign * amount - wanted.ChargesMinor;
        if (Math.Sign(lineMinor) != sign) return new Problem(Errors.MatchAmount, "The bank cannot have kept the whole.");
        return new NewMatch(locked, locked.LedgerAccount, lineMinor, sign * amount, MatchRules.Person, Score.OfSuggestion(open.Line, item), Evidence.Of(open.Line, item));
    }

    private static async Task<Result<NewMatch>> OfAccountAsync(UnitOfWork unit, OpenLineRow open, PartWanted wanted, CancellationToken ct)
    {
        if (await LedgerDoor.BalanceAsync(unit, wanted.LedgerAccount!, ct) is not { } account) return new Problem(Errors.AccountUnknown, $"There is no ledger account '{wanted.LedgerAccount}'.");
        if (account.Currency != open.Line.Amount.Currency) return new Problem(Errors.CurrencyMismatch, $"'{wanted.LedgerAccount}' holds {account.Currency}.");
        var minor = Math.Sign(open.OpenMinor) * wanted.AmountMinor!.Value;
        return new NewMatch(null, wanted.LedgerAccount!, minor, minor, MatchRules.Person, Score.Most, new Evidence(["ledger_account"]));
    }

    /// <summary>References that contradict, another account, or a pair that was taken apart: possible, but not without saying why.</summary>
    private static async Task<Problem?> AgainstWhatWasSaidAsync(UnitOfWork unit, OpenLine line, List<NewMatch> matches, DecisionMaker maker, CancellationToken ct)
    {
        var items = matches.Where(match => match.Item is not null).Select(match => match.Item!.Item).ToList();
        var standing = (await unit.ListAsync(MatchSql.StandingOf, [new[] { line.Id.Value }], Match.Read, ct)).Select(match => match.Item).ToHashSet();
        if (items.Find(item => standing.Contains(item.Id)) is { } twice) return new(Errors.LineState, $"A part of the line is {twice.Id} already. Undo that first.");
        if (maker.Reason is not null) return null;
        var rejected = await SqlCandidates.RejectedAsync(unit, [line.Id.Value], ct);
        var odd = items.Find(item => Relation.Contradicts(line, item) || (item.Account is not null && item.Account != line.Account) || rejected.Contains((line.Id, item.Id)));
        return odd is null ? null : new(Errors.ReasonRequired, $"{odd.Id} was taken apart from the line before, or is expected on another account, or names another reference. Say why it is the line all the same.");
    }

    private static Problem NotTakenIn(LineState state) => LineMoves.Next(state, LineVerb.MatchesWhole).Problem ?? new(Errors.LineState, "The line moves no money, or its file is still being read.");
}
