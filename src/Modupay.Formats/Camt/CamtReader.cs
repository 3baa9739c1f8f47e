using System.Globalization;
using System.Xml;
using Modupay.Formats.Xml;

namespace Modupay.Formats.Camt;

/// <summary>
/// camt.052 reports, camt.053 statements and camt.054 notifications of every version, with one reader. An entry is read at a time, so memory
/// is bounded by the largest entry. Not gated by a schema: half of what banks send is not valid and means what it says all the same.
/// </summary>
internal sealed class CamtReader : IDisposable
{
    private const int EntriesBetweenFlushes = 200;

    private readonly XmlWalker xml;
    private readonly CamtNotes notes;
    private readonly CamtEntryReader entries;
    private readonly CamtPartyReader parties;
    private readonly Reading reading;
    private readonly Action<StatementLine> write;
    private CamtStatement? statement;
    private StatementEnd? finished;
    private string? format;
    private int statementDepth;
    private int? page;
    private bool lastPage = true;
    private bool refusedDocument;

    public CamtReader(Stream stream, System.Text.Encoding? declared, Reading reading)
    {
        this.reading = reading;
        notes = new CamtNotes(reading);
        xml = new XmlWalker(stream, declared);
        entries = new CamtEntryReader(xml, notes);
        parties = new CamtPartyReader(xml);
        write = WriteLine;
    }

    public string Format => format ?? "camt";

    public double Coverage => xml.Understood + xml.Unread == 0 ? 0 : (double)xml.Understood / (xml.Understood + xml.Unread);

    public async Task ReadAsync(IStatementSink sink, CancellationToken ct)
    {
        try
        {
            while (ReadSome())
            {
                ct.ThrowIfCancellationRequested();
                await sink.FlushAsync(ct);
            }

            Release(cut: false);
        }
        catch (Exception exception) when (exception is XmlException or XmlRefusal or System.Text.DecoderFallbackException)
        {
            var position = exception is XmlException { LineNumber: > 0 } at ? new FilePosition(at.LineNumber, at.LinePosition) : xml.Position;
            reading.Report((exception as XmlRefusal)?.Code ?? "xml_malformed", Severity.Error, exception.Message, position, statement?.Index);
            // What stands after a statement may be what was wrong with it: two documents in one file, or a message without its end.
            Release(cut: true);
        }

        if (xml.SawManyAttributes) reading.Report("attributes_many", Severity.Warning, "An element has hundreds of attributes.", new FilePosition(1));
    }

    public void Dispose() => xml.Dispose();

    private bool ReadSome()
    {
        for (var count = 0; count < EntriesBetweenFlushes;)
        {
            if (!xml.Read()) return false;
            if (xml.Node is XmlNodeType.Element)
            {
                if (statement is not null && xml.Depth == statementDepth + 1) count += InStatement();
                else if (statement is null) OutsideStatement();
            }
            else if (xml.Node is XmlNodeType.EndElement && statement is not null && xml.Depth == statementDepth)
            {
                Complete();
            }
        }

        return true;
    }

    private void OutsideStatement()
    {
        switch (xml.Name)
        {
            case "BkToCstmrStmt" or "BkToCstmrStmtV01": Body("camt.053"); break;
            case "BkToCstmrAcctRpt" or "BkToCstmrAcctRptV01": Body("camt.052"); break;
            case "BkToCstmrDbtCdtNtfctn" or "BkToCstmrDbtCdtNtfctnV01": Body("camt.054"); break;
            case "Stmt" or "Rpt" or "Ntfctn" when format is not null && !refusedDocument: Start(); break;
            case "MsgPgntn": (page, lastPage) = Pagination(); break;
            case "AppHdr" or "MsgId" or "CreDtTm" or "MsgRcpt" or "OrgnlBizQry" or "AddtlInf" or "SplmtryData": xml.Ignore(); break;
        }
    }

    // The namespace names the message; without one the element does. A body that its namespace denies is nothing to guess about.
    private void Body(string message)
    {
        var name = xml.Namespace;
        format = message;
        if (name.Length == 0)
        {
            reading.Report("namespace_missing", Severity.Warning, "The document has no namespace.", xml.Position);
            return;
        }

        var at = name.IndexOf("camt.05", StringComparison.Ordinal);
        if (at >= 0 && !name.AsSpan(at).StartsWith(message, StringComparison.Ordinal))
        {
            // The three messages are siblings; which of them it is, the body knows.
            reading.Report("namespace_differs", Severity.Warning, $"The namespace {name} does not name the {message} message that follows.", xml.Position);
            return;
        }

        if (at < 0)
        {
            refusedDocument = true;
            reading.Report("namespace_foreign", Severity.Error, $"The namespace {name} does not belong to a {message} message.", xml.Position);
            return;
        }

        format = name.Length >= at + 15 ? name.Substring(at, 15) : message;
        if (!(int.TryParse(format.AsSpan(Math.Min(13, format.Length)), NumberStyles.None, null, out var version) && version is >= 1 and <= 14))
            reading.Report("version_unknown", Severity.Warning, $"{format} is no version that is known here; it was read by its element names.", xml.Position);
    }

