using Modupay.Ledger;
using Modupay.Ledger.Proof;

namespace Modupay.DatabaseTests.Ledger;

public sealed class LedgerModelTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly Currency Eur = Currency.Known("EUR");
    private static readonly DateOnly Today = new(2026, 3, 2);

    private static readonly NewAccount[] Accounts =
    [
        new("bank", "", Eur, NormalSide.Debit), new("busy", "", Eur, NormalSide.Debit, Shards: 8), new("wallet/1", "", Eur, NormalSide.Credit, DebitLimit: 0),
        new("wallet/2", "", Eur, NormalSide.Credit, DebitLimit: 0), new("credit", "", Eur, NormalSide.Credit, DebitLimit: 300), new("till", "", Eur, NormalSide.Debit, CreditLimit: 0),
        new("xof", "", Currency.Known("XOF"), NormalSide.Debit),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory, MemberData(nameof(Seeds))]
    public async Task Whatever_is_asked_the_ledger_and_the_model_answer_the_same(int seed)
    {
        var random = new Random(seed);
        var tenant = await database.TenantAsync();
        await database.App.TransactAsync<bool>(tenant, async unit => { await LedgerDoor.OpenAccountsAsync(unit, Accounts, default); return true; }, default);
        var model = new LedgerModel(Accounts);
        var asked = new List<Journal>();
        for (var call = 0; call < 40; call++)
        {
            var chains = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Chain(random, model, asked, seed * 1000 + call)).ToList();
            var expected = chains.SelectMany(model.Post).ToList();
            var answers = (await database.App.TransactAsync<List<Result<Posted>>>(tenant, async unit => (await LedgerDoor.PostChainsAsync(unit, chains, default)).ToList(), default)).Value;
            Assert.Equal(expected, answers.Select(answer => answer.Problem?.Error.Code ?? answer.Value.ToString().ToLowerInvariant()));

            foreach (var (hold, _) in chains.SelectMany(chain => chain).Zip(expected).Where(pair => pair is { First.Kind: JournalKind.Pending, Second: "new" }))
                model.Opened((await database.App.ReadAsync(tenant, session => Journals.FindBySourceAsync(session, hold.Source, default), default))!.Id, hold);
        }

        foreach (var account in Accounts)
        {
            var balance = (await database.App.ReadAsync(tenant, session => LedgerDoor.BalanceAsync(session, account.Code, default), default))!;
            Assert.Equal(model.Balances[account.Code], new LedgerModel.Sums(balance.PostedDebits, balance.PostedCredits, balance.PendingDebits, balance.PendingCredits));
        }
        Assert.Empty((await database.App.ReadAsync(tenant, session => Verification.RunAsync(session, null, [], default), default)).Findings);
    }

    private static List<Journal> Chain(Random random, LedgerModel model, List<Journal> asked, int call)
    {
        var chain = new List<Journal>();
        for (var i = random.Next(4) == 0 ? random.Next(2, 4) : 1; i > 0; i--)
        {
            var journal = Next(random, model, asked, $"j:{call}:{asked.Count}");
            // A source that is twice in one chain is refused before the ledger is asked; the tables cover it.
            if (chain.Exists(other => other.Source == journal.Source)) continue;
            chain.Add(journal);
            asked.Add(journal);
        }
        return chain;
    }

    private static Journal Next(Random random, LedgerModel model, List<Journal> asked, string source)
    {
        var holds = model.OpenHolds.ToList();
        switch (random.Next(12))
        {
            case 0 when asked.Count > 0:
                return asked[random.Next(asked.Count)];
            case 1 when asked.Count > 0:
                return asked[random.Next(asked.Count)] with { Description = "another" };
            case 2 or 3:
                return Transfer(random, source).AsHold();
            case 4 or 5 or 6 when holds.Count > 0:
                return End(random, model, holds[random.Next(holds.Count)], source);
            case 7:
                return Split(random, source);
            default:
                return Transfer(random, source);
        }
    }

    private static Journal Transfer(Random random, string source)
    {
        var amount = random.Next(1, 200);
        return new(source, Today, "", [new(Pick(random), new(amount, Eur)), new(Pick(random), new(-amount, Eur))]);
    }

    private static Journal Split(Random random, string source)
    {
        var (first, second) = (random.Next(-100, 100), random.Next(-100, 100));
        return new(source, Today, "", [new(Pick(random), new(first, Eur)), new(Pick(random), new(second, Eur)), new(Pick(random), new(-first - second, Eur))]);
    }

    private static Journal End(Random random, LedgerModel model, JournalId id, string source)
    {
        var hold = model.Hold(id);
        var part = random.Next(0, (int)Math.Abs(hold.Postings[0].Amount.Minor) + 1);
        return new(source, Today, "",
        [
            .. hold.Postings.Select(posting => posting with { Layer = Layer.Released }),
            .. part == 0 ? [] : hold.Postings.Select(posting => new Posting(posting.Account, new(Math.Sign(posting.Amount.Minor) * part, Eur))),
        ])
        { Kind = part == 0 ? JournalKind.Void : JournalKind.Post, Related = id };
    }

    private static string Pick(Random random) => random.Next(40) switch { 0 => "nowhere", 1 => "xof", var i => Accounts[i % 6].Code };
}
