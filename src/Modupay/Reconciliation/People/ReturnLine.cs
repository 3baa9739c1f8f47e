using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;

namespace Modupay.Reconciliation;

/// <summary>
/// A person finds that a credit brings back the money of an order that the bank had carried out. The money is the organization's again, the order is
/// <c>returned</c>, and its payout, which had ended, ends anew. Undoing the line makes the order settled again.
/// </summary>
internal static class ReturnLine
{
    /// <param name="chargesMinor">What the banks kept of it on the way back.</param>
    public static async Task<Result<StatementLineId>> RunAsync(UnitOfWork unit, StatementLineId id, SliceId sliceId, long chargesMinor, DecisionMaker maker, CancellationToken ct)
    {
        var held = await LineWork.HoldAsync(unit, id, ct);
        if (held.Problem is { } unknown) return unknown;
        var next = LineMoves.Next(held.Value.State, LineVerb.MatchesWhole);
        if (next.Problem is { } refused) return refused;
        if (held.Value is not { Open: { } open, State: LineState.Unmatched }) return new Problem(Errors.LineState, "Only a line that is wholly unexplained can be a return.");

        var slices = await SettleSlices.LockAsync(unit, [sliceId], ct);
        if (slices.Find(sliceId) is not { } slice) return new Problem(Errors.InvalidRequest, $"There is no slice {sliceId}.", [new("slice", "unknown", "No such slice.")]);
        var why = held.Value.Line.ReturnReason is { } code ? new Failure(code, "The bank gave the money back.") : new Failure("returned", "The bank gave the money back and did not say why.");
        var returned = slice.Return(why);
        if (returned.Problem is { } early) return early;
        if (slices.AccountOf(sliceId) != open.Line.Account) return new Problem(Errors.InvalidRequest, $"{sliceId} was paid from another account.", [new("slice", "other_account", "Paid from another account.")]);
        if (slice.Amount.Currency != open.Line.Amount.Currency) return new Problem(Errors.CurrencyMismatch, $"{sliceId} is in {slice.Amount.Currency}, the line in {open.Line.Amount.Currency}.");
        if (open.OpenMinor <= 0 || open.OpenMinor + chargesMinor != slice.Amount.Minor)
            return new Problem(Errors.MatchAmount, $"The line brings {new Money(open.OpenMinor, slice.Amount.Currency)} and charges are {chargesMinor}; the order was about {slice.Amount}.");

        var account = await BankAccounts.FindAsync(unit, open.Line.Account, ct) ?? throw new InvalidOperationException($"{open.Line.Account} is gone.");
        var match = new NewMatch(null, account.PaidOut, open.OpenMinor, slice.Amount.Minor, MatchRules.Person, Score.Most, new Evidence(["return"]) { Reference = slice.EndToEndId }, sliceId);
        var written = await LineDecisions.WriteAsync(unit, [new(open.Line, held.Value.State, next.Value, "matched", [match])], maker, slices, ct);
        if (written[0].Problem is { } ledger) return ledger;
        await slices.ReconsiderAsync(unit, [returned.Value], ct);
        return id;
    }
}
