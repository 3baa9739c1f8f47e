using Modupay.Notifications;

namespace Modupay.Banking.Payouts;

/// <summary>What is announced about payouts and slices, in the transaction that makes it true.</summary>
internal static class PayoutEvents
{
    public static Task PublishAsync(UnitOfWork unit, string type, StoredPayout stored, CancellationToken ct)
    {
        var payout = stored.Payout;
        return NotificationsDoor.PublishAsync(unit, type, payout.Id.ToString(), new PayoutEvent(
            payout.Id.ToString(), payout.Reference, stored.Row.TreasuryAccount.ToString(), EventMoney.Of(payout.Amount), PayoutStates.Text(payout.State), EventMoney.Of(payout.SettledAmount),
            [.. payout.Slices.Select(slice => new PayoutEventSlice(slice.Id.ToString(), slice.Number, SliceStates.Text(slice.State), EventMoney.Of(slice.Amount), slice.EndToEndId))]),
            BankingEventsJson.Default.PayoutEvent, ct);
    }

    /// <summary>A slice is its own subject, so the order of its facts can be told without those of its neighbours.</summary>
    public static Task PublishAsync(UnitOfWork unit, Slice slice, CancellationToken ct) => TypeOf(slice.State) is not { } type
        ? Task.CompletedTask
        : NotificationsDoor.PublishAsync(unit, type, slice.Id.ToString(), new SliceEvent(
            slice.Id.ToString(), slice.Payout.ToString(), slice.Number, EventMoney.Of(slice.Amount), slice.EndToEndId, SliceStates.Text(slice.State), slice.BankReference, slice.BookedOn,
            slice.Failure is { } failure ? new EventFailure(failure.Code, failure.Detail) : null), BankingEventsJson.Default.SliceEvent, ct);

    /// <summary>Going back to pending is our own affair: no order left, so nothing happened that anybody could act on.</summary>
    private static string? TypeOf(SliceState state) => state switch
    {
        SliceState.Sent => "slice.sent.v1",
        SliceState.InDoubt => "slice.in_doubt.v1",
        SliceState.Settled => "slice.settled.v1",
        SliceState.Failed => "slice.failed.v1",
        _ => null,
    };
}
