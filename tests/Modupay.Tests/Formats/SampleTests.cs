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
    public void A_sample_says_what_its_bank_meant(string name, int line, string? endToEndId, string? remittance, string? counterparty, string? reference)
    {
        var read = StatementFile.Parse(Samples.Read(name)).Statements.SelectMany(statement => statement.Lines).ElementAt(line);
        Assert.Equal((endToEndId, remittance, counterparty, reference), (read.EndToEndId, read.Remittance, read.Counterparty.Name, read.StructuredReference));
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
