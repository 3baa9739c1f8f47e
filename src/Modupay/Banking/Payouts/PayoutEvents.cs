using Modupay.Notifications;

namespace Modupay.Banking.Payouts;

/// <summary>What is announced about payouts and slices, in the transaction that makes it true.</summary>
internal static class PayoutEvents
{
    public static Task PublishAsync(UnitOfWork unit, string type, StoredPayout stored, CancellationToken ct) => PublishAllAsync(unit, type, [stored], ct);

    public static Task PublishAllAsync(UnitOfWork unit, string type, IReadOnlyList<StoredPayout> payouts, CancellationToken ct) =>
        NotificationsDoor.PublishAllAsync(unit, type, [.. payouts.Select(stored => (stored.Payout.Id.ToString(), EventOf(stored)))], BankingEventsJson.Default.PayoutEvent, ct);

    /// <summary>A slice is its own subject, so the order of its facts can be told without those of its neighbours.</summary>
    public static Task PublishAsync(UnitOfWork unit, Slice slice, CancellationToken ct) => TypeOf(slice.State) is { } type ? PublishAllAsync(unit, type, [slice], ct) : Task.CompletedTask;

    public static Task PublishAllAsync(UnitOfWork unit, string type, IReadOnlyList<Slice> slices, CancellationToken ct) =>
        NotificationsDoor.PublishAllAsync(unit, type, [.. slices.Select(slice => (slice.Id.ToString(), EventOf(slice)))], BankingEventsJson.Default.SliceEvent, ct);

    private static PayoutEvent EventOf(StoredPayout stored)
    {
        var payout = stored.Payout;
        return new(payout.Id.ToString(), payout.Reference, stored.Row.TreasuryAccount.ToString(), EventMoney.Of(payout.Amount), PayoutStates.Text(payout.State), EventMoney.Of(payout.SettledAmount),
            [.. payout.Slices.Select(slice => new PayoutEventSlice(slice.Id.ToString(), slice.Number, SliceStates.Text(slice.State), EventMoney.Of(slice.Amount), slice.EndToEndId))]);
    }

    private static SliceEvent EventOf(Slice slice) => new(slice.Id.ToString(), slice.Payout.ToString(), slice.Number, EventMoney.Of(slice.Amount), slice.EndToEndId, SliceStates.Text(slice.State),
        slice.BankReference, slice.BookedOn, slice.Failure is { } failure ? new EventFailure(failure.Code, failure.Detail) : null);

    /// <summary>Going back to pending is our own affair: no order left, so nothing happened that anybody could act on.</summary>
    private static string? TypeOf(SliceState state) => state switch
    {
        SliceState.Sent => EventTypes.SliceSent,
        SliceState.InDoubt => EventTypes.SliceInDoubt,
        SliceState.Failed => EventTypes.SliceFailed,
        SliceState.Settled => EventTypes.SliceSettled,
        SliceState.Returned => EventTypes.SliceReturned,
        _ => null,
    };
}
