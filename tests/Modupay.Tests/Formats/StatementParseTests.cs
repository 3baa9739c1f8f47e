using System.Text.Json;
using Modupay.Local.Verbs;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class StatementParseTests
{
    [Fact]
    public async Task A_file_is_printed_with_decimal_strings()
    {
        var (code, output, _) = await RunAsync(Sample("mt940/german.sta"));
        using var json = JsonDocument.Parse(output);
        var statement = json.RootElement.GetProperty("statements")[0];
        var line = statement.GetProperty("lines")[1];
        Assert.Equal(0, code);
        Assert.Equal(("mt940", 1.0), (json.RootElement.GetProperty("format").GetString(), json.RootElement.GetProperty("coverage").GetDouble()));
        Assert.Equal(("1000.00", "2025-01-31"), (statement.GetProperty("opening").GetProperty("amount").GetString(), statement.GetProperty("opening").GetProperty("date").GetString()));
        Assert.Equal(("-75.25", "SLICE-77", "GB29NWBK60161331926819"),
            (line.GetProperty("amount").GetString(), line.GetProperty("endToEndId").GetString(), line.GetProperty("counterparty").GetProperty("iban").GetString()));
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_on_stderr_and_by_code_2()
    {
        var (code, output, error) = await RunAsync(Sample("crashers/xml-first-byte.xml"), "--summary");
        Assert.Equal(2, code);
        Assert.Contains("format_unknown", error, StringComparison.Ordinal);
        Assert.Equal(0, JsonDocument.Parse(output).RootElement.GetProperty("statements").GetInt32());
    }

    [Fact]
    public async Task Several_files_give_one_object_a_line_each_with_its_name()
    {
        var (code, output, _) = await RunAsync(Sample("mt940/german.sta"), Sample("crashers/xml-first-byte.xml"), "no-such-file", "--summary");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(0, code);
        Assert.Equal([Sample("mt940/german.sta"), Sample("crashers/xml-first-byte.xml"), "no-such-file"], lines.Select(line => line.GetProperty("file").GetString()));
        Assert.Equal([false, true, true], lines.Select(line => line.TryGetProperty("error", out _)));
    }

    [Fact]
    public async Task One_file_that_cannot_be_opened_is_an_object_too()
    {
        var (code, output, error) = await RunAsync(Samples.Root, "--summary");
        Assert.Equal((2, "file_unreadable"), (code, JsonDocument.Parse(output).RootElement.GetProperty("error").GetString()));
        Assert.Contains("is a directory", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_totals_leave_out_is_told_on_stderr()
    {
        var (code, _, error) = await RunAsync(Sample("mt940/one-broken-of-three.sta"), "--summary");
        Assert.Equal(0, code);
        Assert.Contains("amount_unreadable", error, StringComparison.Ordinal);
        Assert.Empty((await RunAsync(Sample("mt940/us-blanks.sta"), "--summary")).Error);
    }

    [Theory]
    [InlineData("Which file?")]
    [InlineData("There is no option --nonsense.", "--nonsense", "x")]
    [InlineData("--profile needs a value.", "x", "--profile")]
    [InlineData("The profile no-such-profile.json cannot be read: ", "x", "--profile", "no-such-profile.json")]
    public async Task A_wrong_call_says_what_is_wrong(string message, params string[] args) =>
        Assert.StartsWith(message, (await Assert.ThrowsAsync<ArgumentsException>(() => RunAsync(args))).Message, StringComparison.Ordinal);

    private static string Sample(string name) => Path.Combine(Samples.Root, name.Replace('/', Path.DirectorySeparatorChar));

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await StatementParse.RunAsync(new Arguments(args), output, error, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
