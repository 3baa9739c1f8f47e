namespace Modupay.Ledger;

/// <summary>
/// An exchange of currencies. Every currency of a journal adds up to zero, so what is sold and what is bought are each closed by a position
/// account of their currency: what stands there is what the organization has exchanged and not squared.
/// </summary>
internal static class Exchange
{
    public static string PositionCode(Currency currency) => $"fx/{currency.Code.ToLowerInvariant()}/position";

    public static NewAccount Position(Currency currency) => new(PositionCode(currency), $"Position in {currency}", currency, NormalSide.Debit);

    public static Journal Journal(string source, DateOnly effectiveOn, string description, Posting sold, Posting bought) =>
        new(source, effectiveOn, description, [sold, Close(sold), bought, Close(bought)]);

    private static Posting Close(Posting posting) => new(PositionCode(posting.Amount.Currency), -posting.Amount);
}
