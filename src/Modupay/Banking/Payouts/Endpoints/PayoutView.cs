using Modupay.Http;

namespace Modupay.Banking.Payouts;

internal sealed record PayoutView(string Id, string State, MoneyView Amount, MoneyView SettledAmount, string TreasuryAccount, CreditorView Creditor, string Reference,
    string? Description, IReadOnlyList<SliceView> Slices, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static PayoutView Of(StoredPayout stored) => Of(stored.Row, stored.Payout);

    public static PayoutView Of(PayoutRow row, Payout payout) => new(payout.Id.ToString(), PayoutStates.Text(payout.State), MoneyView.Of(payout.Amount),
        MoneyView.Of(payout.SettledAmount), row.TreasuryAccount.ToString(), new CreditorView(row.CreditorMasked), payout.Reference, payout.Description,
        [.. payout.Slices.Select(SliceView.Of)], row.CreatedAt, row.UpdatedAt);
}

/// <summary>Who is paid, as far as it is shown: the IBAN's ends.</summary>
internal sealed record CreditorView(string Iban);

internal sealed record SliceView(string Id, int Number, string State, MoneyView Amount, string EndToEndId, string? BankReference, DateOnly? BookedOn, FailureView? Failure)
{
    public static SliceView Of(Slice slice) => new(slice.Id.ToString(), slice.Number, SliceStates.Text(slice.State), MoneyView.Of(slice.Amount), slice.EndToEndId,
        slice.BankReference, slice.BookedOn, slice.Failure is { } failure ? new FailureView(failure.Code, failure.Detail) : null);
}

internal sealed record FailureView(string Code, string Detail);