    private void Start()
    {
        Release(cut: false);
        statement = new CamtStatement(++reading.LastIndex, Format, xml.Position) { Page = page, LastPage = lastPage };
        notes.Start(statement.Index);
        statementDepth = xml.Depth;
        if (xml.IsEmpty) Complete();
    }

    private int InStatement()
    {
        switch (xml.Name)
        {
            case "Ntry": Entry(); return 1;
            case "Bal": ReadBalance(); break;
            case "Acct": ReadAccount(); break;
            case "Id": statement!.Id = xml.Text(); break;
            case "ElctrncSeqNb": statement!.Sequence = xml.Text(); break;
            case "LglSeqNb": statement!.LegalSequence = xml.Text(); break;
            case "CreDtTm": statement!.Created = xml.Text(); break;
            case "FrToDt": Period(); break;
            case "StmtPgntn" or "RptPgntn" or "NtfctnPgntn": (statement!.Page, statement.LastPage) = Pagination(); break;
            case "TxsSummry": Summary(); break;
            case "AddtlStmtInf" or "AddtlRptInf" or "AddtlNtfctnInf": statement!.Information = xml.Text(); break;
            case "CpyDplctInd" or "RltdAcct" or "Intrst" or "RptgSrc" or "RptgSeq" or "SplmtryData": xml.Ignore(); break;
        }

        return 0;
    }

    private void Entry()
    {
        var current = statement!;
        current.Entries++;
        var entry = entries.Read(current.Currency);
        // Notifications often name neither a balance nor the account's currency: then it is that of their first entry.
        current.EntryCurrency ??= entry.Amount?.Currency;
        Begin();
        if (entry.Amount is not { } amount)
        {
            if (!notes.Refused) notes.Refuse("amount_missing", "The entry has no amount.", entry.Position);
            return;
        }

        if (entry.Credit is null)
        {
            notes.Refuse("indicator_missing", "The entry does not say whether it is a credit or a debit.", entry.Position);
            return;
        }

        if (current.Currency is { } currency && amount.Currency != currency && !ExplainedExchange(entry, currency)) return;
        if (entry.Status is null) notes.Warn("status_missing", "An entry has no status and was taken as booked.", entry.Position);
        if (entry.StatusHasCode && EarlyVersion()) notes.Warn("status_newer", "The status has the form of a later version.", entry.Position);
        if (entry.BookingDate is null && entry.ValueDate is null) notes.Warn("date_missing", "An entry has no date; the statement's was taken.", entry.Position);
        current.Add(amount, entry.Credit.Value, CamtLines.Status(entry.Status));
        CamtLines.Write(entry, current.Entries, current.Context, notes, write);
    }

    // An entry in another currency with the exchange beside it is a habit of some banks; without it, the balance cannot be meant.
    private bool ExplainedExchange(CamtEntry entry, string currency)
    {
        // What has other decimals cannot be added at all.
        var addable = CurrencyCodes.DecimalsOrTwo(entry.Amount!.Value.Currency) == CurrencyCodes.DecimalsOrTwo(currency);
        var explained = entry.Details.Append(entry.Own).Any(detail => detail.Amount?.Currency == currency || detail.TransactionAmount?.Currency == currency
            || detail.InstructedAmount?.Currency == currency || detail.CounterValue?.Currency == currency);
        // Without balances there is nothing to be wrong about: the line says its own currency.
        if (addable && (explained || (statement!.Opening is null && statement.Closing is null)))
        {
            statement!.ForeignEntry = true;
            notes.Hold("entry_currency", $"An entry is in {entry.Amount.Value.Currency}, the account in {currency}.", entry.Position);
        }
        else
        {
            notes.Refuse("entry_currency", $"An entry is in {entry.Amount.Value.Currency}, the account in {currency}.", entry.Position);
            return false;
        }

        return true;
    }

    private bool EarlyVersion() => Format.Length == 15 && string.CompareOrdinal(Format, 13, "07", 0, 2) < 0;

