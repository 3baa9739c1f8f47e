using System.Text;
using Modupay.Formats.Text;

namespace Modupay.Formats.Csv;

/// <summary>
/// A bank's CSV export as one statement. Encoding, delimiter and header are found from the beginning of the file; dates and amounts are read
/// only as the profile or the file itself proves, never as a guess.
/// </summary>
internal sealed class CsvReader(Reading reading, IStatementSink sink, DialectProfile? declared)
{
    private const int RowsBetweenFlushes = 500;
    private const int SampleRows = 200;
    private const int MostFooterLines = 5;

    private readonly HashSet<string> said = new(StringComparer.Ordinal);
    private readonly CsvBalances balances = new();
    private readonly Queue<(IReadOnlyList<string> Row, int Line)> waiting = new();
    private StatementHeader header = new() { Format = "csv", Index = reading.LastIndex + 1, Position = new FilePosition(1) };
    private int entries;
    private int broken;
    private int unread;
    private readonly List<ParseProblem> footer = [];
    private long rows;
    private Int128 credits;
    private Int128 debits;
    private bool begun;
    private bool foreign;

    public string EncodingName { get; private set; } = "utf-8";

    /// <summary>The profile that was given, or was found by the header.</summary>
    public string? Dialect { get; private set; }

    public double Coverage => rows == 0 ? begun ? 1 : 0 : 1 - ((double)unread / rows);

    public async Task ReadAsync(Stream file, ReadOnlyMemory<byte> head, CancellationToken ct)
    {
        var encoding = CsvText.Encoding(head.Span, declared);
        EncodingName = encoding.WebName;
        try
        {
            var delimiter = declared?.Csv?.Delimiter ?? CsvText.Delimiter(head.Span, encoding);
            using var text = new StreamReader(file, encoding, detectEncodingFromByteOrderMarks: true, 64 * 1024, leaveOpen: true);
            var table = new CsvTable(text, delimiter);
            await RowsAsync(table, ct);
            if (table.SawNul) reading.Report("control_characters", Severity.Warning, "Control characters were left out of the text.", new FilePosition(1), header.Index);
        }
        catch (CsvRefusal refusal)
        {
            reading.Report(refusal.Code, Severity.Error, refusal.Message, new FilePosition(refusal.Line), begun ? header.Index : null);
            if (begun) End(Standing.Rejected);
        }
    }

    private async Task RowsAsync(CsvTable table, CancellationToken ct)
    {
        var sample = new List<IReadOnlyList<string>>();
        var lines = new List<int>();
        while (sample.Count < SampleRows && table.Read() is { } row)
        {
            sample.Add(row);
            lines.Add(table.RowLine);
        }

        if (CsvPlan.Make(sample, declared, out var code, out var message) is not { } plan)
        {
            reading.Report(code, Severity.Error, message, new FilePosition(1));
            return;
        }

        Dialect = plan.Profile?.Name;
        for (var at = plan.HeaderRow + 1; at < sample.Count; at++) Take(sample[at], lines[at], plan);
        for (var count = 0; table.Read() is { } row; count++)
        {
            Take(row, table.RowLine, plan);
            if (count % RowsBetweenFlushes == 0) await sink.FlushAsync(ct);
        }

        // What still waits is the footer. A header with nothing below it is a period in which nothing moved.
        if (!begun && !plan.HasRows) Begin([], plan);
        if (!begun) return;
        SettleFooter(isFooter: entries > 0);
        if (plan.Inferred) reading.Report("csv_header_missing", Severity.Error, "There is no header; the columns were told from what stands in them.", new FilePosition(1), header.Index);
        if (broken > 0 && entries == 0) End(Standing.Rejected);
        else End(broken > 0 || foreign || header.Currency is null || plan.Inferred ? Standing.Held : Standing.Complete);
    }

    private void Take(IReadOnlyList<string> row, int line, CsvPlan plan)
    {
        if (row.Count == 0 || row.All(cell => cell.Length == 0)) return;
        if (plan.IsHeader(row))
        {
            if (said.Add("csv_header_repeated")) reading.Report("csv_header_repeated", Severity.Warning, "The header stands in the table again, as in files that were put together.", new FilePosition(line), begun ? header.Index : null);
            return;
        }

        waiting.Enqueue((row, line));
        while (waiting.Count > plan.FooterLines)
        {
            var (next, at) = waiting.Dequeue();
            Row(next, at, plan);
        }
    }

