using System.Text;
using Modupay.Formats;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class Mt940Tests
{
    [Theory]
    [InlineData("2501020102C50,00NTRFNONREF", 5000, false, "2025-01-02", "2025-01-02")]
    [InlineData("250102D50,00NTRFNONREF", -5000, false, "2025-01-02", "2025-01-02")]
    [InlineData("250102RC50,00NTRFNONREF", -5000, true, "2025-01-02", "2025-01-02")]
    [InlineData("250102RD50,00NTRFNONREF", 5000, true, "2025-01-02", "2025-01-02")]
    [InlineData("250102CR50,00NTRFNONREF", 5000, false, "2025-01-02", "2025-01-02")]
    [InlineData("250102RCR50,00NTRFNONREF", -5000, true, "2025-01-02", "2025-01-02")]
    [InlineData("250102DD50,00NTRFNONREF", -5000, false, "2025-01-02", "2025-01-02")]
    [InlineData("250102    C,50NTRFNONREF", 50, false, "2025-01-02", "2025-01-02")]
    [InlineData("2501021231C50,NTRFNONREF", 5000, false, "2024-12-31", "2025-01-02")]
    [InlineData("2412310102C1.234,5NTRFNONREF", 123450, false, "2025-01-02", "2024-12-31")]
    [InlineData("2502300230C50.00NTRFNONREF", 5000, false, "2025-02-28", "2025-02-28")]
    [InlineData("991231C000000050,00NTRFNONREF", 5000, false, "1999-12-31", "1999-12-31")]
    [InlineData("20250102C50,00NTRFNONREF", 5000, false, "2025-01-02", "2025-01-02")]
    public void A_movement_is_read_in_every_form_banks_write(string movement, long amount, bool reversal, string booked, string value)
    {
        var line = Assert.Single(Assert.Single(Parse(Statement(":61:" + movement)).Statements).Lines);
        Assert.Equal(amount, line.AmountMinor);
        Assert.Equal(reversal, line.Reversal);
        Assert.Equal(booked, line.BookingDate?.ToString("yyyy-MM-dd"));
        Assert.Equal(value, line.ValueDate?.ToString("yyyy-MM-dd"));
    }

    [Theory]
    [InlineData("251302C50,00NTRFNONREF", "value_date_unreadable")]
    [InlineData("250102X50,00NTRFNONREF", "mark_unreadable")]
    [InlineData("250102C-50,00NTRFNONREF", "amount_unreadable")]
    [InlineData("250102C50,005NTRFNONREF", "amount_decimals")]
    [InlineData("250102C999999999999999999999,00NTRFNONREF", "amount_too_large")]
    [InlineData("250102C1.234NTRFNONREF", "amount_ambiguous")]
    [InlineData("250102C1O0,00NTRFNONREF", "amount_unreadable")]
    public void A_movement_that_cannot_be_read_rejects_its_statement_and_says_where(string movement, string code)
    {
        var file = Parse(Statement(":61:" + movement));
        Assert.Empty(file.Statements);
        Assert.Single(file.Rejected);
        var problem = Assert.Single(file.Problems, problem => problem.Code == code);
        Assert.Equal(5, problem.Position.Line);
        Assert.True(problem.Position.Column > 4);
        Assert.Equal(":61:" + movement, problem.Raw);
    }

    [Fact]
    public void An_announced_movement_stays_out_of_the_sums()
    {
        var statement = Assert.Single(Parse(Statement(":61:250102EC50,00NTRFNONREF", closing: "100,00")).Statements);
        Assert.Equal(EntryStatus.Expected, Assert.Single(statement.Lines).Status);
        Assert.Equal(0, statement.End.CreditsMinor);
        Assert.True(statement.End.Balanced);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r")]
    [InlineData("\r\r\n")]
    [InlineData("@@")]
    [InlineData("\n\n")]
    public void Line_ends_make_no_difference(string end)
    {
        var statement = Assert.Single(Parse(Statement(":61:250102C50,00NTRFNONREF").Replace("\r\n", end, StringComparison.Ordinal)).Statements);
        Assert.Equal(5000, Assert.Single(statement.Lines).AmountMinor);
        Assert.True(statement.End.Balanced);
    }

    [Fact]
    public void A_lone_dash_inside_a_text_is_text()
    {
        var file = Parse(Statement(":61:250102C50,00NTRFNONREF\r\n:86:first\r\n-\r\nlast"));
        Assert.Equal("first - last", Assert.Single(Assert.Single(file.Statements).Lines).Remittance);
        Assert.Contains(file.Problems, problem => problem.Code == "dash_in_text");
    }

    [Fact]
    public void A_file_cut_inside_a_line_rejects_only_the_statement_that_was_cut()
    {
        var whole = Statement(":61:250102C50,00NTRFNONREF");
        var file = Parse(whole + whole[..(whole.IndexOf(":62F:", StringComparison.Ordinal) + 10)]);
        Assert.Equal(Standing.Complete, Assert.Single(file.Statements).End.Standing);
        Assert.Single(file.Rejected);
        Assert.Contains(file.Problems, problem => problem.Code == "truncated" && problem.Statement == 2);
    }

    [Fact]
    public void Balances_that_do_not_add_up_hold_the_statement()
    {
        var statement = Assert.Single(Parse(Statement(":61:250102C50,00NTRFNONREF", closing: "151,00")).Statements);
        Assert.Equal(Standing.Held, statement.End.Standing);
        Assert.False(statement.End.Balanced);
        Assert.Contains(statement.Problems, problem => problem.Code == "balance_mismatch");
    }

    [Fact]
    public void A_missing_page_is_noticed_by_its_balances()
    {
        var first = Statement(":61:250102C50,00NTRFNONREF").Replace(":62F:", ":62M:", StringComparison.Ordinal);
        var third = Statement(":61:250102C50,00NTRFNONREF", opening: "180,00", closing: "230,00", number: "1/3").Replace(":60F:", ":60M:", StringComparison.Ordinal);
        var file = Parse(first + third);
        Assert.Equal([Standing.Complete, Standing.Held], file.Statements.Select(statement => statement.End.Standing));
        Assert.Contains(file.Problems, problem => problem.Code == "page_missing");
    }

    [Theory]
    [InlineData("KWD", "50,125", 50125)]
    [InlineData("JPY", "5000,", 5000)]
    [InlineData("EUR", "50,10", 5010)]
    public void Amounts_have_the_decimals_of_their_currency(string currency, string amount, long minor)
    {
        var text = Statement($":61:250102C{amount}NTRFNONREF").Replace("EUR", currency, StringComparison.Ordinal).Replace("100,00", "0,", StringComparison.Ordinal).Replace("150,00", amount, StringComparison.Ordinal);
        var statement = Assert.Single(Parse(text).Statements);
        Assert.Equal(minor, Assert.Single(statement.Lines).AmountMinor);
        Assert.Equal(minor, statement.Closing?.AmountMinor);
    }

    [Fact]
    public void Encodings_are_told_apart_field_by_field()
    {
        byte[] latin = [.. Encoding.Latin1.GetBytes(Statement(":61:250102C50,00NTRFNONREF\r\n:86:Müller"))];
        byte[] utf8 = [.. Encoding.UTF8.GetBytes(Statement(":61:250102C50,00NTRFNONREF\r\n:86:Jürgen €"))];
        var file = StatementFile.Parse((byte[])[.. utf8, .. latin]);
        Assert.Equal(["Jürgen €", "Müller"], file.Statements.Select(statement => statement.Lines[0].Remittance));
        Assert.Contains(file.Problems, problem => problem.Code == "encoding_mixed");
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void Utf16_is_read_like_everything_else(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        var bytes = (byte[])[.. encoding.GetPreamble(), .. encoding.GetBytes(Statement(":61:250102C50,00NTRFNONREF\r\n:86:Zürich"))];
        Assert.Equal("Zürich", StatementFile.Parse(bytes).Statements[0].Lines[0].Remittance);
    }

    [Fact]
    public async Task Reading_one_byte_at_a_time_gives_the_same_lines()
    {
        foreach (var path in Directory.GetFiles(Path.Combine(Samples.Root, "mt940")))
        {
            var bytes = File.ReadAllBytes(path);
            var whole = StatementFile.Parse(bytes);
            var sink = new ListSink();
            using var slow = new OneByteStream(bytes);
            await StatementFile.ReadAsync(slow, sink, null, CancellationToken.None);
            Assert.Equal(whole.Statements.Concat(whole.Rejected).SelectMany(statement => statement.Lines).OrderBy(line => line.Position.Offset), sink.Lines);
        }
    }

    [Fact]
    public async Task A_line_without_end_is_given_up_before_it_fills_the_memory()
    {
        var start = Encoding.ASCII.GetBytes(Statement(":61:250102C50,00NTRFNONREF\r\n:86:")[..^40]);
        using var endless = new EndlessStream(start, 100_000_000);
        var sink = new ListSink();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var summary = await StatementFile.ReadAsync(endless, sink, null, CancellationToken.None);
        Assert.Equal(0, summary.Statements);
        Assert.Contains(sink.Problems, problem => problem.Code == "field_too_long");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 60_000_000);
    }

    internal static string Statement(string lines, string opening = "100,00", string closing = "150,00", string number = "1/1") =>
        $":20:T\r\n:25:DE89370400440532013000\r\n:28C:{number}\r\n:60F:C250102EUR{opening}\r\n{lines}\r\n:62F:C250102EUR{closing}\r\n-\r\n";

    private static ParsedFile Parse(string text) => StatementFile.Parse(Encoding.UTF8.GetBytes(text));

    /// <summary>The same bytes are marks by one page and letters by another; what stands around them tells.</summary>
    [Theory]
    [InlineData("windows-1252", "Virement – l’eau de « Évian » 5 €")]
    [InlineData("windows-1252", "“Hallo” …")]
    [InlineData("windows-1252", "Übertrag 50€")]
    [InlineData("ibm850", "Gebühr für Größe")]
    [InlineData("ibm850", "März")]
    public void A_western_text_is_read_by_the_page_it_was_written_in(string page, string text)
    {
        var file = $":20:A\r\n:25:DE89370400440532013000\r\n:28C:1/1\r\n:60F:C240101EUR0,00\r\n:61:2401020102C1,00NTRFNONREF\r\n:86:{text}\r\n:62F:C240102EUR1,00\r\n-\r\n";
        var encoding = System.Text.CodePagesEncodingProvider.Instance.GetEncoding(page)!;
        Assert.Equal(text, StatementFile.Parse(encoding.GetBytes(file)).Statements[0].Lines[0].Remittance);
    }
}
