namespace Modupay.Formats.Camt;

/// <summary>What one <c>Stmt</c>, <c>Rpt</c> or <c>Ntfctn</c> has said so far, and whether it holds together.</summary>
internal sealed class CamtStatement(int index, string format, FilePosition position)
{
    private Int128 credits;
    private Int128 debits;
    private int lines;
    private Balance? previousClosing;

    public int Index { get; } = index;
    public FilePosition Position { get; } = position;
    public bool Begun { get; set; }
    public string? Id { get; set; }
    public string? Sequence { get; set; }
    public string? LegalSequence { get; set; }
    public string? Created { get; set; }
    public DateOnly? From { get; set; }
    public string? Account { get; set; }
    public string? AccountCurrency { get; set; }
    public string? ServicerBic { get; set; }
    public string? Information { get; set; }
    public Balance? Opening { get; private set; }
    public Balance? Closing { get; private set; }
    public List<Balance> Others { get; } = [];
    public int Entries { get; set; }
    public int? Page { get; set; }
    public bool LastPage { get; set; } = true;
    public bool ForeignEntry { get; set; }
    public int? SummaryEntries { get; set; }
    public decimal? SummaryCredits { get; set; }
    public decimal? SummaryDebits { get; set; }

    public string? EntryCurrency { get; set; }

    public string? Currency => AccountCurrency ?? Opening?.Currency ?? Closing?.Currency ?? EntryCurrency;

    public string? Iban => Account is not null && Formats.Iban.TryParse(Account, out var iban) ? iban.Value : null;

    /// <summary>Taken when the first entry begins: by then the statement has said who and when.</summary>
    public CamtContext Context { get; private set; }

    public void SettleContext() => Context = new(Account, Iban, CamtValues.TryDate(Created, out var day) ? day : From);

    /// <summary>OPBD opens, PRCD (the previous closing) when there is none; CLBD closes. The rest is information.</summary>
    public void Add(string? type, CamtAmount amount, bool credit, DateOnly? date, bool intermediate)
    {
        var balance = new Balance(Kind(type), credit ? amount.Minor : -amount.Minor, amount.Currency, date, intermediate);
        switch (type)
        {
            // Multi-currency accounts show a balance per currency; the account's own is meant. Statements of several days may show a pair per day.
            case "OPBD" when Opening is null || IsOther(Opening, balance) || (balance.Currency == Opening.Currency && balance.Date < Opening.Date): Opening = balance; break;
            case "CLBD" when Closing is null || IsOther(Closing, balance) || (!IsOther(balance, Closing) && !(balance.Date < Closing.Date)): Closing = balance; break;
            case "PRCD": previousClosing = balance; break;
            default: Others.Add(balance); break;
        }
    }

    private bool IsOther(Balance balance, Balance than) => balance.Currency != than.Currency && than.Currency == (AccountCurrency ?? Opening?.Currency);

    public void SettleOpening() => Opening ??= previousClosing;

    public void CountLine() => lines++;

    /// <summary>Sums are over entries: the parts of a batch may have both signs, the entry has one.</summary>
    public void Add(CamtAmount amount, bool credit, EntryStatus status)
    {
        if (status is not EntryStatus.Booked) return;
        if (credit) credits += amount.Minor;
        else debits += amount.Minor;
    }

    public StatementHeader Header() => new()
    {
        Format = format,
        Index = Index,
        Account = Account,
        Iban = Iban,
        ServicerBic = ServicerBic,
        Currency = Currency,
        Reference = Id,
        Number = Sequence ?? LegalSequence,
        Sequence = int.TryParse(LegalSequence ?? Sequence, System.Globalization.NumberStyles.None, null, out var number) ? number : null,
        Page = Page,
        Opening = Opening,
        CreatedAt = CamtValues.Stamp(Created),
        Position = Position,
    };

    public StatementEnd End(CamtNotes notes, bool cut)
    {
        SettleOpening();
        var standing = Judge(notes, cut, out var balanced);
        var tooLarge = credits > long.MaxValue || debits > long.MaxValue;
        return new StatementEnd
        {
            Header = Header(),
            Closing = Closing,
            OtherBalances = Others,
            Information = Information,
            Entries = Entries,
            Lines = lines,
            CreditsMinor = tooLarge ? 0 : (long)credits,
            DebitsMinor = tooLarge ? 0 : (long)debits,
            Standing = standing,
            Balanced = balanced,
        };
    }

    private Standing Judge(CamtNotes notes, bool cut, out bool? balanced)
    {
        balanced = null;
        if (credits > long.MaxValue || debits > long.MaxValue) notes.Refuse("sum_too_large", "The entries add up to more than any account holds.", Position);
        if (cut || notes.Refused) return Standing.Rejected;

        Summary(notes);
        if (!LastPage) notes.Warn("page_not_last", "The message is a page and not the last one.", Position);
        var standing = ForeignEntry ? Standing.Held : Standing.Complete;
        if (Account is null) Hold("account_missing", "The statement names no account.");
        if (format.StartsWith("camt.053", StringComparison.Ordinal))
        {
            if (Opening is null) Hold("opening_missing", "The statement has no opening balance.");
            if (Closing is null) Hold("closing_missing", "The statement has no closing balance.");
        }

        if (Opening is not { } opening || Closing is not { } closing) return standing;
        if (opening.Currency != closing.Currency)
        {
            Hold("currency_changed", $"The statement opens in {opening.Currency} and closes in {closing.Currency}.");
            return standing;
        }

        var difference = closing.AmountMinor - (opening.AmountMinor + credits - debits);
        balanced = difference == 0;
        if (balanced is false) Hold("balance_mismatch", $"Opening {opening} and the booked entries do not make closing {closing}; {difference} minor units are missing.");
        return standing;

        void Hold(string code, string text)
        {
            notes.Hold(code, text, Position);
            standing = Standing.Held;
        }
    }

    private void Summary(CamtNotes notes)
    {
        var decimals = CurrencyCodes.DecimalsOrTwo(Currency ?? "");
        if ((SummaryEntries is { } count && count != Entries)
            || (SummaryCredits is { } credit && credit != MinorUnits.ToDecimal((long)credits, decimals))
            || (SummaryDebits is { } debit && debit != MinorUnits.ToDecimal((long)debits, decimals)))
            notes.Warn("totals_mismatch", "The entries do not agree with the statement's own summary (TxsSummry).", Position);
    }

    private static BalanceKind Kind(string? type) => type switch
    {
        "OPBD" or "PRCD" => BalanceKind.Opening,
        "CLBD" => BalanceKind.Closing,
        "OPAV" => BalanceKind.OpeningAvailable,
        "CLAV" => BalanceKind.ClosingAvailable,
        "FWAV" => BalanceKind.ForwardAvailable,
        "ITBD" => BalanceKind.Interim,
        "ITAV" => BalanceKind.InterimAvailable,
        _ => BalanceKind.Other,
    };
}
