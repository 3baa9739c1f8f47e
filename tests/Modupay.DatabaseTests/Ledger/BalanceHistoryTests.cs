using Modupay.Ledger;
using Modupay.Ledger.Proof;

namespace Modupay.DatabaseTests.Ledger;

/// <summary>A balance at a date is the same before and after days were rolled up, whatever is dated back in between.</summary>
public sealed class BalanceHistoryTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly Currency Eur = Currency.Known("EUR");
    private static readonly DateOnly First = new(2026, 3, 1);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Rolling_up_changes_no_balance_at_any_date(int shards)
    {
        var tenant = await LedgerAsync(shards);
        var random = new Random(7);
        var byDay = new long[10];
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < 25; i++)
            {
                var (day, amount) = (random.Next(byDay.Length), random.Next(1, 100));
                byDay[day] += amount;
                await PostAsync(tenant, new Journal($"s:{round}:{i}", First.AddDays(day), "", [new("busy", new(amount, Eur)), new("other", new(-amount, Eur))]));
            }
            await PostAsync(tenant, new Journal($"h:{round}", First, "", [new("busy", new(5, Eur)), new("other", new(-5, Eur))]).AsHold());
            Assert.Equal(Expected(byDay), await BalancesAsync(tenant));
            var rolled = (await database.App.TransactAsync<int>(tenant, async unit => await unit.ScalarAsync<int>(AccountSql.RollUp, [1L], default), default)).Value;
            Assert.True(rolled >= 2);
            Assert.Equal(Expected(byDay), await BalancesAsync(tenant));
            Assert.Empty((await VerifyAsync(tenant)).Findings);
        }
        await database.AsSuperuserAsync($"update ledger.day_totals set debits = debits + 1 where tenant_id = '{tenant.Value}' and effective_on = '2026-03-04'");
        Assert.Contains(new Finding("day_total_wrong", "busy"), (await VerifyAsync(tenant)).Findings);
    }

    [Fact]
    public async Task Two_who_roll_up_at_once_count_nothing_twice()
    {
        var tenant = await LedgerAsync(1);
        for (var i = 0; i < 30; i++) await PostAsync(tenant, new Journal($"s:{i}", First, "", [new("busy", new(1, Eur)), new("other", new(-1, Eur))]));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => database.App.TransactAsync<int>(tenant, async unit => await unit.ScalarAsync<int>(AccountSql.RollUp, [1L], default), default)));
        Assert.Equal(30, (await BalancesAsync(tenant))[0]);
        Assert.Empty((await VerifyAsync(tenant)).Findings);
    }

    private static long[] Expected(long[] byDay) => [.. byDay.Select((_, day) => byDay.Take(day + 1).Sum())];

    private async Task<long[]> BalancesAsync(TenantId tenant) => await database.App.ReadAsync(tenant, async session =>
    {
        var id = (await Accounts.FindByCodeAsync(session, "busy", default))!.Id;
        var balances = new long[10];
        for (var day = 0; day < balances.Length; day++)
        {
            var (debits, credits) = await Accounts.BalanceAtAsync(session, id, First.AddDays(day), default);
            balances[day] = debits - credits;
            var row = (await Accounts.TrialBalanceAsync(session, First.AddDays(day), default)).Single(line => line.Account == "busy");
            Assert.Equal((debits, credits), (row.Debits, row.Credits));
        }
        return balances;
    }, default);

    private async Task<TenantId> LedgerAsync(int shards)
    {
        var tenant = await database.TenantAsync();
        await database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit, [new("busy", "", Eur, NormalSide.Debit, Shards: shards), new("other", "", Eur, NormalSide.Credit)], default);
            return true;
        }, default);
        return tenant;
    }

    private Task<IReadOnlyList<Result<Posted>>> PostAsync(TenantId tenant, Journal journal) => LedgerDoor.PostAloneAsync(database.App, tenant, [[journal]], default);

    private Task<VerificationReport> VerifyAsync(TenantId tenant) => database.App.ReadAsync(tenant, session => Verification.RunAsync(session, null, [], default), default);
}
