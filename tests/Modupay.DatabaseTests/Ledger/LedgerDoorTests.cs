using Modupay.Ledger;
using Npgsql;

namespace Modupay.DatabaseTests.Ledger;

public sealed class LedgerDoorTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly Currency Eur = Currency.Known("EUR");
    private static readonly DateOnly Today = new(2026, 3, 2);

    [Fact]
    public async Task A_journal_is_posted_once_and_moves_both_balances()
    {
        var tenant = await OpenAsync();

        Assert.Equal(Posted.New, (await PostAsync(tenant, Transfer("t:1", 700))).Value);
        Assert.Equal(Posted.Repeated, (await PostAsync(tenant, Transfer("t:1", 700))).Value);
        Assert.Equal("journal_conflicting", (await PostAsync(tenant, Transfer("t:1", 701))).Problem?.Error.Code);

        Assert.Equal((700, 1), await BalanceAsync(tenant, "bank"));
        Assert.Equal((700, 1), await BalanceAsync(tenant, "wallet"));
    }

    [Fact]
    public async Task A_journal_that_does_not_add_up_is_refused_and_leaves_nothing()
    {
        var tenant = await OpenAsync();
        var journal = new Journal("t:1", Today, "", [new("bank", new(100, Eur)), new("wallet", new(-99, Eur))]);

        Assert.Equal("journal_unbalanced", (await PostAsync(tenant, journal)).Problem?.Error.Code);
        Assert.Equal((0, 0), await BalanceAsync(tenant, "bank"));
        Assert.Equal(Posted.New, (await PostAsync(tenant, Transfer("t:1", 5))).Value);
    }

    [Fact]
    public async Task A_limit_is_kept_and_the_refusal_names_the_account()
    {
        var tenant = await OpenAsync();
        Assert.Equal(Posted.New, (await PostAsync(tenant, Transfer("in", 100))).Value);

        var refused = await PostAsync(tenant, Transfer("out", -101));
        Assert.Equal("debit_limit_exceeded", refused.Problem?.Error.Code);
        Assert.Contains("'wallet'", refused.Problem!.Detail, StringComparison.Ordinal);
        Assert.Equal(Posted.New, (await PostAsync(tenant, Transfer("out", -100))).Value);
    }

    [Fact]
    public async Task A_chain_is_posted_whole_or_not_at_all_and_does_not_disturb_its_neighbours()
    {
        var tenant = await OpenAsync();
        var outcomes = (await database.App.TransactAsync<List<string>>(tenant, async unit =>
            (await LedgerDoor.PostChainsAsync(unit,
            [
                [Transfer("a", 100)],
                [Transfer("b", 50), Transfer("c", -500)],
                [Transfer("d", -100)],
                [Transfer("e", -1)],
                [Transfer("a", 100)],
            ], default)).ConvertAll(outcome => outcome.Problem?.Error.Code ?? outcome.Value.ToString()), default)).Value;

        Assert.Equal(["New", "linked_refused", "debit_limit_exceeded", "New", "debit_limit_exceeded", "Repeated"], outcomes);
        Assert.Equal((0, 2), await BalanceAsync(tenant, "wallet"));
    }

    [Fact]
    public async Task Many_journals_of_one_call_number_their_postings_in_order()
    {
        var tenant = await OpenAsync();
        var journals = Enumerable.Range(1, 1000).Select(i => Transfer($"j:{i}", i)).ToList();
        var posted = await database.App.TransactAsync(tenant, unit => LedgerDoor.PostAllAsync(unit, journals, default), default);

        Assert.Equal(1000, posted.Value.Count(outcome => outcome == Posted.New));
        Assert.Equal((500_500, 1000), await BalanceAsync(tenant, "bank"));
        Assert.Equal(1000, await database.ScalarAsync<long>($"""
            select count(*) from (select after_minor = sum(amount_minor) over (order by version) as right from ledger.postings
                join ledger.accounts using (tenant_id, account_id) where tenant_id = '{tenant.Value}' and code = 'bank') as posting where posting.right
            """));
    }

    [Fact]
    public async Task Nobody_but_the_ledger_writes_to_the_ledger()
    {
        var tenant = await OpenAsync();
        await PostAsync(tenant, Transfer("t:1", 1));
        foreach (var sql in new[]
        {
            "insert into ledger.journals values (null)", "update ledger.balances set version = 7", "update ledger.postings set line = 2", "delete from ledger.journals", "truncate ledger.postings",
        })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => database.AsAsync("modupay_app", sql));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
        var owner = await Assert.ThrowsAsync<PostgresException>(() => database.AsAsync("modupay_owner", $"select set_config('app.tenant', '{tenant.Value}', false); delete from ledger.postings"));
        Assert.Equal(PostgresErrorCodes.RestrictViolation, owner.SqlState);
        var unbalanced = await Assert.ThrowsAsync<PostgresException>(() => database.AsAsync("modupay_owner", $"""
            select set_config('app.tenant', '{tenant.Value}', false);
            insert into ledger.postings (tenant_id, journal_id, line, account_id, shard, version, amount_minor, after_minor, currency, layer, effective_on)
            values ('{tenant.Value}', gen_random_uuid(), 1, gen_random_uuid(), 0, 1, 1, 1, 'EUR', 'posted', '2026-01-01')
            """));
        Assert.Equal("balanced", unbalanced.ConstraintName);
    }

    [Fact]
    public async Task Another_tenant_sees_nothing_and_cannot_post_to_it()
    {
        var tenant = await OpenAsync();
        var other = await database.TenantAsync();
        Assert.Null(await database.App.ReadAsync(other, session => LedgerDoor.BalanceAsync(session, "bank", default), default));
        Assert.Equal("account_unknown", (await PostAsync(other, Transfer("t:1", 1))).Problem?.Error.Code);
        Assert.Equal((0, 0), await BalanceAsync(tenant, "bank"));
    }

    private async Task<TenantId> OpenAsync()
    {
        var tenant = await database.TenantAsync();
        for (var again = 0; again < 2; again++)
            await database.App.TransactAsync<bool>(tenant, async unit =>
            {
                await LedgerDoor.OpenAccountsAsync(unit, [new("bank", "Bank", Eur, NormalSide.Debit), new("wallet", "Wallet", Eur, NormalSide.Credit, DebitLimit: 0)], default);
                return true;
            }, default);
        return tenant;
    }

    private static Journal Transfer(string source, long amount) => new(source, Today, "Test", [new("bank", new(amount, Eur)), new("wallet", new(-amount, Eur))]);

    private Task<Result<Posted>> PostAsync(TenantId tenant, Journal journal) =>
        database.App.TransactAsync(tenant, unit => LedgerDoor.PostAsync(unit, journal, default), default);

    private async Task<(long, long)> BalanceAsync(TenantId tenant, string account)
    {
        var balance = await database.App.ReadAsync(tenant, session => LedgerDoor.BalanceAsync(session, account, default), default);
        return (balance!.Balance.Minor, balance.Version);
    }
}
