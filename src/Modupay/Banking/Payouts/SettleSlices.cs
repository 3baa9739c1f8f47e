using Modupay.Notifications;

namespace Modupay.Banking.Payouts;

/// <summary>
/// How reconciliation tells banking that statement lines prove its orders, many at a time, and that a person took such a proof back. The journals are
/// reconciliation's: only it knows which line the money was on.
/// </summary>
internal sealed class SettleSlices
{
    private readonly Dictionary<PayoutId, StoredPayout> _payouts;
    private readonly Dictionary<SliceId, Slice> _slices;

    private SettleSlices(IReadOnlyList<StoredPayout> payouts)
    {
        _payouts = payouts.ToDictionary(stored => stored.Row.Id);
        _slices = payouts.SelectMany(stored => stored.Payout.Slices).ToDictionary(slice => slice.Id);
    }

    /// <summary>Reads the slices under their payouts' row locks, which the caller takes before those of expected items: whoever sends orders does the same.</summary>
    public static async Task<SettleSlices> LockAsync(UnitOfWork unit, IReadOnlyCollection<SliceId> slices, CancellationToken ct)
    {
        if (slices.Count == 0) return new([]);
        var payouts = await unit.ListAsync(PayoutSql.PayoutsOfSlices, [slices.Select(slice => slice.Value).ToArray()], row => new PayoutId(row.GetGuid(0)), ct);
        return new(await StoredPayout.LockAsync(unit, payouts, ct));
    }

    /// <summary>Why the slice cannot be proven by a line now, or null.</summary>
    public Problem? Refusal(SliceId slice) => _slices[slice].Settle(default, null).Problem;

    /// <summary>Why its proof cannot be taken back, or null.</summary>
    public Problem? ReopenRefusal(SliceId slice) => _slices[slice].Reopen().Problem;

    /// <summary>Settles them, and ends the payouts whose last open slice was among them.</summary>
    public async Task SettleAsync(UnitOfWork unit, IReadOnlyList<Proof> proofs, CancellationToken ct)
    {
        if (proofs.Count == 0) return;
        var settled = proofs.Select(proof => _slices[proof.Slice].Settle(proof.BookedOn, proof.BankReference).Value).ToList();
        await unit.ExecuteAsync(PayoutSql.SettleSlices,
            [settled.Select(slice => slice.Id.Value).ToArray(), settled.Select(slice => slice.BankReference).ToArray(), settled.Select(slice => slice.BookedOn).ToArray(), unit.Now], ct);
        await PayoutEvents.PublishAllAsync(unit, EventTypes.SliceSettled, settled, ct);
        await ChangePayoutsAsync(unit, settled, (payout, slices) => payout.Conclude(slices), payout => $"payout.{PayoutStates.Text(payout.State)}.v1", ct);
    }

    /// <summary>Nobody knows any more what became of these orders: the bank is asked, by the same message that sent them.</summary>
    public async Task ReopenAsync(UnitOfWork unit, IReadOnlyCollection<SliceId> ids, CancellationToken ct)
    {
        if (ids.Count == 0) return;
        var reopened = ids.Select(id => _slices[id].Reopen().Value).ToList();
        await unit.ExecuteAsync(PayoutSql.ReopenSlices, [reopened.Select(slice => slice.Id.Value).ToArray(), unit.Now], ct);
        await PayoutEvents.PublishAllAsync(unit, EventTypes.SliceInDoubt, reopened, ct);
        await ChangePayoutsAsync(unit, reopened, (payout, slices) => payout.Reopen(slices), _ => EventTypes.PayoutReopened, ct);
        foreach (var slice in reopened) unit.Send(OutboxMessage.Now(unit.Time, PayoutChanges.Queue, PayoutChanges.Message(unit.Tenant, slice.Id)));
    }

    /// <summary>The slice, or null where there is none.</summary>
    public Slice? Find(SliceId id) => _slices.GetValueOrDefault(id);

    /// <summary>From which account the order of a slice was to be paid.</summary>
    public TreasuryAccountId AccountOf(SliceId id) => _payouts[_slices[id].Payout].Row.TreasuryAccount;

    /// <summary>The bank has given the money of these back, and why.</summary>
    public Task ReturnAsync(UnitOfWork unit, IReadOnlyList<(SliceId Slice, Failure Why)> returned, CancellationToken ct) =>
        ReconsiderAsync(unit, [.. returned.Select(item => _slices[item.Slice].Return(item.Why).Value)], ct);

    /// <summary>Whether the money of these came back is seen differently than before: each as it is now.</summary>
    public async Task ReconsiderAsync(UnitOfWork unit, IReadOnlyList<Slice> now, CancellationToken ct)
    {
        if (now.Count == 0) return;
        await unit.ExecuteAllAsync([.. now.Select(slice => (PayoutSql.ReturnSlice, new object?[] { slice.Id.Value, SliceStates.Text(slice.State), slice.Failure?.Code, slice.Failure?.Detail, unit.Now }))], ct);
        foreach (var slice in now) await PayoutEvents.PublishAsync(unit, slice, ct);
        await ChangePayoutsAsync(unit, [.. now], (payout, slices) => payout.Reconsider(slices), payout => $"payout.{PayoutStates.Text(payout.State)}.v1", ct);
    }

    private async Task ChangePayoutsAsync(UnitOfWork unit, List<Slice> slices, Func<Payout, IReadOnlyList<Slice>, Payout> change, Func<Payout, string> type, CancellationToken ct)
    {
        foreach (var slice in slices) _slices[slice.Id] = slice;
        var changed = new List<StoredPayout>();
        foreach (var payout in slices.Select(slice => slice.Payout).Distinct().Select(id => _payouts[id]))
        {
            var now = change(payout.Payout, [.. payout.Payout.Slices.Select(slice => _slices[slice.Id])]);
            _payouts[now.Id] = new StoredPayout(payout.Row with { State = now.State, UpdatedAt = unit.Now }, now);
            if (now.State != payout.Payout.State) changed.Add(_payouts[now.Id]);
        }
        if (changed.Count == 0) return;
        await unit.ExecuteAsync(PayoutSql.UpdateStates, [changed.Select(stored => stored.Row.Id.Value).ToArray(), changed.Select(stored => PayoutStates.Text(stored.Payout.State)).ToArray(), unit.Now], ct);
        foreach (var group in changed.GroupBy(stored => type(stored.Payout), StringComparer.Ordinal)) await PayoutEvents.PublishAllAsync(unit, group.Key, [.. group], ct);
    }
}

/// <summary>What a line says about a slice.</summary>
internal sealed record Proof(SliceId Slice, DateOnly BookedOn, string? BankReference);
