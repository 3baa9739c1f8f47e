using FsCheck.Fluent;
using Modupay.Kernel;

namespace Modupay.Tests.Kernel;

public sealed class MoneyTests
{
    [Theory]
    [InlineData(105025, "EUR", "1050.25")]
    [InlineData(5, "EUR", "0.05")]
    [InlineData(-5, "EUR", "-0.05")]
    [InlineData(1050, "XOF", "1050")]
    [InlineData(1050, "TND", "1.050")]
    [InlineData(long.MinValue, "EUR", "-92233720368547758.08")]
    public void Is_written_with_the_decimals_of_its_currency(long minor, string currency, string expected) =>
        Assert.Equal(expected, new Money(minor, Currency.Known(currency)).Decimal());

    [Theory]
    [InlineData("eur")]
    [InlineData("EU")]
    [InlineData("XXY")]
    [InlineData(null)]
    public void Refuses_what_is_no_currency(string? code) => Assert.Equal(Errors.CurrencyUnknown, Currency.Parse(code).Problem?.Error);

    [Fact]
    public void Of_two_currencies_does_not_add_up() =>
        Assert.Throws<InvalidOperationException>(() => new Money(1, Currency.Known("EUR")) + new Money(1, Currency.Known("XOF")));

    [Fact]
    public void That_overflows_is_an_error_and_not_another_amount() =>
        Assert.Throws<OverflowException>(() => new Money(long.MaxValue, Currency.Known("EUR")) + new Money(1, Currency.Known("EUR")));

    [Fact]
    public void Cut_into_pieces_adds_up_to_itself() => FsCheck.Check.QuickThrowOnFailure(Prop.ForAll<int, int>((amount, limit) =>
    {
        var eur = Currency.Known("EUR");
        var (total, most) = (new Money(Math.Abs((long)amount) + 1, eur), new Money(Math.Abs((long)limit % 1000) + 1 + Math.Abs((long)amount) / 500, eur));
        var pieces = total.SplitBy(most);
        return pieces.Aggregate(Money.Zero(eur), (sum, piece) => sum + piece) == total
            && pieces.All(piece => piece.Minor > 0 && piece.Minor <= most.Minor)
            && pieces.SkipLast(1).All(piece => piece == most);
    }));
}
