using Modupay.Http;

namespace Modupay.Banking.Payouts;

/// <summary>Money an organization sends.</summary>
/// <param name="Id">Its id, <c>po_…</c>.</param>
/// <param name="State"><c>created</c> waits for approval, <c>approved</c> for the first order; <c>processing</c> until every slice has ended; then <c>settled</c>, <c>partially_settled</c> or <c>failed</c>; or <c>canceled</c> before a bank heard of it.</param>
/// <param name="Amount">What was asked for.</param>
/// <param name="SettledAmount">What statements have proven so far.</param>
/// <param name="TreasuryAccount">The own account that pays, <c>ta_…</c>.</param>
/// <param name="Creditor">Who is paid.</param>
/// <param name="Reference">The ISO 11649 reference we made up for it; it is on the statement of whoever is paid.</param>
/// <param name="Description">What was said about it.</param>
/// <param name="Slices">The bank orders it was cut into.</param>
internal sealed record PayoutView(string Id, string State, MoneyView Amount, MoneyView SettledAmount, string TreasuryAccount, CreditorView Creditor, string Reference,
    string? Description, IReadOnlyList<SliceView> Slices, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static PayoutView Of(StoredPayout stored) => Of(stored.Row, stored.Payout);

    public static PayoutView Of(PayoutRow row, Payout payout) => new(payout.Id.ToString(), PayoutStates.Text(payout.State), MoneyView.Of(payout.Amount),
        MoneyView.Of(payout.SettledAmount), row.TreasuryAccount.ToString(), new CreditorView(row.CreditorMasked), payout.Reference, payout.Description,
        [.. payout.Slices.Select(SliceView.Of)], row.CreatedAt, row.UpdatedAt);
}

/// <summary>Who is paid, as far as it is shown: the IBAN's ends.</summary>
/// <param name="Iban">The IBAN's first and last characters; <c>erased</c> once the person was.</param>
internal sealed record CreditorView(string Iban);

/// <summary>One bank order of a payout.</summary>
/// <param name="Id">Its id, <c>sl_…</c>.</param>
/// <param name="Number">Counted from 1 within the payout.</param>
/// <param name="State"><c>pending</c>; <c>dispatching</c> while it is being sent; <c>in_doubt</c> when the bank may or may not have it, and is being asked; <c>sent</c> once the bank has it; <c>settled</c> once a statement proves it; <c>failed</c>, or <c>returned</c> when the money came back.</param>
/// <param name="Amount">How much this order is about.</param>
/// <param name="EndToEndId">The ISO 11649 reference the order carries through the banks.</param>
/// <param name="BankReference">What the bank calls it, once it said so.</param>
/// <param name="BookedOn">The day the bank booked it, once a statement proved it.</param>
/// <param name="Failure">Why it failed or came back.</param>
internal sealed record SliceView(string Id, int Number, string State, MoneyView Amount, string EndToEndId, string? BankReference, DateOnly? BookedOn, FailureView? Failure)
{
    public static SliceView Of(Slice slice) => new(slice.Id.ToString(), slice.Number, SliceStates.Text(slice.State), MoneyView.Of(slice.Amount), slice.EndToEndId,
        slice.BankReference, slice.BookedOn, slice.Failure is { } failure ? new FailureView(failure.Code, failure.Detail) : null);
}

/// <summary>Why something failed.</summary>
/// <param name="Code">The bank's own code where it gave one, otherwise a word of ours.</param>
/// <param name="Detail">A sentence for people.</param>
internal sealed record FailureView(string Code, string Detail);
