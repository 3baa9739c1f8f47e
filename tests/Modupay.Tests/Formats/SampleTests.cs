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
