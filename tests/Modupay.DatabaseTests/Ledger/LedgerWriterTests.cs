using Modupay.Ledger;
using Modupay.Ledger.Proof;
using Npgsql;

namespace Modupay.DatabaseTests.Ledger;

public sealed class LedgerWriterTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly Currency Eur = Currency.Known("EUR");
    private static readonly DateOnly Today = new(2026, 3, 2);

    [Fact]
    public async Task Many_who_post_at_once_share_their_commits_and_each_hears_what_became_of_his_own()
    {
        var (tenant, other) = (await OpenAsync(), await OpenAsync());
        await using var writer = new LedgerWriter(database.App);
        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(async i =>
        {
            var whose = i / 2 % 3 == 0 ? other : tenant;
            return (Kind: i % 10, Outcome: await writer.PostAsync(whose, (i % 10) switch
            {
                // More than there is; the same as the one before; its source for something else.
                3 => Transfer($"w:{i}", "purse", "bank", 1_000_000),
                5 => Transfer($"w:{i - 1}", "bank", "purse", i),
                7 => Transfer($"w:{i - 1}", "bank", "purse", 1_000),
                _ => Transfer($"w:{i}", "bank", "purse", i + 1),
            }, default));
        }));

        // Of each ten, one is refused, two are one, and of two others one is too late.
        Dictionary<int, string[]> heard = answers.GroupBy(answer => answer.Kind).ToDictionary(kind => kind.Key, kind => kind.Select(answer => answer.Outcome.Problem?.Error.Code ?? answer.Outcome.Value.ToString()).ToArray());
        foreach (var kind in new[] { 0, 1, 2, 8, 9 }) Assert.All(heard[kind], outcome => Assert.Equal("New", outcome));
        Assert.All(heard[3], outcome => Assert.Equal("debit_limit_exceeded", outcome));
        Assert.All(heard[4].Zip(heard[5]), pair => Assert.Equal(["New", "Repeated"], new[] { pair.First, pair.Second }.Order(StringComparer.Ordinal)));
        Assert.All(heard[6].Zip(heard[7]), pair => Assert.Equal(["New", "journal_conflicting"], new[] { pair.First, pair.Second }.Order(StringComparer.Ordinal)));
        var commits = await database.ScalarAsync<long>("select count(distinct (tenant_id, recorded_at)) from ledger.journals");
        var journals = await database.ScalarAsync<long>("select count(*) from ledger.journals");
        Assert.InRange(commits, 2, journals / 4);
        foreach (var whose in new[] { tenant, other })
            Assert.Empty((await database.App.ReadAsync(whose, session => Verification.RunAsync(session, null, [], default), default)).Findings);
    }

    [Fact]
    public async Task When_the_database_drops_a_batch_everybody_in_it_hears_so_and_may_ask_again()
    {
        var tenant = await OpenAsync();
        await using var writer = new LedgerWriter(database.App);
        Task<Result<Posted>>[] waiting;
        await using (await LockedAsync(tenant))
        {
            // The first goes alone; the others gather behind it and go when the lock is gone.
            var first = writer.PostAsync(tenant, Transfer("x:0", "bank", "purse", 1), default);
            await WaiterAsync("true");
            waiting = [.. Enumerable.Range(1, 4).Select(i => writer.PostAsync(tenant, Transfer($"x:{i}", "bank", "purse", 1), default))];
            await WaiterAsync("pg_terminate_backend(pid)");
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => first);
        }
        Assert.All(await Task.WhenAll(waiting), outcome => Assert.Equal(Posted.New, outcome.Value));
        Assert.Equal(Posted.New, (await writer.PostAsync(tenant, Transfer("x:0", "bank", "purse", 1), default)).Value);
    }

    [Fact]
    public async Task Who_stops_waiting_has_posted_all_the_same_and_who_leaves_waits_for_what_is_under_way()
    {
        var tenant = await OpenAsync();
        var writer = new LedgerWriter(database.App);
        using var impatient = new CancellationTokenSource();
        Task<Result<Posted>> queued;
        Task leaving;
        await using (await LockedAsync(tenant))
        {
            var given = writer.PostAsync(tenant, Transfer("y:1", "bank", "purse", 1), impatient.Token);
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
            queued = writer.PostAsync(tenant, Transfer("y:2", "bank", "purse", 1), default);
            leaving = writer.DisposeAsync().AsTask();
            Assert.False(leaving.IsCompleted);
        }
        await leaving;
        Assert.Equal(Posted.New, (await queued).Value);
        Assert.Equal(Posted.Repeated, (await LedgerDoor.PostAloneAsync(database.App, tenant, [[Transfer("y:1", "bank", "purse", 1)]], default))[0].Value);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writer.PostAsync(tenant, Transfer("y:3", "bank", "purse", 1), default));
    }

    /// <summary>Somebody holds the balances, so whoever posts has to wait until this is disposed.</summary>
    private async Task<NpgsqlConnection> LockedAsync(TenantId tenant)
    {
        var connection = new NpgsqlConnection(database.ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"begin; select from ledger.balances where tenant_id = '{tenant.Value}' for update", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Returns when somebody waits for the lock and what is asked of him is true.</summary>
    private async Task WaiterAsync(string asked)
    {
        while (await database.ScalarAsync<long>($"select count(*) filter (where {asked}) from pg_stat_activity where datname = '{database.Name}' and wait_event_type = 'Lock'") == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(5));
    }

    private async Task<TenantId> OpenAsync()
    {
        var tenant = await database.TenantAsync();
        await database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit, [new("bank", "", Eur, NormalSide.Debit), new("purse", "", Eur, NormalSide.Credit, DebitLimit: 0)], default);
            return true;
        }, default);
        return tenant;
    }

    private static Journal Transfer(string source, string debit, string credit, long amount) => new(source, Today, "", [new(debit, new(amount, Eur)), new(credit, new(-amount, Eur))]);
}
