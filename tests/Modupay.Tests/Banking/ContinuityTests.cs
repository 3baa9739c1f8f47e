using Modupay.Banking.Statements;
using Modupay.Kernel;
using Xunit;

namespace Modupay.Tests.Banking;

public sealed class ContinuityTests
{
    private static readonly BusinessDays Daily = BusinessDays.Usual with { EveryDay = true };

    /// <summary>number/page opening closing day [first booked day] … days are of March 2026, whose first is a Sunday.</summary>
    [Theory]
    [InlineData("1 0 10 2|2 10 20 3", "")]
    [InlineData("1 0 10 2|2 10 20 20", "")]
    [InlineData("1 0 10 2|2 11 20 3", "balance_gap@2")]
    [InlineData("1 0 10 2|3 10 20 3", "sequence_gap@3")]
    [InlineData("3 20 30 4|1 0 10 2|2 10 20 3", "")]
    [InlineData("1 0 10 2|4 30 40 6", "balance_gap@4 sequence_gap@4 days_missing@4")]
    [InlineData("- 0 10 6|- 10 20 9", "")]
    [InlineData("- 0 10 2|- 30 40 6", "balance_gap@- days_missing@-")]
    [InlineData("1/1 0 10 2|1/2 10 20 2|2 20 30 3", "")]
    [InlineData("0 0 10 2|0 10 20 3", "")]
    [InlineData("1 0 10 5|2 10 20 6 3", "back_dated@2")]
    public void A_chain_is_read_in_its_own_order(string chain, string findings) =>
        Assert.Equal(findings, string.Join(' ', Continuity.Examine(chain.Split('|').Select(Link), BusinessDays.Usual).Select(finding => $"{finding.Kind}@{finding.At.Number?.ToString() ?? "-"}")));

    [Fact]
    public void A_bank_that_promises_a_statement_a_day_is_taken_at_its_word()
    {
        var findings = Continuity.Examine([Link("1 0 10 5"), Link("2 10 20 12")], Daily with { Holidays = new HashSet<DateOnly> { new(2026, 3, 10) } }).ToList();
        var finding = Assert.Single(findings);
        Assert.Equal(("days_missing", "3", new DateOnly(2026, 3, 6), new DateOnly(2026, 3, 11)), (finding.Kind, finding.Expected, finding.FromOn, finding.ToOn));
    }

    [Fact]
    public void Numbers_begin_again_with_the_year()
    {
        var december = new ChainLink(Id.New<StatementId>(TimeProvider.System), 250, null, 0, null, 10, new DateOnly(2025, 12, 31), null, Outside: false);
        Assert.Empty(Continuity.Examine([december, december with { Id = Id.New<StatementId>(TimeProvider.System), Number = 1, OpeningMinor = 10, ClosingMinor = 20, ClosingOn = new DateOnly(2026, 1, 2) }], BusinessDays.Usual));
    }

    private static ChainLink Link(string text)
    {
        var words = text.Split(' ');
        var number = words[0].Split('/');
        return new(Id.New<StatementId>(TimeProvider.System), int.TryParse(number[0], out var sequence) ? sequence : null, number.Length > 1 ? int.Parse(number[1]) : null, long.Parse(words[1]), null,
            long.Parse(words[2]), new DateOnly(2026, 3, int.Parse(words[3])), words.Length > 4 ? new DateOnly(2026, 3, int.Parse(words[4])) : null, Outside: false);
    }
}
