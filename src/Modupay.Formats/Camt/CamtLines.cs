namespace Modupay.Formats.Camt;

/// <summary>
/// Makes lines of an entry. A batch becomes one line per payment when the payments' own amounts, or these and the charges, add up to the
/// entry; otherwise it stays one line of the entry's amount with its payments listed in <see cref="StatementLine.Details"/>.
/// </summary>
internal static class CamtLines
{
    public static void Write(CamtEntry entry, int ordinal, in CamtContext context, CamtNotes notes, Action<StatementLine> write)
    {
        var amount = entry.Amount!.Value;
        var signed = entry.Credit is true ? amount.Minor : -amount.Minor;
        var whole = Line(entry, entry.Details.Count == 1 ? entry.Details[0] : entry.Own, ordinal, signed, amount.Currency, context);
        if (entry.Details.Count < 2) whole = WithForeignAmount(whole, entry, entry.Details.Count == 1 ? entry.Details[0] : entry.Own);
        if (entry.Unsplit || (entry.BatchSize > 1 && entry.Details.Count == 0)) notes.Warn("batch_unsplit", "A batch of several payments names none of them.", entry.Position);
        if (entry.Details.Count < 2)
        {
            write(whole);
            return;
        }

        var amounts = Amounts(entry, amount.Currency, out var complete);
        Int128 sum = 0;
        foreach (var part in amounts) sum += part;
        // A returned batch may list its payments in the direction they once had.
        if (complete && sum == -signed && signed != 0)
        {
            for (var at = 0; at < amounts.Length; at++) amounts[at] = -amounts[at];
            sum = -sum;
        }

        var charges = Charges(entry, amount.Currency);
        if (complete && sum == signed)
        {
            for (var at = 0; at < amounts.Length; at++)
                write(Line(entry, entry.Details[at], ordinal, amounts[at], amount.Currency, context) with { Part = at + 1, Parts = amounts.Length });
            return;
        }

        if (complete && charges > 0 && sum - charges == signed)
        {
            for (var at = 0; at < amounts.Length; at++)
                write(Line(entry, entry.Details[at], ordinal, amounts[at], amount.Currency, context) with { Part = at + 1, Parts = amounts.Length + 1 });
            write(Line(entry, entry.Own, ordinal, -charges, amount.Currency, context) with
            {
                Part = amounts.Length + 1,
                Parts = amounts.Length + 1,
                Texts = new LineTexts { BookingText = "charges", BankReference = entry.BankReference, Charges = [new Charge(charges, amount.Currency, Included: true)] },
            });
            return;
        }

        notes.Warn("batch_mismatch", complete
            ? "The payments of a batch do not add up to its entry; the entry was kept whole."
            : "Not every payment of a batch has an amount in the entry's currency; the entry was kept whole.", entry.Position);
        var context1 = context;
        write(whole with { Details = [.. entry.Details.Select((detail, at) => Line(entry, detail, ordinal, amounts[at], amount.Currency, context1) with { Part = at + 1, Parts = amounts.Length })] });
    }

    private static long[] Amounts(CamtEntry entry, string currency, out bool complete)
    {
        complete = true;
        var amounts = new long[entry.Details.Count];
        for (var at = 0; at < amounts.Length; at++)
        {
            var detail = entry.Details[at];
            var found = In(detail.Amount, currency) ?? In(detail.TransactionAmount, currency) ?? In(detail.InstructedAmount, currency) ?? In(detail.CounterValue, currency);
            if (found is null) complete = false;
            amounts[at] = (detail.Credit ?? entry.Credit) is true ? found ?? 0 : -(found ?? 0);
        }

        return amounts;
    }

    private static long? In(CamtAmount? amount, string currency) => amount is { } known && known.Currency == currency ? known.Minor : null;

    // What the bank took out of the batch before booking the rest.
    private static long Charges(CamtEntry entry, string currency)
    {
        Int128 sum = 0;
        foreach (var charge in (entry.Own.Charges ?? []).Concat(entry.Details.SelectMany(detail => detail.Charges ?? [])))
        {
            if (charge.Currency == currency) sum += charge.AmountMinor;
        }

        return sum < long.MaxValue ? (long)sum : 0;
    }

