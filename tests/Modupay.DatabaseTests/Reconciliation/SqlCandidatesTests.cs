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
        var stored = Enumerable.Range(0, 120).Select(_ => Item(random, accounts)).ToList();
        var lines = Enumerable.Range(0, 60).Select(_ => Line(random, accounts)).Concat(stored.Where(item => item is { Order: not null, Account: not null }).Select(order => Return(random, order))).ToList();
        await StoreAsync(tenant, stored);
        var items = stored.SelectMany(AsRulesSeeIt).ToList();
        var rules = new RuleSet(1, [.. RuleSet.Default.Rules.Select(rule => rule with { FeeTolerance = [new Money(2, Eur)], NameSimilarity = 600, DateWindowDays = 2 })]);

        var atHand = await Matcher.RunAsync(rules, lines, new CandidatesAtHand(items, new HashSet<(StatementLineId, ExpectedItemId)>()), default);
        var inTables = await database.App.ReadAsync(tenant, session => Matcher.RunAsync(rules, lines, new SqlCandidates(session), default), default);

        Assert.NotEmpty(atHand.Proposals);
        Assert.Equal(Show(atHand), Show(inTables));
        Assert.Contains(atHand.Proposals, proposal => proposal.Rule is MatchRule.Return);
    }

    /// <summary>What is settled or canceled is expected no more; what is an order is looked at as one all the same.</summary>
    private static IEnumerable<OpenItem> AsRulesSeeIt(OpenItem item)
    {
        if (item.Order is null or OrderStage.Unsettled) yield return item with { Order = null };
        if (item.Order is not null) yield return item;
    }

    private Task StoreAsync(TenantId tenant, List<OpenItem> items) => database.App.TransactAsync<bool>(tenant, async unit =>
    {
        await NewItem.InsertAsync(unit, [.. items.Select(Stored)], default);
        var settled = items.Where(item => item.Order is OrderStage.Settled).ToList();
        await unit.ExecuteAsync(ItemSql.Settle, [settled.Select(item => item.Id.Value).ToArray(), settled.Select(item => item.Open.Minor).ToArray(), unit.Now], default);
        await ReconciliationDoor.WithdrawAsync(unit, [.. items.Where(item => item.Order is OrderStage.Over).Select(item => item.Slice!.Value)], default);
        return true;
    }, default);

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
        OriginalReference = Pick(random, "E", 30),
        IsReturn = random.Next(2) == 0,
        Counterparty = Party(random),
        Name = Name(random),
    };

    /// <summary>A line that means this order, and may name another one as well.</summary>
    private static OpenLine Return(Random random, OpenItem order) => Line(random, [order.Account!.Value]) with
    {
        Amount = order.Due - new Money(random.Next(2), Eur),
        IsReturn = random.Next(4) > 0,
        EndToEndId = random.Next(2) == 0 ? order.EndToEndId : null,
        OriginalReference = order.BankReference,
        CustomerReference = order.BatchId,
    };

    private static OpenItem Item(Random random, TreasuryAccountId[] accounts)
    {
        var slice = random.Next(3) == 0;
        var amount = Amount(random, 60);
        return new(Id.New<ExpectedItemId>(TimeProvider.System), slice ? ItemKind.Slice : ItemKind.Expected, slice && amount.Minor > 0 ? -amount : amount, Day.AddDays(random.Next(4)))
        {
            Slice = slice ? Id.New<SliceId>(TimeProvider.System) : null,
            Order = slice ? random.GetItems([OrderStage.Unsettled, OrderStage.Settled, OrderStage.Settled, OrderStage.Over], 1)[0] : null,
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
