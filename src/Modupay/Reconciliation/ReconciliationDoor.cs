using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>How the other modules say what they expect to see on a statement. Everything happens in the caller's transaction.</summary>
internal static class ReconciliationDoor
{
    /// <summary>Every order of a payout will leave the account as one line, or as a part of one.</summary>
    public static async Task ExpectAsync(UnitOfWork unit, FieldCipher cipher, TreasuryAccount account, Payout payout, Creditor creditor, CancellationToken ct)
    {
        var keys = await new CounterpartyKeyring(cipher, unit.Tenant).OfAsync(creditor.Name, creditor.Iban, ct);
        await NewItem.InsertAsync(unit,
        [
            .. payout.Slices.Select(slice => new NewItem(Id.New<ExpectedItemId>(unit.Time), ItemKind.Slice, slice.Id, account.Id, -slice.Amount, DateOnly.FromDateTime(unit.Now.UtcDateTime), account.InTransit)
            {
                Reference = payout.Reference,
                RfReference = slice.EndToEndId,
                EndToEndId = slice.EndToEndId,
                BatchId = payout.Reference,
                CounterpartyMasked = BankAccounts.Mask(creditor.Iban),
                Keys = keys,
            }),
        ], ct);
    }

    /// <summary>The bank's own name for an order, once it is known: some statements repeat only that one.</summary>
    public static Task LearnAsync(UnitOfWork unit, SliceId slice, string bankReference, CancellationToken ct) => unit.ExecuteAsync(ItemSql.Learn, [slice.Value, bankReference, unit.Now], ct);

    /// <summary>These orders will not be carried out.</summary>
    public static Task WithdrawAsync(UnitOfWork unit, IReadOnlyList<SliceId> slices, CancellationToken ct) =>
        unit.ExecuteAsync(ItemSql.Withdraw, [slices.Select(slice => slice.Value).ToArray(), unit.Now], ct);
}
