using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Banking.Accounts;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Payouts;

/// <summary>POST /v1/payouts/{id}/approve and /cancel: the two decisions a person takes before a bank hears of the payout.</summary>
internal static class DecidePayout
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/payouts/{id}/approve", (string id, HttpRequest http, Caller caller, Database database, FieldCipher cipher, CancellationToken ct) =>
                DecideAsync(id, http, caller, database, (unit, account, stored, token) => ApproveAsync(unit, cipher, account, stored, token), AuditActions.PayoutApproved, ct)).Needs(Permission.PayoutsApprove).RequiresKey()
            .Answers<PayoutView>(StatusCodes.Status200OK, "Approve a payout that waits for approval, and send it").Refuses(400, 404, 409, 422);
        routes.MapPost("/v1/payouts/{id}/cancel", (string id, HttpRequest http, Caller caller, Database database, CancellationToken ct) =>
                DecideAsync(id, http, caller, database, PayoutChanges.CancelAsync, AuditActions.PayoutCanceled, ct)).Needs(Permission.PayoutsCreate).RequiresKey()
            .Answers<PayoutView>(StatusCodes.Status200OK, "Cancel a payout that no bank has heard of").Refuses(400, 404, 409, 422);
    }

    private static async Task<Result<StoredPayout>> ApproveAsync(UnitOfWork unit, FieldCipher cipher, TreasuryAccount account, StoredPayout stored, CancellationToken ct) =>
        await PayoutChanges.ApproveAsync(unit, cipher, account, stored, await Creditor.OpenAsync(cipher, unit.Tenant, stored.Row.CreditorSealed, ct), ct);

    private static async Task<IResult> DecideAsync(string id, HttpRequest http, Caller caller, Database database,
        Func<UnitOfWork, TreasuryAccount, StoredPayout, CancellationToken, Task<Result<StoredPayout>>> decide, AuditAction action, CancellationToken ct)
    {
        var key = IdempotencyKey.Required(http);
        if (key.Problem is { } badKey) return Reply.Refused(badKey);
        if (!Id.TryParse<PayoutId>(id, out var payout)) return Reply.Refused(ReadPayouts.Unknown());

        return await database.OnceAsync(caller.Tenant, key.Value, Fingerprint.Of(http, []), StatusCodes.Status200OK, PayoutsJson.Default.PayoutView, async unit =>
        {
            if (await StoredPayout.LockAsync(unit, [payout], ct) is not [var stored]) return ReadPayouts.Unknown();
            var account = await BankAccounts.FindAsync(unit, stored.Row.TreasuryAccount, ct) ?? throw new InvalidOperationException($"{stored.Row.TreasuryAccount} is gone.");
            var decided = await decide(unit, account, stored, ct);
            if (decided.Problem is { } refused) return refused;
            if (decided.Value.Payout.State != stored.Payout.State)
                AuditLog.Record(unit, caller.Actor, action, id, new Change("state", PayoutStates.Text(stored.Payout.State), PayoutStates.Text(decided.Value.Payout.State)));
            return PayoutView.Of(decided.Value);
        }, ct);
    }
}
