using System.Text;
using Modupay.Formats;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class CamtTests
{
    private const string Namespace = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02";

    [Fact]
    public void A_batch_becomes_one_line_per_payment()
    {
        var statement = Parse(Entry("30.00", details: Detail("10.00", "A") + Detail("20.00", "B"))).Statements[0];
        Assert.Equal([("A", 1000L, 1, 2), ("B", 2000L, 2, 2)], statement.Lines.Select(line => (line.EndToEndId!, line.AmountMinor, line.Part, line.Parts)));
        Assert.Equal(1, statement.End.Entries);
    }

    [Fact]
    public void A_batch_whose_payments_do_not_add_up_stays_whole_and_lists_them()
    {
        var file = Parse(Entry("30.00", details: Detail("10.00", "A") + Detail("10.00", "B")));
        var line = Assert.Single(file.Statements[0].Lines);
        Assert.Equal(3000, line.AmountMinor);
        Assert.Equal(["A", "B"], line.Details.Select(detail => detail.EndToEndId));
        Assert.Contains(file.Problems, problem => problem.Code == "batch_mismatch");
    }

    [Fact]
    public void Charges_that_explain_a_batch_become_a_line_of_their_own()
    {
        var file = StatementFile.Parse(Samples.Read("camt053/v08-prefix-charges.xml"));
        Assert.Equal([6000, 4000, -300], file.Statements[0].Lines.Select(line => line.AmountMinor));
        Assert.Equal("Société Générale", file.Statements[0].Lines[0].Counterparty.Name);
    }

    [Fact]
    public void Batches_that_name_only_their_sums_become_a_line_each()
    {
        static string Batch(string payment, string sum, string inside = "") =>
            $"<NtryDtls><Btch><PmtInfId>{payment}</PmtInfId><NbOfTxs>2</NbOfTxs><TtlAmt Ccy=\"EUR\">{sum}</TtlAmt><CdtDbtInd>CRDT</CdtDbtInd></Btch>{inside}</NtryDtls>";
        var file = Parse(Entry("30.00", extra: Batch("P1", "10.00") + Batch("P2", "20.00", "<TxDtls><Refs><EndToEndId>B</EndToEndId></Refs></TxDtls>")));
        Assert.Equal([(1000L, "P1", null), (2000L, null, "B")], file.Statements[0].Lines.Select(line => (line.AmountMinor, line.EndToEndId is null ? line.ClientReference : null, line.EndToEndId)));
        Assert.Contains(file.Problems, problem => problem.Code == "batch_unsplit");
    }

    [Fact]
    public void A_returned_batch_may_list_its_payments_in_their_old_direction()
    {
        var lines = Parse(Entry("30.00", "DBIT", Detail("10.00", "A", "CRDT") + Detail("20.00", "B", "CRDT"), "<RvslInd>true</RvslInd>"), closing: "70.00").Statements[0].Lines;
        Assert.Equal([-1000L, -2000L], lines.Select(line => line.AmountMinor));
    }

    [Fact]
    public void A_reversal_is_not_turned_twice()
    {
        var line = Assert.Single(Parse(Entry("30.00", "DBIT", extra: "<RvslInd>true</RvslInd>"), closing: "70.00").Statements[0].Lines);
        Assert.Equal((-3000, true), (line.AmountMinor, line.Reversal));
    }

    [Theory]
    [InlineData("PDNG", EntryStatus.Pending)]
    [InlineData("INFO", EntryStatus.Information)]
    [InlineData("FUTR", EntryStatus.Expected)]
    [InlineData("WHAT", EntryStatus.Pending)]
    public void Only_booked_entries_move_the_balance(string status, EntryStatus expected)
    {
        var statement = Parse(Entry("30.00").Replace("BOOK", status, StringComparison.Ordinal), closing: "100.00").Statements[0];
        Assert.Equal(expected, statement.Lines[0].Status);
        Assert.True(statement.End.Balanced);
    }

    [Theory]
    [InlineData("camt.053.001.01")]
    [InlineData("camt.053.001.04")]
    [InlineData("camt.053.001.13")]
    public void Every_version_is_read_by_its_element_names(string version)
    {
        var file = Parse(Entry("30.00"), ns: "urn:iso:std:iso:20022:tech:xsd:" + version);
        Assert.Equal(version, file.Format);
        Assert.Equal(Standing.Complete, file.Statements[0].End.Standing);
    }

    [Theory]
    [InlineData("<Amt Ccy=\"EUR\">30,00</Amt>", "amount_unreadable")]
    [InlineData("<Amt Ccy=\"EUR\">-30.00</Amt>", "amount_negative")]
    [InlineData("<Amt Ccy=\"EUR\">3e1</Amt>", "amount_unreadable")]
    [InlineData("<Amt Ccy=\"EUR\">30.005</Amt>", "amount_decimals")]
    [InlineData("<Amt Ccy=\"EUR\"></Amt>", "amount_missing")]
    [InlineData("<Amt Ccy=\"QQQ\">30.00</Amt>", "currency_unknown")]
    [InlineData("<Amt Ccy=\"USD\">30.00</Amt>", "entry_currency")]
    [InlineData("<Amt Ccy=\"EUR\">30000000000000000000000.00</Amt>", "amount_too_large")]
    public void An_amount_in_doubt_rejects_the_statement(string amount, string code)
    {
        var file = Parse(Entry("30.00").Replace("<Amt Ccy=\"EUR\">30.00</Amt>", amount, StringComparison.Ordinal));
        Assert.Empty(file.Statements);
        Assert.Contains(file.Problems, problem => problem.Code == code && problem.Statement == 1);
    }

    [Theory]
    [InlineData("<Amt>30.00</Amt>", "currency_missing")]
    [InlineData("<Amt Ccy=\"\">30.00</Amt>", "currency_missing")]
    [InlineData("<Amt Ccy=\" eur\">30.00</Amt>", "currency_lower_case")]
    public void A_currency_left_out_is_the_accounts(string amount, string code)
    {
        var file = Parse(Entry("30.00").Replace("<Amt Ccy=\"EUR\">30.00</Amt>", amount, StringComparison.Ordinal));
        Assert.Equal((Standing.Complete, 3000L, "EUR"), (file.Statements[0].End.Standing, file.Statements[0].Lines[0].AmountMinor, file.Statements[0].Lines[0].Currency));
        Assert.Equal(code, Assert.Single(file.Problems).Code);
    }

    [Fact]
    public void Without_an_accounts_currency_what_has_other_decimals_is_not_added()
    {
        var entries = Entry("30.00") + Entry("1.00").Replace("Ccy=\"EUR\"", "Ccy=\"USD\"", StringComparison.Ordinal);
        var bare = Document(entries).Replace("<Ccy>EUR</Ccy>", "", StringComparison.Ordinal);
        bare = System.Text.RegularExpressions.Regex.Replace(bare, "<Bal>.*?</Bal>", "", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(5));
        Assert.Equal((Standing.Held, 3100L, "EUR"), StatementFile.Parse(Encoding.UTF8.GetBytes(bare)).Statements[0].End is var end ? (end.Standing, end.CreditsMinor, end.Header.Currency) : default);
        Assert.False(StatementFile.Parse(Encoding.UTF8.GetBytes(bare.Replace("Ccy=\"USD\"", "Ccy=\"JPY\"", StringComparison.Ordinal))).WasRead);
    }

    [Fact]
    public void A_currency_nobody_names_rejects_the_statement()
    {
        var file = StatementFile.Parse(Encoding.UTF8.GetBytes(Document(Entry("30.00")).Replace(" Ccy=\"EUR\"", "", StringComparison.Ordinal).Replace("<Ccy>EUR</Ccy>", "", StringComparison.Ordinal)));
        Assert.False(file.WasRead);
        Assert.Contains(file.Problems, problem => problem.Code == "currency_missing");
    }

    [Theory]
    [InlineData("\0\0\0", true)]
    [InlineData("\r\n\u001a", true)]
    [InlineData("\0<Document/>", false)]
    [InlineData("\0\0x", false)]
    public void What_fills_the_last_block_is_passed_over_and_anything_else_is_not(string behind, bool wasRead) =>
        Assert.Equal(wasRead, StatementFile.Parse(Encoding.UTF8.GetBytes(Document(Entry("30.00")) + behind)).WasRead);

    [Theory]
    [InlineData("<!DOCTYPE Document [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>")]
    [InlineData("<!DOCTYPE Document>")]
    public void A_document_type_is_refused_unread(string doctype)
    {
        var file = StatementFile.Parse(Encoding.UTF8.GetBytes(doctype + Document(Entry("30.00"))));
        Assert.False(file.WasRead);
        Assert.Contains(file.Problems, problem => problem.Code == "xml_malformed");
    }

    [Fact]
    public void Nesting_has_an_end()
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", 20_000)) + string.Concat(Enumerable.Repeat("</a>", 20_000));
        var file = Parse(Entry("30.00", extra: deep));
        Assert.Contains(file.Problems, problem => problem.Code == "xml_too_deep");
        Assert.False(file.WasRead);
    }

    [Fact]
    public void A_second_statement_that_breaks_off_does_not_take_the_first_with_it()
    {
        var document = Document(Entry("30.00"));
        var statement = document[document.IndexOf("<Stmt>", StringComparison.Ordinal)..(document.IndexOf("</Stmt>", StringComparison.Ordinal) + 7)];
        var cut = document.Replace("</BkToCstmrStmt></Document>", statement[..^30], StringComparison.Ordinal);
        var file = StatementFile.Parse(Encoding.UTF8.GetBytes(cut));
        Assert.Equal(Standing.Complete, Assert.Single(file.Statements).End.Standing);
        Assert.Single(file.Rejected);
    }

    [Fact]
    public void The_booking_day_is_the_banks_own_day()
    {
        var line = StatementFile.Parse(Samples.Read("camt053/v02-batch.xml")).Statements[0].Lines[2];
        Assert.Equal(new DateOnly(2025, 2, 3), line.BookingDate);
        Assert.Equal(("Dritter Kunde", "AC04"), (line.Counterparty.Name, line.ReturnReason));
    }

    [Fact]
    public void An_empty_date_is_a_date_left_out()
    {
        var file = Parse(Entry("30.00").Replace("2025-01-02</Dt></BookgDt>", "</Dt></BookgDt>", StringComparison.Ordinal));
        Assert.Equal(new DateOnly(2025, 1, 2), file.Statements[0].Lines[0].BookingDate);
        Assert.Contains(file.Problems, problem => problem.Code == "date_missing");
        Assert.False(Parse(Entry("30.00").Replace("2025-01-02</Dt></BookgDt>", "2025-02-30</Dt></BookgDt>", StringComparison.Ordinal)).WasRead);
    }

    [Fact]
    public void A_sibling_namespace_is_told_and_the_body_believed()
    {
        var file = Parse(Entry("30.00"), ns: "urn:iso:std:iso:20022:tech:xsd:camt.054.001.02");
        Assert.Equal("camt.053", file.Format);
        Assert.Contains(file.Problems, problem => problem.Code == "namespace_differs");
    }

    [Fact]
    public void A_body_that_its_namespace_denies_is_refused()
    {
        Assert.False(Parse(Entry("30.00"), ns: "urn:evil:other").WasRead);
        Assert.False(Parse(Entry("30.00"), ns: "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03").WasRead);
    }

    private static ParsedFile Parse(string entries, string closing = "130.00", string ns = Namespace) => StatementFile.Parse(Encoding.UTF8.GetBytes(Document(entries, closing, ns)));

    private static string Document(string entries, string closing = "130.00", string ns = Namespace) =>
        $"<Document xmlns=\"{ns}\"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S</Id><CreDtTm>2025-01-02T00:00:00</CreDtTm><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        + Balance("OPBD", "100.00") + Balance("CLBD", closing) + entries + "</Stmt></BkToCstmrStmt></Document>";

    private static string Balance(string type, string amount) => $"<Bal><Tp><CdOrPrtry><Cd>{type}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2025-01-02</Dt></Dt></Bal>";

    private static string Entry(string amount, string indicator = "CRDT", string details = "", string extra = "") =>
        $"<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{indicator}</CdtDbtInd>{extra}<Sts>BOOK</Sts><BookgDt><Dt>2025-01-02</Dt></BookgDt><NtryDtls>{details}</NtryDtls></Ntry>";

    private static string Detail(string amount, string id, string indicator = "") => $"<TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy=\"EUR\">{amount}</Amt></TxAmt></AmtDtls>{(indicator.Length > 0 ? $"<CdtDbtInd>{indicator}</CdtDbtInd>" : "")}</TxDtls>";
}