    private void Row(IReadOnlyList<string> row, int line, CsvPlan plan)
    {
        rows++;
        var position = new FilePosition(line);
        if (!begun) Begin(row, plan);
        if (CsvBalanceRow.Is(row))
        {
            if (said.Add("csv_balance_row"))
                reading.Report("csv_balance_row", Severity.Warning, "A row says a balance or a turnover; it was not taken for a movement.", position, header.Index, string.Join(" | ", row.Take(20)));
            return;
        }

        if (plan.Columns.Width > 0 && (row.Count < plan.Columns.Width || row.Skip(Math.Max(plan.Columns.Width, plan.Columns.MostWidth)).Any(cell => cell.Length > 0)))
        {
            Break("csv_ragged", $"The row has {row.Count} columns, the header has {plan.Columns.Width}.", position, row, plan);
            return;
        }

        var shown = plan.Columns.Value(row, CsvFields.Currency) ?? plan.Currency ?? "";
        if (CsvAmount.CurrencyNamed(shown) is not { } currency)
        {
            Break("currency_unknown", $"{shown} is no currency of ISO 4217.", position, row, plan);
            return;
        }

        // A cell left empty says nothing else than the table does.
        if (currency.Length == 0) currency = header.Currency ?? "";
        // Sums are in one currency. Two of them in one table are for a person to tell apart, and cannot be added at all where their decimals differ.
        if (currency != (header.Currency ?? ""))
        {
            if (CurrencyCodes.DecimalsOrTwo(currency) != CurrencyCodes.DecimalsOrTwo(header.Currency ?? ""))
            {
                Break("entry_currency", $"The row is in {currency}, the table in {header.Currency}.", position, row, plan);
                return;
            }

            foreign = true;
            if (said.Add("entry_currency")) reading.Report("entry_currency", Severity.Error, $"A row is in {currency}, the table in {header.Currency}.", position, header.Index);
        }

        if (Amount(row, plan, CurrencyCodes.DecimalsOrTwo(currency), position, out var amount) is { } code)
        {
            Break(code, "The row has no amount that can be read.", position, row, plan);
            return;
        }

        var dates = new DateOnly?[2];
        foreach (var (field, at) in (ReadOnlySpan<(string, int)>)[(CsvFields.BookingDate, 0), (CsvFields.ValueDate, 1)])
        {
            if (plan.Columns.Value(row, field) is not { } text) continue;
            if (CsvDate.TryParse(text, plan.DateFormat, out var day)) dates[at] = day;
            else if (at == 0 || dates[0] is null)
            {
                Break("date_unreadable", $"{text} is not a date of the form {plan.DateFormat}.", position, row, plan);
                return;
            }
        }

        Line(row, plan, position, currency, amount, dates[0] ?? dates[1], dates[1] ?? dates[0]);
    }

    private string? Amount(IReadOnlyList<string> row, CsvPlan plan, int decimals, FilePosition position, out long amount)
    {
        amount = 0;
        if (plan.Sign is CsvSign.Columns)
        {
            var credit = plan.Columns.Value(row, CsvFields.Credit);
            var debit = plan.Columns.Value(row, CsvFields.Debit);
            if (credit is null && debit is null) return "amount_missing";
            var (plus, minus) = (0L, 0L);
            if (credit is not null && Parse(credit, plan, decimals, position, out plus) is { } badCredit) return badCredit;
            if (debit is not null && Parse(debit, plan, decimals, position, out minus) is { } badDebit) return badDebit;
            // Debits are printed with and without their sign; a credit below zero takes one back.
            amount = plus - Math.Abs(minus);
            return null;
        }

        if (plan.Columns.Value(row, CsvFields.Amount) is not { } text) return "amount_missing";
        if (Parse(text, plan, decimals, position, out amount) is { } bad) return bad;
        if (plan.Sign is CsvSign.Inverse) amount = -amount;
        if (plan.Sign is CsvSign.Flag)
        {
            if (plan.Columns.Value(row, CsvFields.Flag) is not { } flag) return "indicator_missing";
            var known = plan.CreditFlags.Count == 0 || plan.CreditFlags.Contains(flag, StringComparer.OrdinalIgnoreCase) || plan.DebitFlags.Contains(flag, StringComparer.OrdinalIgnoreCase);
            if (!known) return "indicator_unreadable";
            amount = plan.DebitFlags.Contains(flag, StringComparer.OrdinalIgnoreCase) ? -Math.Abs(amount) : Math.Abs(amount);
        }

        return null;
    }

    private string? Parse(string text, CsvPlan plan, int decimals, FilePosition position, out long minor)
    {
        minor = 0;
        if (CsvAmount.Clean(text, out var negative, out var oddity) is not { } clean) return "amount_unreadable";
        if (CsvAmount.TryParse(clean, plan.DecimalMark, decimals, out minor) is { } bad) return bad;
        if (negative) minor = -minor;
        if (oddity is not null && said.Add(oddity)) reading.Report(oddity, Severity.Warning, "The amount is written in an unusual way.", position, header.Index, text);
        return null;
    }

