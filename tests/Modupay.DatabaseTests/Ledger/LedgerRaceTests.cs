using Modupay.Ledger;
using Modupay.Ledger.Proof;
using Npgsql;

namespace Modupay.DatabaseTests.Ledger;

public sealed class LedgerRaceTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Writers = 12;
    private const int Calls = 30;
    private static readonly Currency Eur = Currency.Known("EUR");
    private static readonly DateOnly Today = new(2026, 3, 2);
    private static readonly string[] Codes = ["bank", "busy", "a", "b", "c", "d"];

    [Fact]
    public async Task Many_writers_in_any_order_with_connections_that_die_leave_a_ledger_without_a_scratch()
    {
        var tenant = await OpenAsync();
        using var over = new CancellationTokenSource();
        var killer = KillAsync(over.Token);
        var keeper = KeepUpAsync(tenant, over.Token);
        var claims = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(tenant, writer))));
        await over.CancelAsync();
        var killed = await killer;
        await keeper;
        Assert.True(await database.ScalarAsync<long>($"select count(*) from ledger.journals where tenant_id = '{tenant.Value}' and kind = 'expire'") > 0, "No hold expired while others posted.");

        Assert.True(killed > 0, "No connection was killed, so nothing was proven.");
        var report = await database.App.ReadAsync(tenant, session => Verification.RunAsync(session, null, [], default), default);
        Assert.Empty(report.Findings);
        Assert.True(report.Journals > Writers, $"Only {report.Journals} journals survived.");
        // Whoever heard "new" was told the truth.
        foreach (var source in claims.SelectMany(heard => heard))
            Assert.NotNull(await database.App.ReadAsync(tenant, session => Journals.FindBySourceAsync(session, source, default), default));
        Assert.Equal(0, await database.ScalarAsync<long>($"select sum(posted_debits - posted_credits)::bigint from ledger.balances where tenant_id = '{tenant.Value}'"));
        Assert.Equal(0, await database.ScalarAsync<long>($"""
            select count(*) from ledger.balances where tenant_id = '{tenant.Value}' and debit_limit_minor = 0 and posted_debits + pending_debits > posted_credits
            """));
    }

    [Fact]
    public async Task Eight_posters_of_one_journal_post_it_once()
    {
        var tenant = await OpenAsync();
        for (var round = 0; round < 20; round++)
        {
            var journal = Transfer($"same:{round}", "bank", "a", 5);
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => LedgerDoor.PostAloneAsync(database.App, tenant, [[journal]], default)));
            Assert.Equal(1, outcomes.Count(outcome => outcome[0].Value == Posted.New));
            Assert.Equal(7, outcomes.Count(outcome => outcome[0].Value == Posted.Repeated));
        }
    }

    [Fact]
    public async Task Twins_on_different_accounts_are_still_one_journal()
    {
        var tenant = await OpenAsync();
        for (var round = 0; round < 20; round++)
        {
            // No balance in common, so no lock makes one wait for the other.
            var outcomes = await Task.WhenAll(
                LedgerDoor.PostAloneAsync(database.App, tenant, [[Transfer($"twin:{round}", "bank", "a", 5)]], default),
                LedgerDoor.PostAloneAsync(database.App, tenant, [[Transfer($"twin:{round}", "e", "f", 5)]], default));
            Assert.Equal(["New", "journal_conflicting"], outcomes.Select(outcome => outcome[0].Problem?.Error.Code ?? outcome[0].Value.ToString()).Order(StringComparer.Ordinal));
        }
        Assert.Empty((await database.App.ReadAsync(tenant, session => Verification.RunAsync(session, null, [], default), default)).Findings);
    }

    [Fact]
    public async Task An_account_is_opened_as_one_thing_and_whoever_wanted_another_hears_so()
    {
        var tenant = await database.TenantAsync();
        for (var round = 0; round < 20; round++)
        {
            var opened = await AtOnce.RunAsync(async i =>
            {
                var account = new NewAccount($"round/{round}", "", Currency.Known(i % 2 == 0 ? "EUR" : "XOF"), NormalSide.Debit);
                return (account.Currency, (await database.App.TransactAsync<bool>(tenant, async unit => await Accounts.OpenAsync(unit, [account], default) is { } refused ? refused : true, default)).Problem?.Error.Code);
            });
            var kept = (await database.App.ReadAsync(tenant, session => Accounts.FindByCodeAsync(session, $"round/{round}", default), default))!.Balance.Currency;
            Assert.All(opened, answer => Assert.Equal(answer.Currency == kept ? null : "account_different", answer.Code));
        }
    }

    [Fact]
    public async Task A_journal_that_many_reverse_at_once_is_reversed_once_also_where_no_balance_is_in_common()
    {
        var tenant = await OpenAsync();
        for (var round = 0; round < 10; round++)
        {
            // Four rows share the balance of this account, so those who post to it need not meet.
            var journal = new Journal($"wrong:{round}", Today, "", [new("busy", new(5, Eur)), new("busy", new(-5, Eur))]);
            await LedgerDoor.PostAloneAsync(database.App, tenant, [[journal]], default);
            var id = (await database.App.ReadAsync(tenant, session => Journals.FindBySourceAsync(session, journal.Source, default), default))!.Id;
            var answers = await AtOnce.RunAsync(async i => (await database.App.TransactAsync(tenant, unit => Reversals.ReverseAsync(unit, $"undo:{round}:{i}", id, Today, "", default), default)).Problem?.Error.Code ?? "");
            Assert.Equal(["", .. Enumerable.Repeat("already_reversed", AtOnce.Many - 1)], answers.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Whoever_closes_an_account_waits_for_who_is_posting_to_it()
    {
        var tenant = await OpenAsync();
        for (var round = 0; round < 3; round++)
        {
            var code = $"closing/{round}";
            await database.App.TransactAsync<bool>(tenant, async unit =>
            {
                await LedgerDoor.OpenAccountsAsync(unit, [new(code, "", Eur, NormalSide.Credit)], default);
                return true;
            }, default);
            var account = (await database.App.ReadAsync(tenant, session => Accounts.FindByCodeAsync(session, code, default), default))!.Id;
            var posted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

            var answers = await AtOnce.RunAsync(async i => (i == 0 ? (await PostAsync(code, posted)).Problem : (await CloseAsync(account, posted.Task)).Problem)?.Error.Code, callers: 4);

            Assert.Equal([null, "account_not_empty", "account_not_empty", "account_not_empty"], answers);
            Assert.Equal("open", (await database.App.ReadAsync(tenant, session => Accounts.FindAsync(session, account, default), default))!.State);
        }

        async Task<Result<Posted>> PostAsync(string code, TaskCompletionSource posted)
        {
            try
            {
                return await database.App.TransactAsync(tenant, async unit =>
                {
                    var answer = await LedgerDoor.PostAsync(unit, Transfer(code, "bank", code, 5), default);
                    posted.TrySetResult();
                    // Time for the others to look at a balance that is not committed yet.
                    await unit.ListAsync("select pg_sleep(0.1)", [], _ => true, default);
                    return answer;
                }, default);
            }
            finally
            {
                posted.TrySetResult();
            }
        }

        async Task<Result<bool>> CloseAsync(LedgerAccountId account, Task posted)
        {
            await posted;
            return await database.App.TransactAsync<bool>(tenant, async unit => await Accounts.ChangeAsync(unit, account, new AccountChange(State: "closed"), default) is { } refused ? refused : true, default);
        }
    }

    [Fact]
    public async Task Batches_over_the_same_accounts_in_opposite_orders_do_not_deadlock()
    {
        var tenant = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var call = 0; call < 10; call++)
            {
                var journals = Enumerable.Range(0, 20).Select(i => Transfer($"b:{writer}:{call}:{i}", Codes[(i + writer) % 6], Codes[(i * 5 + writer + 1) % 6], 1));
                if (writer % 2 == 1) journals = journals.Reverse();
                // In a transaction of the caller's, where nobody retries.
                var posted = await database.App.TransactAsync<int>(tenant, async unit =>
                    (await LedgerDoor.PostChainsAsync(unit, [.. journals.Select(journal => new[] { journal })], default)).Count, default);
                Assert.Equal(20, posted.Value);
            }
        })));
    }

    private async Task<List<string>> WriteAsync(TenantId tenant, int writer)
    {
        var random = new Random(writer);
        var heard = new List<string>();
        for (var call = 0; call < Calls; call++)
        {
            var journals = Enumerable.Range(0, random.Next(1, 6)).Select(i => Transfer($"r:{writer}:{call}:{i}", Codes[random.Next(6)], Codes[random.Next(6)], random.Next(1, 50))).ToList();
            if (random.Next(4) == 0) journals[0] = journals[0].AsHold(random.Next(2) == 0 ? TimeProvider.System.GetUtcNow().AddMilliseconds(random.Next(40)) : null);
            if (random.Next(4) == 0) journals[^1] = journals[^1] with { Conditions = [new Condition("a", Eur) { AtLeast = random.Next(100) }] };
            IReadOnlyList<IReadOnlyList<Journal>> chains = random.Next(2) == 0 ? [journals] : [.. journals.Select(journal => new[] { journal })];
            for (var tries = 0; tries < 20; tries++)
            {
                try
                {
                    var outcomes = await LedgerDoor.PostAloneAsync(database.App, tenant, chains, default);
                    heard.AddRange(chains.SelectMany(chain => chain).Zip(outcomes).Where(pair => pair.Second.Problem is null).Select(pair => pair.First.Source));
                    if (random.Next(3) == 0) await EndSomeHoldAsync(tenant, $"e:{writer}:{call}", random);
                    break;
                }
                catch (NpgsqlException)
                {
                    // Killed before, during or after the commit: the writer cannot know, and asks again.
                }
            }
        }
        return heard;
    }

    private async Task EndSomeHoldAsync(TenantId tenant, string source, Random random)
    {
        var open = await database.App.ListAsync(tenant, "select journal_id from ledger.holds where tenant_id = $1", [tenant.Value], row => new JournalId(row.GetGuid(0)), default);
        if (open.Count == 0) return;
        await database.App.TransactAsync(tenant, unit => random.Next(2) == 0
            ? Holds.VoidAsync(unit, source, open[random.Next(open.Count)], Today, "", default)
            : Holds.PostAsync(unit, source, open[random.Next(open.Count)], Today, "", null, default), default);
    }

    /// <summary>Holds expire, blocks are sealed and days rolled up while everybody posts; whoever is killed in the middle starts again.</summary>
    private async Task KeepUpAsync(TenantId tenant, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await LedgerUpkeep.RunAsync(database.App, tenant, CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                // Killed; the next run does what is left.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        }
    }

    private async Task<int> KillAsync(CancellationToken ct)
    {
        var killed = 0;
        while (!ct.IsCancellationRequested)
        {
            killed += (int)await database.ScalarAsync<long>($"""
                select count(*) filter (where pg_terminate_backend(pid)) from (
                    select pid from pg_stat_activity where datname = '{database.Name}' and usename = 'modupay_app' and state <> 'idle' order by random() limit 1) as victim
                """);
            await Task.Delay(TimeSpan.FromMilliseconds(15), CancellationToken.None);
        }
        return killed;
    }

    private async Task<TenantId> OpenAsync()
    {
        var tenant = await database.TenantAsync();
        await database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit,
            [
                new("bank", "", Eur, NormalSide.Debit), new("busy", "", Eur, NormalSide.Debit, Shards: 4), new("a", "", Eur, NormalSide.Credit, DebitLimit: 0),
                new("b", "", Eur, NormalSide.Credit, DebitLimit: 0), new("c", "", Eur, NormalSide.Credit), new("d", "", Eur, NormalSide.Credit),
                new("e", "", Eur, NormalSide.Debit), new("f", "", Eur, NormalSide.Credit),
            ], default);
            return true;
        }, default);
        return tenant;
    }

    private static Journal Transfer(string source, string debit, string credit, long amount) => new(source, Today, "", [new(debit, new(amount, Eur)), new(credit, new(-amount, Eur))]);
}
