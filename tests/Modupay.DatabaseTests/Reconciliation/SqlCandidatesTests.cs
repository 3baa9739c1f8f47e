using Modupay.Kernel;
using Modupay.Reconciliation;

namespace Modupay.DatabaseTests.Reconciliation;

/// <summary>The rules ask tables and lists the same questions. Here they ask both, of worlds that are made by chance and full of collisions.</summary>
public sealed class SqlCandidatesTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly Currency Eur = Currency.Known("EUR");
    private static readonly DateOnly Day = new(2026, 3, 1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task The_tables_and_the_list_give_the_same_answer(int seed)
    {
        var tenant = await database.TenantAsync();
        var random = new Random(seed);
        var accounts = new[] { await AccountAsync(tenant), await AccountAsync(tenant) };
        var lines = Enumerable.Range(0, 60).Select(_ => Line(random, accounts)).ToList();
        var items = Enumerable.Range(0, 120).Select(_ => Item(random, accounts)).ToList();
        await database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await NewItem.InsertAsync(unit, [.. items.Select(Stored)], default);
            return true;
        }, default);
        var rules = new RuleSet(1, [.. RuleSet.Default.Rules.Select(rule => rule with { FeeTolerance = [new Money(2, Eur)], NameSimilarity = 600, DateWindowDays = 2 })]);

        var atHand = await Matcher.RunAsync(rules, lines, new CandidatesAtHand(items, new HashSet<(StatementLineId, ExpectedItemId)>()), default);
        var inTables = await database.App.ReadAsync(tenant, session => Matcher.RunAsync(rules, lines, new SqlCandidates(session), default), default);

        Assert.NotEmpty(atHand.Proposals);
        Assert.Equal(Show(atHand), Show(inTables));
    }

    private static List<string> Show(MatchOutcome outcome) =>
    [
        .. outcome.Proposals.Select(proposal => $"{proposal.Line.Id} {proposal.Rule} {string.Join(' ', proposal.Parts.OrderBy(part => part.Item.Id.Value).Select(part => $"{part.Item.Id}:{part.ItemMinor}:{part.Score}"))}"),
        .. outcome.Ambiguous.OrderBy(id => id.Value).Select(id => $"{id}?"),
    ];

    private static OpenLine Line(Random random, TreasuryAccountId[] accounts) => new(Id.New<StatementLineId>(TimeProvider.System), random.GetItems(accounts, 1)[0], Amount(random, 60), Day.AddDays(random.Next(4)))
    {
        RfReference = Pick(random, "R", 30),
        EndToEndId = Pick(random, "E", 30),
        BankReference = Pick(random, "B", 30),
        CustomerReference = Pick(random, "P", 12),
        Counterparty = Party(random),
        Name = Name(random),
    };

    private static OpenItem Item(Random random, TreasuryAccountId[] accounts)
    {
        var slice = random.Next(3) == 0;
        return new(Id.New<ExpectedItemId>(TimeProvider.System), slice ? ItemKind.Slice : ItemKind.Expected, Amount(random, 60), Day.AddDays(random.Next(4)))
        {
            Slice = slice ? Id.New<SliceId>(TimeProvider.System) : null,
            Account = random.Next(3) == 0 ? null : random.GetItems(accounts, 1)[0],
            RfReference = Pick(random, "R", 30),
            EndToEndId = Pick(random, "E", 30),
            BankReference = Pick(random, "B", 30),
            BatchId = Pick(random, "P", 12),
            Counterparty = Party(random),
            Name = Name(random),
        };
    }

    private static Money Amount(Random random, int most) => new((1 + random.Next(most)) * (random.Next(3) == 0 ? -1 : 1), Eur);

    private static string? Pick(Random random, string prefix, int among) => random.Next(3) == 0 ? prefix + random.Next(among) : null;

    private static Guid? Party(Random random) => random.Next(3) == 0 ? new Guid(random.Next(8), 0, 0, new byte[8]) : null;

    private static int[] Name(Random random) => random.Next(3) == 0 ? [.. Enumerable.Range(0, 9).Select(_ => random.Next(20)).Distinct().Order()] : [];

    private static NewItem Stored(OpenItem item) => new(item.Id, item.Kind, item.Slice, item.Account, item.Open, item.DueOn, "expected/EUR")
    {
        RfReference = item.RfReference,
        EndToEndId = item.EndToEndId,
        BankReference = item.BankReference,
        BatchId = item.BatchId,
        Keys = new(item.Counterparty, item.Name),
    };

    private async Task<TreasuryAccountId> AccountAsync(TenantId tenant)
    {
        var (profile, account) = (Id.New<BankProfileId>(TimeProvider.System), Id.New<TreasuryAccountId>(TimeProvider.System));
        await database.App.ExecuteAsync(tenant, "insert into banking.bank_profiles values ($1, $2, 'Bank', 'MODUDEFFXXX', array['sepa_credit_transfer'], 'german', now())", [profile.Value, tenant.Value], default);
        await database.App.ExecuteAsync(tenant, """
            insert into banking.treasury_accounts (treasury_account_id, tenant_id, bank_profile_id, name, currency, iban_sealed, iban_hash, iban_masked, order_limit_minor, created_at)
            values ($1, $2, $3, 'Main', 'EUR', $4, $4, 'masked', 100, now())
            """, [account.Value, tenant.Value, profile.Value, account.Value.ToByteArray()], default);
        return account;
    }
}
