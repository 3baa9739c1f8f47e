using Modupay.Formats;
using Modupay.Local.Bench;
using Modupay.Local.Verbs;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class SampleTests
{
    /// <summary>tests/samples/expected.txt: the totals as they were written into the files by hand.</summary>
    public static TheoryData<string> Lines => [.. File.ReadLines(Path.Combine(Samples.Root, "expected.txt")).Skip(1)];

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_sample_has_the_totals_that_were_written_into_it(string expected)
    {
        var want = expected.Split(' ');
        var problems = new List<ParseProblem>();
        var sink = new SummarySink(problems);
        await using var stream = File.OpenRead(Path.Combine(Samples.Root, want[0]));

        var summary = await StatementFile.ReadAsync(stream, sink, null, CancellationToken.None);

        using var json = System.Text.Json.JsonDocument.Parse(sink.ToJson(summary, null));
        string Text(string name) => json.RootElement.GetProperty(name) is { ValueKind: not System.Text.Json.JsonValueKind.Null } value ? value.ToString() : "-";
        var got = string.Join(' ', want[0], summary.Statements, summary.Rejected, Text("transactions"), Text("lines"), Text("opening_balance"), Text("closing_balance"),
            Text("sum_credits"), Text("sum_debits"), summary.Problems);
        Assert.Equal(expected, got);
    }

    /// <summary>By what a bank says that it gives a payment back, which payment, and why.</summary>
    [Theory]
    [InlineData("camt053/v08-returned-transfers.xml", 0, true, false, "RF18539007547034", null, "AC04")]
    [InlineData("camt053/v08-returned-transfers.xml", 1, true, false, null, "RF712348231", null)]
    [InlineData("camt053/v08-returned-transfers.xml", 2, false, true, "E-3", null, null)]
    [InlineData("camt053/v08-returned-transfers.xml", 3, false, false, "E-4", null, null)]
    [InlineData("mt940/german-returned-transfers.sta", 0, true, false, "RF18539007547034", null, "902")]
    [InlineData("mt940/german-returned-transfers.sta", 1, true, false, null, null, null)]
    [InlineData("mt940/german-returned-transfers.sta", 2, false, true, "E-3", null, null)]
    [InlineData("mt940/german-returned-transfers.sta", 3, true, false, "E-4", null, "MS03")]
    [InlineData("mt940/german-returned-transfers.sta", 4, false, false, "E-5", null, null)]
    public void A_sample_says_which_payment_comes_back(string name, int line, bool isReturn, bool reversal, string? endToEndId, string? original, string? reason)
    {
        var read = StatementFile.Parse(Samples.Read(name)).Statements[0].Lines[line];
        Assert.Equal((isReturn, reversal, endToEndId, original, reason), (read.IsReturn, read.Reversal, read.EndToEndId, read.OriginalReference, read.ReturnReason));
    }

    /// <summary>Every code on its own, without the words around it.</summary>
    [Theory]
    [InlineData("PMNT-RCDT-RRTN", null, true)]
    [InlineData("PMNT-IRCT-RPCR", null, true)]
    [InlineData("PMNT-RDDT-RRTN", null, false)]
    [InlineData("PMNT-RCDT-ESCT", "NTRF+159+931", true)]
    [InlineData("NRTI", null, true)]
    [InlineData("FRET", null, true)]
    [InlineData("NTRF", "109", true)]
    [InlineData("NTRF", "1590", false)]
    [InlineData("NTRF", "166", false)]
    [InlineData(null, null, false)]
    public void A_code_says_whether_a_transfer_comes_back(string? code, string? own, bool says) => Assert.Equal(says, ReturnCodes.Names(code, own));

    /// <summary>What the words of a country's banks must become; totals say nothing about them.</summary>
    [Theory]
    [InlineData("mt940/swiss-qr.sta", 0, null, "GUTSCHRIFT QR-RECHNUNG 21 00000 00003 13947 14300 09017", null, "210000000003139471430009017")]
    [InlineData("mt940/polish-tilde.sta", 0, null, "Faktura FV/12/2026 za usługi", "Przedsiębiorstwo ŻÓŁW Sp. z o.o.", null)]
    [InlineData("mt940/nordic-reversals.sta", 1, null, "INNBETALING KONTOR OSLO", null, null)]
    [InlineData("mt940/three-without-end-marks.sta", 2, null, "VS2026001 KS0308", "NOVAK JAN", null)]
    [InlineData("mt940/dutch-cntp.sta", 0, "INV-77", "Factuur 77", "J. JANSEN", null)]
    [InlineData("mt940/dutch-cntp.sta", 1, "INV-76", "RETOUR", "J JANSEN", null)]
    [InlineData("camt053/v13-batch-sums.xml", 1, "E2", null, null, "210000000003139471430009017")]
    [InlineData("camt053/v01-no-namespace-latin1.xml", 0, null, null, "Åke Öberg", null)]
    [InlineData("mt940/polish-iso-8859-2.sta", 0, null, "Zażółć gęślą jaźń", "Spółka Łąki", null)]
    [InlineData("mt940/hungarian-ibm852.sta", 0, null, "Árvíztűrő tükörfúrógép", null, null)]
    [InlineData("mt940/german-ibm850.sta", 0, null, "Größe", "Jörg Weiß", null)]
    [InlineData("mt940/tabs-and-blanks.sta", 0, null, "abc", null, null)]
    [InlineData("mt940/german-odd-subfields.sta", 0, "E-123", "Miete Januar", "Erika", null)]
    [InlineData("mt940/german-odd-subfields.sta", 1, null, "IBAN: unbekannt", "NAME", null)]
    [InlineData("mt940/german-odd-subfields.sta", 2, "E77", "Retoure", "X", null)]
    [InlineData("mt940/german-odd-subfields.sta", 3, null, "tytul", "Firma", null)]
    [InlineData("mt940/german-odd-subfields.sta", 4, null, "Faktura", "Firma ABC", null)]
    [InlineData("mt940/paid-for-somebody-else.sta", 0, "E2E-1", "Invoice 5", "A BV", null)]
    [InlineData("camt053/several-references.xml", 0, "E1", "INV1 INV2 RF712348231 note", null, "RF18539007547034")]
    [InlineData("csv/czech-windows-1250.csv", 0, null, "příliš", "Žluťoučký kůň", null)]
    [InlineData("csv/hungarian-dates.csv", 1, null, "x", "Ő", null)]
    public void A_sample_says_what_its_bank_meant(string name, int line, string? endToEndId, string? remittance, string? counterparty, string? reference)
    {
        var read = StatementFile.Parse(Samples.Read(name)).Statements.SelectMany(statement => statement.Lines).ElementAt(line);
        Assert.Equal((endToEndId, remittance, counterparty, reference), (read.EndToEndId, read.Remittance, read.Counterparty.Name, read.StructuredReference));
    }

    [Theory]
    [InlineData("mt940/german-odd-subfields.sta", 0, "DE02120300000000202051", null, 0)]
    [InlineData("mt940/german-odd-subfields.sta", 2, null, "10 EUR", 300)]
    [InlineData("mt940/german-odd-subfields.sta", 3, "PL61109010140000071219812874", null, 0)]
    [InlineData("mt940/german-odd-subfields.sta", 4, "PL61109010140000071219812874", null, 0)]
    [InlineData("mt940/paid-for-somebody-else.sta", 1, null, "1.1 USD 1.1", 5)]
    [InlineData("camt053/exchange-on-the-entry.xml", 0, null, "11 USD", 0)]
    public void A_sample_keeps_the_other_account_the_original_amount_and_the_charges(string name, int line, string? account, string? original, long charges)
    {
        var read = StatementFile.Parse(Samples.Read(name)).Statements.SelectMany(statement => statement.Lines).ElementAt(line);
        var amount = read.Original is { } before ? $"{MinorUnits.ToDecimal(before.AmountMinor, CurrencyCodes.DecimalsOrTwo(before.Currency))} {before.Currency} {before.Rate}".Trim() : null;
        Assert.Equal((account, original, charges), (read.Counterparty.Account, amount, read.Charges.Sum(charge => charge.AmountMinor)));
    }

    [Theory]
    [InlineData("csv/reserved-rows.csv", 1, EntryStatus.Pending)]
    [InlineData("csv/reserved-rows.csv", 0, EntryStatus.Booked)]
    public void A_row_that_is_only_reserved_is_not_booked(string name, int line, EntryStatus status) =>
        Assert.Equal(status, StatementFile.Parse(Samples.Read(name)).Statements[0].Lines[line].Status);

    [Fact]
    public void The_lines_above_a_table_name_its_account()
    {
        var header = StatementFile.Parse(Samples.Read("csv/preamble-and-footer.csv")).Statements[0].Header;
        Assert.Equal(("DE89370400440532013000", "EUR"), (header.Iban, header.Currency));
    }

    [Fact]
    public void Every_file_that_once_broke_a_reader_is_refused_with_a_reason()
    {
        var crashers = Directory.GetFiles(Path.Combine(Samples.Root, "crashers"));
        Assert.NotEmpty(crashers);
        foreach (var path in crashers)
        {
            var file = StatementFile.Parse(File.ReadAllBytes(path));
            Assert.False(file.WasRead, path);
            Assert.Contains(file.Problems, problem => problem.Severity is Severity.Error);
            Assert.Null(FormatFuzzer.Check(File.ReadAllBytes(path)));
        }
    }
}
