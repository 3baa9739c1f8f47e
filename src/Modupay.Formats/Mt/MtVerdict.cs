namespace Modupay.Formats.Mt;

/// <summary>
/// Whether a message holds together. With both balances it claims to be whole, and a whole statement that contradicts itself is rejected;
/// one without them is a fragment: it is shown and held, never booked.
/// </summary>
internal static class MtVerdict
{
    public static void Judge(MtMessage message, bool cut, bool envelopeIs942, Reading reading, out Standing standing, out bool? balanced)
    {
        standing = Standing.Complete;
        balanced = null;
        if (message.Reference is null) Warn("reference_missing", "The statement has no :20:.");
        if (message.Number.Text is null) Warn("number_missing", "The statement has no number (:28C:).");
        if (message.IsInterim(envelopeIs942)) Counts(message, Warn);

        if (message.Closing is null && cut)
        {
            reading.Report("truncated", Severity.Error, "The file ends in the middle of the statement.", message.Position, message.Index);
            standing = Standing.Rejected;
            return;
        }

        if (message.SumsTooLarge)
        {
            reading.Report("sum_too_large", Severity.Error, "The movements add up to more than any account holds.", message.Position, message.Index);
            standing = Standing.Rejected;
            return;
        }

        if (message.Refused || (message.OpeningRepeated && message.Closing is not null))
        {
            standing = Standing.Rejected;
            return;
        }

        if (message.Account is null) Hold("account_missing", "The statement names no account.", ref standing);
        if (message.IsInterim(envelopeIs942)) return;
        if (message.Opening is null) Hold("opening_missing", "The statement has no opening balance.", ref standing);
        if (message.Closing is null) Hold("closing_missing", "The statement has no closing balance.", ref standing);
        if (message.Currency is null && message.Opening is not null) Hold("currency_missing", "The statement names no currency.", ref standing);
        if (message.Opening is not { } opening || message.Closing is not { } closing) return;

        var difference = closing.AmountMinor - (opening.AmountMinor + message.Credits - message.Debits);
        balanced = difference == 0;
        if (balanced is true) return;
        Hold("balance_mismatch", $"Opening {opening} and the movements do not make closing {closing}; {difference} minor units are missing.", ref standing);

        void Warn(string code, string text) => reading.Report(code, Severity.Warning, text, message.Position, message.Index);

        void Hold(string code, string text, ref Standing standing)
        {
            reading.Report(code, Severity.Error, text, message.Position, message.Index);
            standing = Standing.Held;
        }
    }

    private static void Counts(MtMessage message, Action<string, string> warn)
    {
        if (message.CreditCount is { } credit && (credit.Entries != message.CreditEntries || credit.SumMinor != message.Credits))
            warn("totals_mismatch", "The credits do not agree with :90C:; movements below the floor limit are summed but not listed.");
        if (message.DebitCount is { } debit && (debit.Entries != message.DebitEntries || debit.SumMinor != message.Debits))
            warn("totals_mismatch", "The debits do not agree with :90D:; movements below the floor limit are summed but not listed.");
    }
}
