using Modupay.Kernel;

namespace Modupay.Tests.Kernel;

public sealed class IdTests
{
    private static readonly ManualTime Time = new();

    [Fact]
    public void Survives_being_written_and_read()
    {
        var id = Id.New<PayoutId>(Time);
        Assert.StartsWith("po_", id.ToString(), StringComparison.Ordinal);
        Assert.Equal(29, id.ToString().Length);
        Assert.True(Id.TryParse<PayoutId>(id.ToString(), out var read));
        Assert.Equal(id, read);
    }

    [Fact]
    public void Known_values_keep_their_text()
    {
        Assert.Equal("00000000000000000000000000", Id.Base32(Guid.Empty));
        Assert.Equal("7zzzzzzzzzzzzzzzzzzzzzzzzz", Id.Base32(Guid.AllBitsSet));
        Assert.Equal("01jzb7w6p8e5rtd9p5z8w2k4f5", Id.Base32(ReadBack("01jzb7w6p8e5rtd9p5z8w2k4f5")));
    }

    private static Guid ReadBack(string text) => Id.TryParse<PayoutId>("po_" + text, out var id) ? id.Value : Guid.Empty;

    [Fact]
    public void Sorts_by_the_time_it_was_made()
    {
        var early = Id.New<PayoutId>(Time);
        Time.Advance(TimeSpan.FromMilliseconds(1));
        var late = Id.New<PayoutId>(Time);
        Assert.True(string.CompareOrdinal(early.ToString(), late.ToString()) < 0);
    }

    [Fact]
    public void Made_in_a_row_sorts_in_that_order_within_one_millisecond()
    {
        var ids = new uint[] { 0, 1, 2, 63, 64, 65, 16_383, 16_384, 1_048_575, 1_048_576, uint.MaxValue }.Select(ordinal => Id.InOrder<StatementLineId>(Time.Now, ordinal)).ToList();
        Assert.Equal(ids.Select(id => id.ToString()).Order(StringComparer.Ordinal), ids.Select(id => id.ToString()));
        Assert.All(ids, id => Assert.Equal(7, id.Value.Version));
    }

    [Fact]
    public void Made_of_one_seed_they_differ_in_their_place_and_from_those_of_another_seed()
    {
        var (seed, other) = (Guid.CreateVersion7(Time.Now), Guid.CreateVersion7(Time.Now));
        var ids = Enumerable.Range(0, 1000).SelectMany(place => new[] { Id.InOrder<JournalId>(seed, (uint)place), Id.InOrder<JournalId>(other, (uint)place) }).ToList();
        Assert.Equal(2000, ids.Distinct().Count());
        var ordered = ids.Where((_, at) => at % 2 == 0).Select(id => id.ToString()).ToList();
        Assert.Equal(ordered.Order(StringComparer.Ordinal), ordered);
    }

    [Theory]
    [InlineData("po_")]
    [InlineData("sl_01jzb7w6p8e5rtd9p5z8w2k4f5")]
    [InlineData("po_81jzb7w6p8e5rtd9p5z8w2k4f5")]
    [InlineData("po_01JZB7W6P8E5RTD9P5Z8W2K4F5")]
    [InlineData("po_01jzb7w6p8e5rtd9p5z8w2k4fu")]
    [InlineData("po_01jzb7w6p8e5rtd9p5z8w2k4f5 ")]
    [InlineData("'; drop table banking.payouts; --")]
    [InlineData(null)]
    public void Refuses_anything_else(string? text) => Assert.False(Id.TryParse<PayoutId>(text, out _));
}
