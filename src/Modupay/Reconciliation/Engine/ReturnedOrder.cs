using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;

namespace Modupay.Reconciliation;

/// <summary>
/// A settled order of which a line brings the money back: it is the organization's again, the order is <c>returned</c>, and its payout, which had ended,
/// ends anew. The engine and a person say so with the same words here, and undoing the line takes it back either way.
/// </summary>
internal sealed record ReturnedOrder(SliceId Slice, Failure Why)
{
    /// <param name="chargesMinor">What the banks kept of it on the way back.</param>
    /// <returns>The line as that order's money, or why it cannot be.</returns>
    public static Result<NewMatch> Match(OpenLine line, SliceId sliceId, long chargesMinor, SettleSlices slices, TreasuryAccount account, string rule, int score, Evidence evidence)
    {
        if (slices.Find(sliceId) is not { } slice) return new Problem(Errors.InvalidRequest, $"There is no slice {sliceId}.", [new("slice", "unknown", "No such slice.")]);
        var why = line.ReturnReason is { } code ? new Failure(code, "The bank gave the money back.") : new Failure("returned", "The bank gave the money back and did not say why.");
        if (slice.Return(why).Problem is { } early) return early;
        if (slices.AccountOf(sliceId) != line.Account) return new Problem(Errors.InvalidRequest, $"{sliceId} was paid from another account.", [new("slice", "other_account", "Paid from another account.")]);
        if (slice.Amount.Currency != line.Amount.Currency) return new Problem(Errors.CurrencyMismatch, $"{sliceId} is in {slice.Amount.Currency}, the line in {line.Amount.Currency}.");
        if (line.Amount.Minor <= 0 || line.Amount.Minor + chargesMinor != slice.Amount.Minor)
            return new Problem(Errors.MatchAmount, $"The line brings {line.Amount} and charges are {chargesMinor}; the order was about {slice.Amount}.");
        return new NewMatch(null, account.PaidOut, line.Amount.Minor, slice.Amount.Minor, rule, score, evidence, new(sliceId, why));
    }
}
