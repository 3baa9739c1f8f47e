using FsCheck;
using FsCheck.Fluent;
using Modupay.Kernel;
using Modupay.Reconciliation;

namespace Modupay.Tests.Reconciliation;

/// <summary>What must hold of any lines and items. They are drawn from few values, so that they collide all the time.</summary>
public sealed class MatcherPropertyTests
{
    private static readonly Currency Eur = Currency.Known("EUR");
    private static readonly RuleSet Rules = new(1, [.. RuleSet.Default.Rules.Select(rule => rule with { FeeTolerance = [new Money(2, Eur)] })]);

    [Fact]
    public void No_item_is_matched_over_its_amount() => Holds(world => world.Run().Proposals.SelectMany(proposal => proposal.Parts)
        .GroupBy(part => part.Item).All(parts => parts.Sum(part => Math.Abs(part.ItemMinor)) <= Math.Abs(parts.Key.Open.Minor)));

    [Fact]
    public void The_parts_of_a_matched_line_are_the_line() => Holds(world => world.Run().Proposals.All(proposal =>
        proposal.Parts.Sum(part => part.LineMinor) == proposal.Line.Amount.Minor && proposal.Parts.All(part => part.ItemMinor >= part.LineMinor)));

    [Fact]
    public void A_line_is_matched_once_and_never_when_it_is_in_doubt() => Holds(world =>
    {
        var outcome = world.Run();
        return outcome.Proposals.DistinctBy(proposal => proposal.Line.Id).Count() == outcome.Proposals.Count && !outcome.Proposals.Any(proposal => outcome.Ambiguous.Contains(proposal.Line.Id));
    });

    [Fact]
    public void The_order_of_lines_and_items_makes_no_difference() => Holds(world => Show(world.Run()) == Show(new World([.. world.Lines.Reverse()], [.. world.Items.Reverse()]).Run()));

    [Fact]
    public void Running_again_over_what_is_left_soon_adds_nothing() => Holds(world =>
    {
        // Parts may make an item small enough to be another line's whole; each round explains a line, so there are never more rounds than lines.
        var left = world;
        for (var round = 0; round <= world.Lines.Count; round++)
        {
            var outcome = left.Run();
            if (outcome.Proposals.Count == 0) return true;
            if (round > 0 && !left.HadParts) return false;
            left = left.After(outcome);
        }
        return false;
    });

    [Fact]
    public void What_a_person_took_apart_is_never_put_together_again() => Holds(world =>
    {
        var apart = world.Run().Proposals.SelectMany(proposal => proposal.Parts.Select(part => (proposal.Line.Id, part.Item.Id))).ToHashSet();
        return !world.Run(apart).Proposals.SelectMany(proposal => proposal.Parts.Select(part => (proposal.Line.Id, part.Item.Id))).Any(apart.Contains);
    });

    [Fact]
    public void Only_what_says_so_gives_a_settled_order_back_and_once() => Holds(world =>
    {
        var returns = world.Run().Proposals.Where(proposal => proposal.Rule is MatchRule.Return).ToList();
        return returns.TrueForAll(proposal => proposal.Line is { IsReturn: true, Amount.Minor: > 0 } && proposal.Parts is [{ Item.Order: OrderStage.Settled } part] && Returns.Names(proposal.Line, part.Item))
            && returns.DistinctBy(proposal => proposal.Parts[0].Item.Id).Count() == returns.Count;
    });

    [Fact]
    public void A_return_that_names_an_order_of_ours_is_nothing_else() => Holds(world => world.Run().Proposals
        .All(proposal => proposal.Rule is MatchRule.Return || !proposal.Line.IsReturn || !world.Items.Any(item => Returns.Names(proposal.Line, item))));

    private static string Show(MatchOutcome outcome) => string.Join('\n', outcome.Proposals.Select(proposal =>
            $"{proposal.Line.Id} {proposal.Rule} {string.Join(' ', proposal.Parts.OrderBy(part => part.Item.Id.Value).Select(part => $"{part.Item.Id}:{part.ItemMinor}:{part.Score}"))}"))
        + string.Join(' ', outcome.Ambiguous.OrderBy(id => id.Value));