    private void Line(IReadOnlyList<string> row, CsvPlan plan, FilePosition position, string currency, long amount, DateOnly? booking, DateOnly? value)
    {
        SettleFooter(isFooter: false);
        var columns = plan.Columns;
        var remittance = columns.Value(row, CsvFields.Remittance)?.ReplaceLineEndings(" ");
        // Some exports carry the German attributes inside the text.
        var text = Encoding.UTF8.GetBytes(remittance ?? "");
        var draft = new Mt.TextDraft(new TextDecoder("utf-8"), plain: false, new byte[text.Length]);
        if (Mt.Information.SepaKeywords.Recognises(text))
        {
            Mt.Information.SepaKeywords.Read(text, ref draft);
            remittance = draft.Remittance;
        }

        entries++;
        var status = CsvStatus.Of(columns.Value(row, CsvFields.Status));
        if (status is EntryStatus.Booked && amount >= 0) credits += amount;
        else if (status is EntryStatus.Booked) debits -= amount;
        // What is not booked stands in no balance.
        if (status is EntryStatus.Booked) Prove(row, plan, currency, amount, booking);

        reading.Line(new StatementLine
        {
            Entry = entries,
            AmountMinor = amount,
            Currency = currency,
            BookingDate = booking,
            ValueDate = value,
            Status = status,
            Texts = new LineTexts
            {
                EndToEndId = Mt.TextDraft.Given(columns.Value(row, CsvFields.EndToEndId) ?? draft.EndToEndId),
                ClientReference = Mt.TextDraft.Given(columns.Value(row, CsvFields.ClientReference) ?? draft.ClientReference),
                BankReference = Mt.TextDraft.Given(columns.Value(row, CsvFields.BankReference)),
                MandateId = columns.Value(row, CsvFields.MandateId) ?? draft.MandateId,
                CreditorId = columns.Value(row, CsvFields.CreditorId) ?? draft.CreditorId,
                Remittance = remittance,
                StructuredReference = RfReference.TryFind(remittance, out var rf) ? rf.Value : null,
                Counterparty = new Counterparty(columns.Value(row, CsvFields.Name), columns.Value(row, CsvFields.Account), columns.Value(row, CsvFields.Bic)),
                TransactionCode = columns.Value(row, CsvFields.TransactionCode),
                BookingText = columns.Value(row, CsvFields.BookingText),
                ReturnReason = columns.Value(row, CsvFields.ReturnReason),
            },
            Position = position,
        });
    }

    private void Prove(IReadOnlyList<string> row, CsvPlan plan, string currency, long amount, DateOnly? booking)
    {
        if (plan.Columns.Value(row, CsvFields.Balance) is { } shown && CsvAmount.Clean(shown, out var negative, out _) is { } clean
            && CsvAmount.TryParse(clean, plan.DecimalMark, CurrencyCodes.DecimalsOrTwo(currency), out var balance) is null)
            balances.Add(amount, negative ? -balance : balance, booking);
        else balances.Break();
    }

    private void Begin(IReadOnlyList<string> row, CsvPlan plan)
    {
        begun = true;
        reading.LastIndex++;
        var account = plan.Columns.Value(row, CsvFields.OwnAccount) ?? plan.Account;
        var currency = CsvAmount.CurrencyNamed(plan.Columns.Value(row, CsvFields.Currency) ?? plan.Currency ?? "");
        header = header with
        {
            Account = account,
            Iban = Iban.TryParse(account, out var iban) ? iban.Value : null,
            Currency = currency is { Length: > 0 } ? currency : null,
            Reference = plan.Profile?.Name,
        };
        if (header.Currency is null) reading.Report("currency_missing", Severity.Error, "Neither the file nor a profile names the currency.", new FilePosition(1), header.Index);
        reading.Begin(header);
    }

    private void End(Standing standing)
    {
        var (opening, closing, proven) = balances.Result(header.Currency ?? "");
        if (proven is false && said.Add("balance_column"))
            reading.Report("balance_column", Severity.Warning, "The balance column does not follow from the amounts.", new FilePosition(1), header.Index);
        if (credits > long.MaxValue || debits > long.MaxValue) standing = Standing.Rejected;
        reading.End(new StatementEnd
        {
            Header = header with { Opening = opening },
            Closing = closing,
            Entries = entries,
            Lines = entries,
            CreditsMinor = credits > long.MaxValue ? 0 : (long)credits,
            DebitsMinor = debits > long.MaxValue ? 0 : (long)debits,
            Standing = standing,
            Balanced = proven is true ? true : null,
        });
    }

    // A row without a date is no movement: behind the last one it is the table's footer, between two of them a riddle.
    private void Break(string code, string message, FilePosition position, IReadOnlyList<string> row, CsvPlan plan)
    {
        unread++;
        var text = string.Join(" | ", row.Take(20));
        var dated = new[] { CsvFields.BookingDate, CsvFields.ValueDate }.Any(field => plan.Columns.Value(row, field) is { } day && CsvDate.TryParse(day, plan.DateFormat, out _));
        if (!dated && footer.Count < MostFooterLines)
        {
            footer.Add(new ParseProblem(code, Severity.Error, message, position, header.Index, text));
            return;
        }

        SettleFooter(isFooter: false);
        Broken(new ParseProblem(code, Severity.Error, message, position, header.Index, text));
    }

    private void SettleFooter(bool isFooter)
    {
        foreach (var problem in footer)
        {
            if (isFooter) reading.Report("csv_footer", Severity.Warning, "The row behind the last movement has no date and was taken for the table's footer.", problem.Position, header.Index, problem.Raw);
            else Broken(problem);
        }

        footer.Clear();
    }

    private void Broken(ParseProblem problem)
    {
        broken++;
        reading.Report(problem.Code, problem.Severity, problem.Message, problem.Position, problem.Statement, problem.Raw);
    }
}