    private static StatementLine WithForeignAmount(StatementLine line, CamtEntry entry, CamtDetail detail)
    {
        var currency = entry.Amount!.Value.Currency;
        var original = Foreign(detail.InstructedAmount, currency) ?? Foreign(detail.TransactionAmount, currency) ?? Foreign(detail.Amount, currency)
            ?? Foreign(detail.CounterValue, currency) ?? Foreign(entry.Own.InstructedAmount, currency) ?? Foreign(entry.Own.TransactionAmount, currency);
        return original is { } foreign ? line with { Texts = line.Texts with { Original = new OriginalAmount(foreign.Minor, foreign.Currency, detail.Rate ?? entry.Own.Rate) } } : line;
    }

    private static CamtAmount? Foreign(CamtAmount? amount, string currency) => amount is { } known && known.Currency != currency ? known : null;

    private static StatementLine Line(CamtEntry entry, CamtDetail detail, int ordinal, long amount, string currency, in CamtContext context)
    {
        var other = Other(entry, detail, amount >= 0, context.Iban ?? context.Account);
        return new StatementLine
        {
            Entry = ordinal,
            AmountMinor = amount,
            Currency = currency,
            BookingDate = entry.BookingDate ?? entry.ValueDate ?? context.Day,
            ValueDate = entry.ValueDate ?? entry.BookingDate ?? context.Day,
            Status = Status(entry.Status),
            Reversal = entry.Reversal,
            Texts = new LineTexts
            {
                EndToEndId = Given(detail.EndToEndId),
                ClientReference = Given(detail.InstructionId ?? detail.PaymentId ?? entry.BatchPaymentId ?? detail.ChequeNumber),
                BankReference = Given(detail.BankReference ?? entry.BankReference ?? entry.Reference),
                TransactionId = Given(detail.TransactionId ?? detail.Uetr),
                MandateId = Given(detail.MandateId),
                CreditorId = detail.Creditor.CreditorId,
                Remittance = detail.Remittance ?? detail.AdditionalInformation ?? entry.AdditionalInformation,
                StructuredReference = detail.StructuredReference ?? (RfReference.TryFind(detail.Remittance, out var rf) ? rf.Value : NationalReference.TryFind(detail.Remittance, out var national) ? national : null),
                Counterparty = other.IsEmpty && other.Bic is null ? Counterparty.Unknown : new Counterparty(other.Name, other.Account, other.Bic, other.UltimateName),
                TransactionCode = detail.Code ?? entry.Own.Code,
                ProprietaryCode = detail.ProprietaryCode ?? entry.Own.ProprietaryCode,
                BookingText = detail.Remittance is null ? null : entry.AdditionalInformation,
                PurposeCode = detail.Purpose,
                ReturnReason = detail.ReturnReason ?? detail.ReturnInformation,
                HasReturnInformation = detail.Returned,
                OriginalReference = detail.OriginalReference ?? (detail.Returned ? Given(detail.OtherReference) : null),
                Charges = detail.Charges ?? entry.Own.Charges ?? (IReadOnlyList<Charge>)[],
            },
            Position = entry.Position,
        };
    }

    // Whoever is not us. Returns and reversals keep the roles of the original payment, so direction alone would name ourselves.
    private static CamtParty Other(CamtEntry entry, CamtDetail detail, bool credit, string? own)
    {
        var (first, second) = credit ? (detail.Debtor, detail.Creditor) : (detail.Creditor, detail.Debtor);
        if (own is not null && first.Account == own && second.Account != own) return second;
        if (own is not null && second.Account == own) return first;
        var returned = entry.Reversal || detail.Returned;
        if (returned && !second.IsEmpty) return second;
        return first.IsEmpty && first.Bic is null && !second.IsEmpty && second.Account is not null && returned ? second : first;
    }

    public static EntryStatus Status(string? status) => status switch
    {
        null or "BOOK" or "book" or "Book" => EntryStatus.Booked,
        "INFO" => EntryStatus.Information,
        "FUTR" => EntryStatus.Expected,
        // Anything a bank invents is not booked until it says so.
        _ => EntryStatus.Pending,
    };

    private static string? Given(string? reference) => Mt.TextDraft.Given(reference);
}

/// <summary>What a line takes from its statement.</summary>
internal readonly record struct CamtContext(string? Account, string? Iban, DateOnly? Day);
