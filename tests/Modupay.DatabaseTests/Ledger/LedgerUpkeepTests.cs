using Modupay.Ledger;
using Modupay.Ledger.Proof;

namespace Modupay.DatabaseTests.Ledger;

public sealed class LedgerUpkeepTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly Currency Eur = Currency.Known("EUR");
    private static readonly DateOnly Today = new(2026, 3, 2);

    [Fact]
    public async Task The_relay_finds_whose_turn_it_is_and_a_turn_leaves_nothing_to_do()
    {
        var tenant = await database.TenantAsync();
        var idle = await database.TenantAsync();
        await database.App.TransactAsync<Posted>(tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit, [new("a", "", Eur, NormalSide.Debit), new("b", "", Eur, NormalSide.Credit)], default);
            return await LedgerDoor.PostAsync(unit, new Journal("hold", Today, "", [new("a", new(1, Eur)), new("b", new(-1, Eur))]).AsHold(unit.Now.AddMinutes(-1)), default);
        }, default);

        var due = await LedgerUpkeep.TenantsWithWorkAsync(database.Relay, default).ToListAsync();
        Assert.Contains(tenant, due);
        Assert.DoesNotContain(idle, due);
        Assert.Equal(new UpkeepDone(1, 1), await LedgerUpkeep.RunAsync(database.App, tenant, default));
        Assert.DoesNotContain(tenant, await LedgerUpkeep.TenantsWithWorkAsync(database.Relay, default).ToListAsync());
        Assert.Equal(new UpkeepDone(0, 0), await LedgerUpkeep.RunAsync(database.App, tenant, default));
    }

    [Fact]
    public async Task Sealers_at_once_make_one_chain()
    {
        var tenant = await database.TenantAsync();
        await database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit, [new("a", "", Eur, NormalSide.Debit), new("b", "", Eur, NormalSide.Credit)], default);
            return true;
        }, default);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                await LedgerDoor.PostAloneAsync(database.App, tenant, [[new Journal($"{worker}:{i}", Today, "", [new("a", new(1, Eur)), new("b", new(-1, Eur))])]], default);
                await LedgerUpkeep.RunAsync(database.App, tenant, default);
            }
        })));
        var report = await database.App.ReadAsync(tenant, session => Verification.RunAsync(session, default), default);
        Assert.Empty(report.Findings);
        Assert.Equal(60, report.Journals);
    }

    [Fact]
    public async Task An_exchange_balances_in_both_currencies_through_their_positions()
    {
        var xof = Currency.Known("XOF");
        var tenant = await database.TenantAsync();
        var posted = await database.App.TransactAsync(tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit,
                [new("eur", "", Eur, NormalSide.Credit), new("xof", "", xof, NormalSide.Credit), Exchange.Position(Eur), Exchange.Position(xof)], default);
            return await LedgerDoor.PostAsync(unit, Exchange.Journal("fx:1", Today, "", new("eur", new(10_000, Eur)), new("xof", new(-65_596, xof))), default);
        }, default);
        Assert.Equal(Posted.New, posted.Value);
        Assert.Equal(-10_000, (await database.App.ReadAsync(tenant, session => LedgerDoor.BalanceAsync(session, "fx/eur/position", default), default))!.Balance.Minor);
        Assert.Equal(65_596, (await database.App.ReadAsync(tenant, session => LedgerDoor.BalanceAsync(session, "fx/xof/position", default), default))!.Balance.Minor);
    }
}