    private void Begin()
    {
        if (statement!.Begun) return;
        statement.Begun = true;
        statement.SettleOpening();
        statement.SettleContext();
        reading.Begin(statement.Header());
    }

    private void WriteLine(StatementLine line)
    {
        statement!.CountLine();
        reading.Line(line);
    }

    // The verdict waits until the next statement or the end of the document: a file that breaks off right after it was not sent whole.
    private void Complete()
    {
        Begin();
        finished = statement!.End(notes, cut: false);
        notes.Stop();
        statement = null;
    }

    private void Release(bool cut)
    {
        if (finished is { } end)
        {
            finished = null;
            reading.End(cut && statement is null ? end with { Standing = Standing.Rejected } : end);
        }

        if (statement is not { } open || !cut) return;
        Begin();
        reading.End(open.End(notes, cut: true));
        statement = null;
    }

    private void ReadAccount()
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "Id": statement!.Account = parties.AccountId(); break;
                case "Ccy": statement!.AccountCurrency = CurrencyCodes.Find(xml.Text() ?? ""); break;
                case "Svcr": statement!.ServicerBic = parties.Agent(); break;
                default: xml.Ignore(); break;
            }
        }
    }

    private void ReadBalance()
    {
        string? type = null;
        CamtAmount? amount = null;
        bool? credit = null;
        DateOnly? date = null;
        var intermediate = false;
        var position = xml.Position;
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "Tp": (type, intermediate) = BalanceType(); break;
                case "Amt": amount = CamtAmounts.Read(xml, notes, statement!.Currency, required: type is "OPBD" or "CLBD"); break;
                case "CdtDbtInd": credit = CamtAmounts.Credit(xml, notes); break;
                case "Dt": date = BalanceDate(); break;
                default: xml.Ignore(); break;
            }
        }

        if (amount is not { } value) return;
        if (credit is null && type is "OPBD" or "CLBD") notes.Warn("balance_sign_missing", "A balance does not say credit or debit and was taken as credit.", position);
        statement!.Add(type, value, credit ?? true, date, intermediate);
    }

    private (string? Type, bool Intermediate) BalanceType()
    {
        string? type = null;
        var intermediate = false;
        if (!xml.Enter(out var depth)) return default;
        while (xml.NextChild(depth))
        {
            // Version 01 has the code here, later ones wrap it.
            if (xml.Name is "Cd" or "Prtry")
            {
                type ??= xml.Text();
                continue;
            }

            if (!xml.Enter(out var inner)) continue;
            var sub = xml.Name == "SubTp";
            while (xml.NextChild(inner))
            {
                var code = xml.Text();
                if (sub) intermediate |= code == "INTM";
                else type ??= code;
            }
        }

        return (type, intermediate);
    }

    private DateOnly? BalanceDate()
    {
        DateOnly? date = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth))
        {
            if (CamtValues.TryDate(xml.Characters(), out var day)) date = day;
        }

        return date;
    }

    private void Period()
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            if (xml.Name is "FrDtTm" or "FrDt" && CamtValues.TryDate(xml.Characters(), out var day)) statement!.From = day;
            else xml.Ignore();
        }
    }

    private (int? Page, bool Last) Pagination()
    {
        int? number = null;
        var last = true;
        if (!xml.Enter(out var depth)) return (null, true);
        while (xml.NextChild(depth))
        {
            if (xml.Name == "PgNb") number = int.TryParse(xml.Characters(), NumberStyles.None, null, out var value) ? value : null;
            else if (xml.Name == "LastPgInd") last = xml.Characters() is not ("false" or "0");
        }

        return (number, last);
    }

    private void Summary()
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            var which = xml.Name;
            if (which is not ("TtlNtries" or "TtlCdtNtries" or "TtlDbtNtries") || !xml.Enter(out var inner))
            {
                xml.Ignore();
                continue;
            }

            while (xml.NextChild(inner))
            {
                if (xml.Name == "NbOfNtries" && which == "TtlNtries") statement!.SummaryEntries = int.TryParse(xml.Characters(), NumberStyles.None, null, out var count) ? count : null;
                else if (xml.Name == "Sum" && which == "TtlCdtNtries") statement!.SummaryCredits = Decimal();
                else if (xml.Name == "Sum" && which == "TtlDbtNtries") statement!.SummaryDebits = Decimal();
                else xml.Ignore();
            }
        }
    }

    private decimal? Decimal() => decimal.TryParse(xml.Characters(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : null;
}
