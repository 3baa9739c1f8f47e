namespace Modupay.Banking.Payouts;

/// <summary>The door for whoever erases a person: what payouts still need of him, and what they show of him.</summary>
internal static class CreditorErasure
{
    /// <summary>A payout that has not ended and would need the creditor to be ordered or asked about; null when there is none.</summary>
    public static async Task<PayoutId?> OpenPayoutAsync(UnitOfWork unit, SubjectId subject, CancellationToken ct) =>
        await unit.ListAsync(PayoutSql.OpenOfCreditor, [subject.Value], row => new PayoutId(row.GetGuid(0)), ct) is [var open] ? open : null;

    /// <summary>Removes what is shown of the creditor. The sealed part is unreadable without his key.</summary>
    /// <returns>In how many payouts.</returns>
    public static Task<int> EraseAsync(UnitOfWork unit, SubjectId subject, CancellationToken ct) => unit.ExecuteAsync(PayoutSql.EraseCreditor, [subject.Value, unit.Now], ct);
}
