using System.Text.Json;
using Modupay.Banking.Accounts;
using Modupay.Ledger;
using Modupay.Notifications;
using Modupay.Reconciliation;
using Modupay.Tenancy;

namespace Modupay.Banking.Payouts;

/// <summary>
/// The one place where a payout or a slice changes in the database. Every change is written together with its journal, its event and the
/// messages it causes, in the caller's transaction and under the payout's row lock.
/// </summary>
internal static class PayoutChanges
{
    internal const string Queue = "payout-dispatch";

    public static async Task<StoredPayout> InsertAsync(UnitOfWork unit, FieldCipher cipher, TreasuryAccount account, Payout payout, Creditor who, SealedCreditor creditor, CancellationToken ct)
    {
        var row = new PayoutRow(payout.Id, account.Id, payout.State, payout.Amount, payout.Reference, payout.Description, creditor.Masked, unit.Now, unit.Now, creditor.Value);
        await unit.ExecuteAllAsync(
        [
            (PayoutSql.Insert, [row.Id.Value, unit.Tenant.Value, row.TreasuryAccount.Value, PayoutStates.Text(row.State), row.Amount.Minor, row.Amount.Currency.Code, row.Reference,
                row.Description, creditor.Value, creditor.Masked, unit.Now, creditor.Subject.Value]),
            (PayoutSql.InsertSlices, [payout.Slices.Select(slice => slice.Id.Value).ToArray(), unit.Tenant.Value, row.Id.Value, row.Amount.Currency.Code, unit.Now,
                payout.Slices.Select(slice => slice.Number).ToArray(), payout.Slices.Select(slice => slice.Amount.Minor).ToArray(), payout.Slices.Select(slice => slice.EndToEndId).ToArray()]),
        ], ct);
        var stored = new StoredPayout(row, payout);
        await PayoutEvents.PublishAsync(unit, EventTypes.PayoutCreated, stored, ct);
        // Where nobody has to approve, creating is approving.
        return account.ApprovalRequired ? stored : (await ApproveAsync(unit, cipher, account, stored, who, ct)).Value;
    }

    /// <summary>Approves and starts: the money is ordered in the ledger, every slice is put on the dispatch queue, and is expected on a statement.</summary>
    public static async Task<Result<StoredPayout>> ApproveAsync(UnitOfWork unit, FieldCipher cipher, TreasuryAccount account, StoredPayout stored, Creditor creditor, CancellationToken ct)
    {
        var approved = stored.Payout.Approve();
        if (approved.Problem is { } refused) return refused;
        if (approved.Value.State is PayoutState.Processing) return stored;
        var started = approved.Value.Start().Value;

        await unit.ExecuteAsync(PayoutSql.UpdateState, [started.Id.Value, PayoutStates.Text(started.State), unit.Now], ct);
        await PostAsync(unit, new Journal($"payout:{started.Id}", Today(unit), $"Payout {started.Reference} ordered",
            [new(account.PaidOut, started.Amount), new(account.InTransit, -started.Amount)]), ct);
        await ReconciliationDoor.ExpectAsync(unit, cipher, account, started, creditor, ct);
        foreach (var slice in started.Slices) unit.Send(OutboxMessage.Now(unit.Time, Queue, Message(unit.Tenant, slice.Id)));

        var changed = With(unit, stored, started);
        await PayoutEvents.PublishAsync(unit, EventTypes.PayoutApproved, changed, ct);
        return changed;
    }

    public static async Task<Result<StoredPayout>> CancelAsync(UnitOfWork unit, TreasuryAccount account, StoredPayout stored, CancellationToken ct)
    {
        var canceled = stored.Payout.Cancel();
        if (canceled.Problem is { } refused) return refused;
        if (canceled.Value.State == stored.Payout.State) return stored;
        await unit.ExecuteAsync(PayoutSql.UpdateState, [stored.Row.Id.Value, PayoutStates.Text(PayoutState.Canceled), unit.Now], ct);
        var changed = With(unit, stored, canceled.Value);
        await PayoutEvents.PublishAsync(unit, EventTypes.PayoutCanceled, changed, ct);
        return changed;
    }

    /// <summary>
    /// Writes a slice's new state, and the payout's when this was its last open slice. Answers the payout as it is now; nothing is written
    /// when nothing changed, so a repeated answer publishes no second event.
    /// </summary>
    public static async Task<StoredPayout> UpdateSliceAsync(UnitOfWork unit, TreasuryAccount account, StoredPayout stored, Slice before, Slice after, CancellationToken ct)
    {
        if (before == after) return stored;
        await unit.ExecuteAsync(PayoutSql.UpdateSlice, [after.Id.Value, SliceStates.Text(after.State), after.Connector, after.BankReference, after.Failure?.Code, after.Failure?.Detail, after.BookedOn, unit.Now], ct);
        if (before.State != after.State)
        {
            if (after.State is SliceState.Failed) await TakeBackAsync(unit, account, after, ct);
            await PayoutEvents.PublishAsync(unit, after, ct);
        }
        if (after.BankReference is { } reference && after.BankReference != before.BankReference) await ReconciliationDoor.LearnAsync(unit, after.Id, reference, ct);

        var concluded = stored.Payout.Conclude([.. stored.Payout.Slices.Select(slice => slice.Id == after.Id ? after : slice)]);
        if (concluded.State == stored.Payout.State) return stored with { Payout = concluded };
        await unit.ExecuteAsync(PayoutSql.UpdateState, [stored.Row.Id.Value, PayoutStates.Text(concluded.State), unit.Now], ct);
        var changed = With(unit, stored, concluded);
        await PayoutEvents.PublishAsync(unit, $"payout.{PayoutStates.Text(concluded.State)}.v1", changed, ct);
        return changed;
    }

    /// <summary>A failed slice takes its part of the order back, and nobody waits for it on a statement any more.</summary>
    private static async Task TakeBackAsync(UnitOfWork unit, TreasuryAccount account, Slice slice, CancellationToken ct)
    {
        await PostAsync(unit, new Journal($"slice-failed:{slice.Id}", Today(unit), $"Slice {slice.EndToEndId} was not executed",
            [new(account.InTransit, slice.Amount), new(account.PaidOut, -slice.Amount)]), ct);
        await ReconciliationDoor.WithdrawAsync(unit, [slice.Id], ct);
    }

    public static string Message(TenantId tenant, SliceId slice) => JsonSerializer.Serialize(new PayoutMessage(tenant.ToString(), slice.ToString()), PayoutsJson.Default.PayoutMessage);

    private static async Task PostAsync(UnitOfWork unit, Journal journal, CancellationToken ct)
    {
        // The journals of a payout are ours to get right: a refusal here is a bug, and the transaction must not commit.
        if ((await LedgerDoor.PostAsync(unit, journal, ct)).Problem is { } refused) throw new InvalidOperationException($"{journal.Source} was refused by the ledger: {refused.Detail}");
    }

    private static StoredPayout With(UnitOfWork unit, StoredPayout stored, Payout payout) => new(stored.Row with { State = payout.State, UpdatedAt = unit.Now }, payout);

    private static DateOnly Today(UnitOfWork unit) => DateOnly.FromDateTime(unit.Now.UtcDateTime);
}