    private static void Holds(Func<World, bool> property) => Prop.ForAll(Arb.From(Worlds()), property).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(60));

    private static Gen<World> Worlds()
    {
        var word = (string[] values) => Gen.Elements(values.Append(null).Append(null).ToArray());
        var line =
            from amount in Gen.Elements(10L, 20L, 30L, 40L, 50L, -10L, -20L, -30L)
            from day in Gen.Choose(0, 3)
            from rf in word(["R1", "R2", "R3"])
            from bank in word(["B1", "P1"])
            from iban in word(["I1", "I2"])
            from comesBack in Gen.Choose(0, 1)
            select new OpenLine(default, new(RuleTable.IdOf("A")), new Money(amount, Eur), new DateOnly(2026, 3, 1).AddDays(day))
            {
                RfReference = rf,
                BankReference = bank,
                IsReturn = comesBack == 1,
                Counterparty = iban is null ? null : RuleTable.IdOf(iban),
            };
        var item =
            from amount in Gen.Elements(10L, 20L, 30L, 31L, 40L, 60L, 90L, -10L, -20L, -29L)
            from day in Gen.Choose(0, 3)
            from rf in word(["R1", "R2", "R3"])
            from batch in word(["P1", "P2"])
            from iban in word(["I1", "I2"])
            from slice in Gen.Choose(0, 2)
            from stage in Gen.Elements<OrderStage?>(OrderStage.Unsettled, OrderStage.Settled, OrderStage.Settled, OrderStage.Over, null, null)
            select new OpenItem(default, slice == 0 ? ItemKind.Slice : ItemKind.Expected, new Money(amount, Eur), new DateOnly(2026, 3, 1).AddDays(day))
            {
                Account = new(RuleTable.IdOf("A")),
                RfReference = rf,
                BatchId = batch,
                EndToEndId = slice == 0 ? rf : null,
                Order = slice == 0 && amount < 0 ? stage : null,
                Counterparty = iban is null ? null : RuleTable.IdOf(iban),
            };
        return from lineCount in Gen.Choose(0, 12)
               from lines in line.ArrayOf(lineCount)
               from itemCount in Gen.Choose(0, 16)
               from items in item.ArrayOf(itemCount)
               select new World(
                   [.. lines.Select((each, number) => each with { Id = new(RuleTable.IdOf($"L{number:00}")) })],
                   [.. items.Select((each, number) => each with { Id = new(RuleTable.IdOf($"X{number:00}")) })]);
    }

    private sealed record World(IReadOnlyList<OpenLine> Lines, IReadOnlyList<OpenItem> Items)
    {
        public bool HadParts { get; private init; }

        public MatchOutcome Run(IReadOnlySet<(StatementLineId, ExpectedItemId)>? apart = null) => Matcher
            .RunAsync(Rules, Lines, new CandidatesAtHand(Items, apart ?? new HashSet<(StatementLineId, ExpectedItemId)>()), CancellationToken.None).GetAwaiter().GetResult();

        public World After(MatchOutcome outcome)
        {
            var taken = outcome.Proposals.SelectMany(proposal => proposal.Parts).GroupBy(part => part.Item.Id).ToDictionary(parts => parts.Key, parts => parts.Sum(part => part.ItemMinor));
            var matched = outcome.Proposals.Select(proposal => proposal.Line.Id).ToHashSet();
            return new(
                [.. Lines.Where(line => !matched.Contains(line.Id))],
                [.. Items.Select(item => Left(item, taken.GetValueOrDefault(item.Id))).Where(item => item.Open.Minor != 0)])
            {
                HadParts = outcome.Proposals.Any(proposal => proposal.Rule is MatchRule.ManyToOne),
            };
        }

        private static OpenItem Left(OpenItem item, long taken) => item.Order is null ? item with { Open = item.Open - new Money(taken, Eur) } : taken != 0 ? item with { Order = OrderStage.Over } : item;

        public override string ToString() => string.Join('\n', [.. Lines.Select(line => line.ToString()), .. Items.Select(item => item.ToString())]);
    }
}
