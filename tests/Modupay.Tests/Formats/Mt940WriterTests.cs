using System.Text;
using Modupay.Formats;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class Mt940WriterTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        var dice = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var entries = Enumerable.Range(0, dice.Next(1, 6)).Select(_ => Entry(dice)).ToList();
            var statement = new Mt940Statement
            {
                Reference = "R" + round,
                Account = "DE89370400440532013000",
                Sequence = round,
                Currency = "EUR",
                OpeningMinor = dice.Next(-1_000_000, 1_000_000),
                OpeningDate = new DateOnly(2025, 3, 1),
                ClosingDate = new DateOnly(2025, 3, 2),
                Entries = entries,
            };

            var file = StatementFile.Parse(Mt940Writer.Write([statement]));

            var read = Assert.Single(file.Statements);
            Assert.Empty(file.Problems);
            Assert.Equal(Standing.Complete, read.End.Standing);
            Assert.Equal(
                entries.Select(entry => (entry.AmountMinor, entry.EndToEndId, entry.Remittance, entry.CounterpartyName, entry.CounterpartyAccount, entry.Reversal)),
                read.Lines.Select(line => (line.AmountMinor, line.EndToEndId, line.Remittance, line.Counterparty.Name, line.Counterparty.Account, line.Reversal)));
        }
    }

    [Fact]
    public void Text_can_begin_neither_a_field_nor_the_end_of_the_message()
    {
        // Every offset, so that some line would break right before the tag or the dash.
        for (var offset = 0; offset < 130; offset++)
        {
            var bytes = Mt940Writer.Write([One(new string('x', offset) + ":62F:C250102EUR1,00 - " + new string('-', 100))]);
            var lines = Encoding.ASCII.GetString(bytes).Split("\r\n");
            Assert.Single(lines, line => line.StartsWith(":62F:", StringComparison.Ordinal));
            Assert.Single(lines, line => line.StartsWith('-'));
            Assert.Single(Assert.Single(StatementFile.Parse(bytes).Statements).Lines);
        }
    }

    [Fact]
    public void Lines_are_no_longer_than_the_standard_allows_and_end_with_crlf()
    {
        var text = Encoding.ASCII.GetString(Mt940Writer.Write([One(new string('w', 300))]));
        Assert.DoesNotContain('\n', text.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.All(text.Split("\r\n"), line => Assert.True(line.Length <= 65 + 4, line));
    }

    private static Mt940Statement One(string remittance) => new()
    {
        Reference = "R",
        Account = "DE89370400440532013000",
        Sequence = 1,
        Currency = "EUR",
        OpeningMinor = 0,
        OpeningDate = new DateOnly(2025, 3, 1),
        ClosingDate = new DateOnly(2025, 3, 1),
        Entries = [new Mt940Entry { AmountMinor = 100, ValueDate = new DateOnly(2025, 3, 1), BookingDate = new DateOnly(2025, 3, 1), Remittance = remittance }],
    };

    private static Mt940Entry Entry(Random dice) => new()
    {
        AmountMinor = dice.Next(-1_000_000, 1_000_000),
        ValueDate = new DateOnly(2025, 3, 1).AddDays(dice.Next(-40, 40)),
        BookingDate = new DateOnly(2025, 3, 1).AddDays(dice.Next(-40, 40)),
        Reversal = dice.Next(4) == 0,
        EndToEndId = "E" + dice.Next(),
        Remittance = string.Join(' ', Enumerable.Range(0, dice.Next(1, 14)).Select(_ => new string((char)('a' + dice.Next(26)), dice.Next(1, 12)))),
        CounterpartyName = "Name " + dice.Next(),
        CounterpartyAccount = "DE89370400440532013000",
        CounterpartyBic = "COBADEFFXXX",
    };
}
