using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Modupay.Banking.Accounts;
using Modupay.Banking.Connectors;
using Modupay.Tenancy;
using Modupay.Triggers;

namespace Modupay.Banking.Payouts;

/// <summary>
/// Sends queued slices to their banks. SQS delivers at least once; a bank must be told at most once: the claim is committed before the first
/// byte leaves, and a claim that is found again is asked about, never sent again.
/// </summary>
internal sealed class DispatchPayouts(Database database, ConnectorDirectory connectors, FieldCipher cipher, ILogger<DispatchPayouts> log)
{
    /// <summary>How long "no such order" may still mean "not yet": longer than any bank keeps an order in its inbox unseen.</summary>
    private static readonly TimeSpan ClaimAges = TimeSpan.FromMinutes(10);

    /// <summary>Longer than a bank usually takes to answer, so that a slow answer is not overtaken by a question.</summary>
    private static readonly TimeSpan FirstAsk = TimeSpan.FromSeconds(30);

    /// <summary>When to ask again. Counted from the claim, so the questions thin out: every fifth of the claim's age, within these bounds.</summary>
    private static readonly TimeSpan AskSoonest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskLatest = TimeSpan.FromHours(1);

    /// <summary>The function <c>payout-dispatch</c>.</summary>
    public Task<SqsBatchAnswer> HandleAsync(SqsBatch batch, CancellationToken ct) => batch.FinishEachAsync("dispatch slice", DispatchAsync, log, ct);

    private Task DispatchAsync(SqsMessage record, CancellationToken ct)
    {
        var message = JsonSerializer.Deserialize(record.Body, PayoutsJson.Default.PayoutMessage);
        if (message is null || !Id.TryParse<TenantId>(message.Tenant, out var tenant) || !Id.TryParse<SliceId>(message.Slice, out var slice))
            throw new InvalidOperationException("The message does not name a slice.");
        Activity.Current?.SetTag("slice", message.Slice);
        return DispatchAsync(tenant, slice, ct);
    }

    /// <summary>Afterwards the message has done its work: the slice ended, was accepted, or something else now reminds us of it.</summary>
    private async Task DispatchAsync(TenantId tenant, SliceId sliceId, CancellationToken ct)
    {
        if (await ClaimAsync(tenant, sliceId, ct) is not { } claim) return;

        var connector = claim.Connector;
        var answer = claim.IsFirst
            ? await connector.SendAsync(await OrderAsync(tenant, claim, ct), ct)
            : await connector.FindAsync(claim.Slice.EndToEndId, ct); // An earlier attempt may have reached the bank.
        log.LogInformation("Slice {Slice} of {Payout} with end-to-end id {EndToEndId}: {Question} answered {Answer}.",
            sliceId, claim.Slice.Payout, claim.Slice.EndToEndId, claim.IsFirst ? "sent" : "asked", answer.Outcome);

        // Once the bank has answered, writing it down is no longer optional.
        await RecordAsync(tenant, claim, answer, CancellationToken.None);
    }

    /// <summary>
    /// Commits that this slice is now being sent, or finds out that it already was. The reminder committed with the claim makes sure that
    /// somebody asks the bank even if this process and its message are both lost.
    /// </summary>
    private async Task<SliceClaim?> ClaimAsync(TenantId tenant, SliceId sliceId, CancellationToken ct)
    {
        var (seen, payout, account) = await database.ReadAsync(tenant, session => ReadAsync(session, sliceId, ct), ct);
        if (seen is null || payout is null || account is null || !IsOpen(seen)) return null;

        var found = seen.Connector is { } chosen
            ? await connectors.ByIdAsync(tenant, new ConnectorId(chosen), ct)
            : await connectors.ForTreasuryAccountAsync(tenant, account.Id, ct);
        var connector = found.Problem is { } missing ? throw new InvalidOperationException(missing.Detail) : found.Value;

        var claim = await database.TransactAsync<SliceClaim?>(tenant, async unit =>
        {
            var isFirst = await unit.ExecuteAsync(PayoutSql.Claim, [sliceId.Value, connector.Id.Value, unit.Now], ct) == 1;
            var slice = await unit.FirstAsync(PayoutSql.FindSlice, [sliceId.Value], PayoutSql.ReadSlice, ct);
            if (slice is null || !IsOpen(slice)) return (SliceClaim?)null;
            // Another delivery claimed it a moment ago through another connector: ask that one, at the next reminder.
            if (slice.Connector != connector.Id.Value) return (SliceClaim?)null;

            var claimedAt = await unit.ScalarAsync<DateTimeOffset>(PayoutSql.ClaimedAt, [sliceId.Value], ct);
            unit.Send(Reminder(unit, sliceId, isFirst ? FirstAsk : AskAgain(unit.Now - claimedAt)));
            return new SliceClaim(slice, payout, account, connector, isFirst, claimedAt);
        }, ct);
        return claim.Value;
    }

