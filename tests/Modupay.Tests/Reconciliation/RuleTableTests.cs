using Modupay.Kernel;
using Modupay.Reconciliation;

namespace Modupay.Tests.Reconciliation;

/// <summary>The rules as a table: what comes in, what comes out, with rule and score.</summary>
public sealed class RuleTableTests
{
    public static TheoryData<string> Names => [.. RuleTable.Rows.Select(row => row.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task Rules_say(string name)
    {
        var row = RuleTable.Rows.Single(row => row.Name == name);
        Assert.Equal(row.Expected, await row.RunAsync(row.Lines, row.Items));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task The_order_of_lines_and_items_makes_no_difference(string name)
    {
        var row = RuleTable.Rows.Single(row => row.Name == name);
        Assert.Equal(row.Expected, await row.RunAsync([.. row.Lines.Reverse()], [.. row.Items.Reverse()]));
    }

    [Fact]
    public void The_table_is_large_and_names_are_said_once()
    {
        Assert.True(RuleTable.Rows.Count >= 60);
        Assert.Equal(RuleTable.Rows.Count, RuleTable.Rows.Select(row => row.Name).Distinct().Count());
    }
}

internal sealed record RuleTableRow(string Name, RuleSet Rules, IReadOnlySet<(StatementLineId, ExpectedItemId)> Apart, IReadOnlyList<OpenLine> Lines, IReadOnlyList<OpenItem> Items, string Expected)
{
    public async Task<string> RunAsync(IReadOnlyList<OpenLine> lines, IReadOnlyList<OpenItem> items)
    {
        var outcome = await Matcher.RunAsync(Rules, lines, new CandidatesAtHand(items, Apart), CancellationToken.None);
        var said = outcome.Proposals.Select(proposal => (proposal.Line.Id, Text: Show(proposal)))
            .Concat(outcome.Ambiguous.Select(line => (Id: line, Text: $"{RuleTable.Name(line.Value)}?")))
            .OrderBy(item => item.Id.Value).Select(item => item.Text).ToList();
        return said.Count == 0 ? "-" : string.Join("; ", said);
    }

    private static string Show(Proposal proposal)
    {
        var parts = proposal.Parts.OrderBy(part => RuleTable.Name(part.Item.Id.Value), StringComparer.Ordinal)
            .Select(part => RuleTable.Name(part.Item.Id.Value) + (part.ItemMinor == part.Item.Due.Minor ? "" : $":{part.ItemMinor}"));
        var fee = proposal.Parts.Sum(part => part.ItemMinor - part.LineMinor);
        return $"{RuleTable.Name(proposal.Line.Id.Value)}={string.Join('+', parts)}{(fee == 0 ? "" : $" fee={fee}")} {MatchRules.Text(proposal.Rule)} {proposal.Parts[0].Score}";
    }
}

/// <summary>Reads rules.table.txt.</summary>
internal static class RuleTable
{
    private static readonly DateOnly DayZero = new(2026, 3, 1);

    public static IReadOnlyList<RuleTableRow> Rows { get; } =
    [
        .. File.ReadAllLines(Repository.Path("tests", "Modupay.Tests", "Reconciliation", "rules.table.txt")).Where(line => line.Length > 0 && line[0] != '#').Select(Row),
    ];

    /// <summary>Ids that sort and read like the names of the table.</summary>
    public static Guid IdOf(string name) => new([.. System.Text.Encoding.ASCII.GetBytes(name.PadRight(16, '\0'))], bigEndian: true);

    public static string Name(Guid id) => System.Text.Encoding.ASCII.GetString(id.ToByteArray(bigEndian: true)).TrimEnd('\0');

    public static int[] Pieces(string name) => [.. Modupay.Reconciliation.Names.Pieces(name).Select(Hash).Distinct().Order()];

    private static RuleTableRow Row(string text)
    {
        var cells = text.Split('|').Select(cell => cell.Trim()).ToArray();
        var settings = Words(cells[1]).ToLookup(word => word.Key, word => word.Value);
        int Setting(string key, int otherwise) => settings[key].FirstOrDefault() is { } value ? int.Parse(value) : otherwise;
        var rules = new RuleSet(1, [.. RuleSet.Default.Rules.Select(rule => rule with
        {
            Enabled = !settings["off"].Contains(MatchRules.Text(rule.Kind)),
            DateWindowDays = Setting("win", rule.DateWindowDays),
            NameSimilarity = Setting("sim", rule.NameSimilarity),
            MostItems = Setting("most", rule.MostItems),
            FeeTolerance = [new Money(Setting("fee", 0), Currency.Known("EUR"))],
        })]);
        var apart = settings["apart"].Select(pair => pair.Split('-')).Select(pair => (new StatementLineId(IdOf(pair[0])), new ExpectedItemId(IdOf(pair[1])))).ToHashSet();
        return new(cells[0], rules, apart, [.. Parts(cells[2]).Select(Line)], [.. Parts(cells[3]).Select(Item)], cells[4]);
    }

    private static OpenLine Line(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var said = Words(text).ToDictionary(word => word.Key, word => word.Value);
        return new(new(IdOf(words[0])), AccountOf(said.GetValueOrDefault("acct", "A")), Amount(words[1], said), Day(said))
        {
            RfReference = said.GetValueOrDefault("rf"),
            EndToEndId = said.GetValueOrDefault("e2e"),
            BankReference = said.GetValueOrDefault("bank"),
            CustomerReference = said.GetValueOrDefault("cust"),
            OriginalReference = said.GetValueOrDefault("orig"),
            IsReturn = words.Contains("return") || said.ContainsKey("return"),
            ReturnReason = said.GetValueOrDefault("return"),
            Counterparty = said.TryGetValue("iban", out var iban) ? IdOf(iban) : null,
            Name = said.TryGetValue("name", out var name) ? Pieces(name.Replace('_', ' ')) : [],
        };
    }

    private static OpenItem Item(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var said = Words(text).ToDictionary(word => word.Key, word => word.Value);
        return new(new(IdOf(words[0])), words.Contains("slice") ? ItemKind.Slice : ItemKind.Expected, Amount(words[1], said), Day(said))
        {
            Account = said.TryGetValue("acct", out var account) ? AccountOf(account) : null,
            Order = said.TryGetValue("order", out var order) ? Enum.Parse<OrderStage>(order, ignoreCase: true) : null,
            RfReference = said.GetValueOrDefault("rf"),
            EndToEndId = said.GetValueOrDefault("e2e"),
            BankReference = said.GetValueOrDefault("bank"),
            BatchId = said.GetValueOrDefault("batch"),
            Counterparty = said.TryGetValue("iban", out var iban) ? IdOf(iban) : null,
            Name = said.TryGetValue("name", out var name) ? Pieces(name.Replace('_', ' ')) : [],
        };
    }

    private static TreasuryAccountId AccountOf(string name) => new(IdOf(name));

    private static DateOnly Day(Dictionary<string, string> said) => DayZero.AddDays(int.Parse(said.GetValueOrDefault("d", "10")));

    private static Money Amount(string text, Dictionary<string, string> said) => new(long.Parse(text), Currency.Known(said.GetValueOrDefault("cur", "EUR")));

    private static string[] Parts(string cell) => cell.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static IEnumerable<KeyValuePair<string, string>> Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => word.Contains('='))
        .Select(word => KeyValuePair.Create(word[..word.IndexOf('=')], word[(word.IndexOf('=') + 1)..]));

    private static int Hash(string piece) => piece.Aggregate(17, (hash, character) => unchecked(hash * 31 + character));
}
