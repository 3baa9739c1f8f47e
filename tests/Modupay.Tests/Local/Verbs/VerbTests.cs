using Modupay.Local.Verbs;
using Xunit;

namespace Modupay.Tests.Local.Verbs;

public sealed class VerbTests
{
    [Theory]
    [InlineData("'audit' is not a whole verb: there is 'audit verify'.", "audit")]
    [InlineData("'fuzz everything' is not a whole verb: there is 'fuzz api' and 'fuzz formats'.", "fuzz", "everything")]
    public void Half_a_verb_is_told_how_it_goes_on(string expected, params string[] args) => Assert.Equal(expected, Verb.Unknown(args));

    [Fact]
    public void What_is_wrong_stands_last_where_a_terminal_shows_it() => Assert.EndsWith("\nThere is no verb 'tea'.", Verb.Unknown(["tea"]), StringComparison.Ordinal);

    [Fact]
    public void An_option_that_nobody_asks_for_is_refused() =>
        Assert.Equal("There is no option --prot.", Assert.Throws<ArgumentsException>(new Arguments(["--prot", "4001"]).Nothing).Message);

    [Fact]
    public void Verbs_are_called_by_different_names() => Assert.Equal(Verb.All.Count, Verb.All.Select(verb => verb.Name).Distinct(StringComparer.Ordinal).Count());
}