    private static bool IsOpen(Slice slice) => slice.State is SliceState.Pending or SliceState.Dispatching or SliceState.InDoubt;

    private static async Task<(Slice? Slice, StoredPayout? Payout, TreasuryAccount? Account)> ReadAsync(Session session, SliceId id, CancellationToken ct)
    {
        if (await session.FirstAsync(PayoutSql.FindSlice, [id.Value], PayoutSql.ReadSlice, ct) is not { } slice) return default;
        var payout = await StoredPayout.FindAsync(session, slice.Payout, ct);
        return (slice, payout, payout is null ? null : await BankAccounts.FindAsync(session, payout.Row.TreasuryAccount, ct));
    }

    private async Task<BankOrder> OrderAsync(TenantId tenant, SliceClaim claim, CancellationToken ct)
    {
        var creditor = await Creditor.OpenAsync(cipher, tenant, claim.Payout.Row.CreditorSealed, ct);
        var debtorIban = await cipher.OpenTextAsync(tenant, TreasuryAccount.IbanField, claim.Account.IbanSealed, ct);
        return new BankOrder(claim.Slice.Id, claim.Slice.EndToEndId, claim.Slice.Amount, debtorIban, claim.Account.Name, creditor.Name, creditor.Iban, creditor.Bic, claim.Payout.Row.Reference);
    }

    private async Task RecordAsync(TenantId tenant, SliceClaim claim, BankAnswer answer, CancellationToken ct)
    {
        var recorded = await database.TransactAsync<Slice>(tenant, async unit =>
        {
            if (await StoredPayout.LockAsync(unit, [claim.Slice.Payout], ct) is not [var stored]) throw new InvalidOperationException($"{claim.Slice.Payout} is gone.");
            var now = stored.Payout.Slices.Single(slice => slice.Id == claim.Slice.Id);
            var next = After(now, answer, unit.Now - claim.ClaimedAt);
            // A statement may have been faster than the bank's answer; what it proved stands.
            if (next.Problem is not null) return now;

            await PayoutChanges.UpdateSliceAsync(unit, claim.Account, stored, now, next.Value, ct);
            if (next.Value.State is SliceState.Dispatching or SliceState.InDoubt) unit.Send(Reminder(unit, now.Id, AskAgain(unit.Now - claim.ClaimedAt)));
            else if (next.Value.State is SliceState.Pending) unit.Send(Reminder(unit, now.Id, answer is BankAnswer.NotSent notSent && notSent.RetryAfter > AskSoonest ? notSent.RetryAfter : AskSoonest));
            else await unit.ExecuteAsync(OutboxSql.Delete, [new[] { now.Id.Value }], ct);
            return next.Value;
        }, ct);
        if (recorded.Problem is { } refused) throw new InvalidOperationException(refused.Detail);
    }

    private static Result<Slice> After(Slice slice, BankAnswer answer, TimeSpan claimAge) => answer switch
    {
        BankAnswer.Accepted accepted => slice.Accept(accepted.BankReference),
        BankAnswer.Refused refused => slice.Fail(new Failure(refused.Code, refused.Detail)),
        BankAnswer.NotSent => slice.Release(),
        BankAnswer.NotFound when claimAge >= ClaimAges => slice.Fail(new Failure("not_received_by_bank", "The bank has no such order, and had time enough to find it.")),
        BankAnswer.NotFound or BankAnswer.InDoubt => slice.Doubt(),
        _ => throw new InvalidOperationException($"Unknown answer {answer.GetType().Name}."),
    };

    private static TimeSpan AskAgain(TimeSpan age) => TimeSpan.FromTicks(Math.Clamp(age.Ticks / 5, AskSoonest.Ticks, AskLatest.Ticks));

    /// <summary>One reminder per slice: its id is the slice's, so setting it again moves it.</summary>
    private static OutboxMessage Reminder(UnitOfWork unit, SliceId slice, TimeSpan wait) => OutboxMessage.Later(slice.Value, PayoutChanges.Queue, PayoutChanges.Message(unit.Tenant, slice), wait);

    private sealed record SliceClaim(Slice Slice, StoredPayout Payout, TreasuryAccount Account, IBankConnector Connector, bool IsFirst, DateTimeOffset ClaimedAt);
}
