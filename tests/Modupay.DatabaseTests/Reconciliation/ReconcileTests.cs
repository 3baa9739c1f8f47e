using System.Text.Json.Nodes;
using Modupay.Kernel;
using Modupay.Reconciliation;

namespace Modupay.DatabaseTests.Reconciliation;

/// <summary>The engine over real tables: what it explains, what that does to the books, and that doing it again does nothing.</summary>
public sealed class ReconcileTests : IAsyncLifetime
{
    private ReconciliationScene _scene = null!;

    public async Task InitializeAsync() => _scene = await ReconciliationScene.StartAsync();

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task Orders_are_settled_by_the_lines_that_prove_them_and_the_books_agree_with_the_bank()
    {
        var payout = await _scene.SentPayoutAsync(250_000);
        var references = payout["slices"]!.AsArray().Select(slice => (string)slice!["endToEndId"]!).ToList();
        Assert.Equal("0 0 250000 0", await LedgerAsync());

        var lines = await _scene.StatementAsync(
            new Said(-100_000) { EndToEndId = references[0], BankReference = "B1" },
            new Said(-100_000) { Remittance = $"Order {references[1]} thanks" },
            new Said(-50_000) { Name = "EXAMPLE SUPPLIER", Iban = ReconciliationScene.CustomerIban },
            new Said(1_234));

        Assert.Equal("settled", (string?)(await _scene.GetAsync($"/v1/payouts/{payout["id"]}"))["state"]);
        Assert.Equal(["rf_reference", "rf_reference", "amount_date_counterparty"],
            await _scene.Fresh.LinesAsync("select rule from reconciliation.matches order by line_id"));
        Assert.Equal("bank -248766 ledger -248766 transit 0 unexplained 1234 difference 0", await _scene.BooksAsync());
        Assert.Equal("unmatched", await _scene.StateAsync(lines[3]));
        Assert.Equal(["statement_line.matched.v1 matched", "statement_line.matched.v1 matched", "statement_line.matched.v1 matched"], await _scene.EventsAsync("statement_line.%"));
        Assert.Equal(["slice.settled.v1 settled", "slice.settled.v1 settled", "slice.settled.v1 settled"], await _scene.EventsAsync("slice.settled%"));
        Assert.Equal(["payout.settled.v1 settled"], await _scene.EventsAsync("payout.settled%"));
    }

    [Fact]
    public async Task Rules_that_run_in_slices_explain_what_they_explain_in_one()
    {
        var item = await _scene.ExpectAsync(100, ""","endToEndId":"E1" """);
        var (progress, _) = await _scene.FileAsync(new Said(60) { EndToEndId = "E1" }, new Said(40) { EndToEndId = "E1" }, new Said(7));
        var slices = 0;
        do
        {
            progress = await new ReconcileStatement(_scene.Database, _scene.Cipher, TimeSpan.Zero).RunAsync(progress, default);
            slices++;
        }
        while (progress.Unfinished);

        Assert.True(slices > 1, $"{slices} slices");
        Assert.Equal((2, 1, null), (progress.Matched, progress.Unmatched, progress.Rules));
        Assert.Equal("settled", (string)(await _scene.GetAsync($"/v1/expected-items/{item}"))["state"]!);
    }

    [Fact]
    public async Task Running_again_and_side_by_side_changes_nothing()
    {
        for (var i = 1; i <= 30; i++) await _scene.ExpectAsync(i * 100, $$""","endToEndId":"E{{i}}" """);
        var (progress, _) = await _scene.FileAsync([.. Enumerable.Range(1, 30).Select(i => new Said(i * 100) { EndToEndId = $"E{i}" })]);
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => new ReconcileStatement(_scene.Database, _scene.Cipher).RunAsync(progress, default))));
        Assert.All(runs, run => Assert.InRange(run.Matched!.Value, 0, 30));
        await new ReconcileStatement(_scene.Database, _scene.Cipher).RunAsync(progress, default);

        Assert.Equal(30, await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.matches"));
        Assert.Equal(30, await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.decisions"));
        Assert.Equal(60, await _scene.Fresh.ScalarAsync<long>("select count(*) from ledger.journals where source like 'line:%' or source like 'match:%'"));
        Assert.Equal(30, (await _scene.EventsAsync("expected_item.settled%")).Count);
        Assert.Equal(0, (await _scene.RunAsync()).Matched);
        Assert.Equal("bank 46500 ledger 46500 transit 0 unexplained 0 difference 0", await _scene.BooksAsync());
    }

    [Fact]
    public async Task A_line_that_was_matched_since_it_was_read_is_not_taken_in_again()
    {
        await _scene.ExpectAsync(100, ""","endToEndId":"E1" """);
        var (progress, ids) = await _scene.FileAsync(new Said(100) { EndToEndId = "E1" });
        _ = Id.TryParse<StatementLineId>(ids[0], out var id);
        // What a slow run has read before a fast one finished.
        var read = await _scene.Database.ReadAsync(_scene.Tenant, session => Modupay.Banking.Statements.StatementLines.FindAllAsync(session, [id.Value], default), default);
        await new ReconcileStatement(_scene.Database, _scene.Cipher).RunAsync(progress, default);
        await _scene.Database.TransactAsync<int>(_scene.Tenant, async unit =>
            await TakeInLines.RunAsync(unit, _scene.Cipher, new CounterpartyKeyring(_scene.Cipher, _scene.Tenant), read, default), default);

        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.open_lines"));
        Assert.Equal(0, (await _scene.RunAsync()).Matched);
        Assert.Equal("bank 100 ledger 100 transit 0 unexplained 0 difference 0", await _scene.BooksAsync());
    }

    [Fact]
    public async Task What_the_bank_kept_is_posted_as_its_charge()
    {
        await _scene.PutAsync("/v1/reconciliation/rules", """{"basedOn":0,"rules":[{"rule":"rf_reference","feeTolerance":[{"amount":500,"currency":"EUR"}]}]}""");
        await _scene.ExpectAsync(10_000, ""","rfReference":"RF18539007547034" """);
        var lines = await _scene.StatementAsync(new Said(9_650) { Remittance = "RF18 5390 0754 7034 less fees" });

        var match = (await _scene.LineAsync(lines[0]))["matches"]![0]!;
        Assert.Equal((9_650L, 10_000L, 350L, 960), ((long)match["amount"]!["amount"]!, (long)match["itemAmount"]!["amount"]!, (long)match["evidence"]!["fee"]!["amount"]!, (int)match["score"]!));
        Assert.Equal(350, await _scene.Fresh.ScalarAsync<long>("select posted_debits from ledger.balances join ledger.accounts using (tenant_id, account_id) where code = 'bank-charges/EUR'"));
        Assert.Equal(1, await _scene.Fresh.ScalarAsync<int>("select rules_version from reconciliation.decisions"));
    }

    [Fact]
    public async Task An_item_is_paid_in_parts_until_nothing_is_left_of_it()
    {
        var item = await _scene.ExpectAsync(10_000, ""","endToEndId":"E1" """);
        await _scene.StatementAsync(new Said(4_000) { EndToEndId = "E1" });
        Assert.Equal(("partially_settled", 6_000L), await ItemAsync(item));
        await _scene.StatementAsync(new Said(6_000) { EndToEndId = "E1" });
        Assert.Equal(("settled", 0L), await ItemAsync(item));
        var late = await _scene.StatementAsync(new Said(1_000) { EndToEndId = "E1" });
        Assert.Equal("unmatched", await _scene.StateAsync(late[0]));
        Assert.Equal(["expected_item.settled.v1 settled"], await _scene.EventsAsync("expected_item.%"));
    }

    [Fact]
    public async Task A_batch_that_the_bank_booked_as_one_is_all_of_its_orders()
    {
        var payout = await _scene.SentPayoutAsync(350_000);
        await _scene.StatementAsync(new Said(-350_000) { CustomerReference = (string)payout["reference"]! });
        Assert.Equal(["one_to_many 900", "one_to_many 900", "one_to_many 900", "one_to_many 900"], await _scene.Fresh.LinesAsync("select rule || ' ' || score from reconciliation.matches"));
        Assert.Equal("settled", (string?)(await _scene.GetAsync($"/v1/payouts/{payout["id"]}"))["state"]);
        Assert.Equal("bank -350000 ledger -350000 transit 0 unexplained 0 difference 0", await _scene.BooksAsync());
    }

    [Fact]
    public async Task An_order_that_was_not_sent_is_not_proven_and_one_the_bank_refused_is_not_expected()
    {
        var payout = await _scene.PostAsync("/v1/payouts",
            $$"""{"treasuryAccount":"{{_scene.Account}}","amount":{"amount":500,"currency":"EUR"},"creditor":{"name":"Example Supplier","iban":"{{ReconciliationScene.CustomerIban}}"} }""", 201);
        var lines = await _scene.StatementAsync(new Said(-500) { EndToEndId = (string)payout["slices"]![0]!["endToEndId"]! });
        Assert.Equal("unmatched", await _scene.StateAsync(lines[0]));

        await _scene.Database.TransactAsync<bool>(_scene.Tenant, async unit =>
        {
            Assert.True(Id.TryParse<SliceId>((string?)payout["slices"]![0]!["id"], out var slice));
            await ReconciliationDoor.WithdrawAsync(unit, [slice], default);
            return true;
        }, default);
        Assert.Equal("canceled", (string?)(await _scene.GetAsync("/v1/expected-items?kind=slice")).AsArray()[0]!["state"]);
    }

    [Fact]
    public async Task A_line_whose_item_has_a_closed_account_stays_open_and_its_neighbours_are_served()
    {
        await _scene.Database.TransactAsync<bool>(_scene.Tenant, async unit =>
        {
            await Modupay.Ledger.LedgerDoor.OpenAccountsAsync(unit, [new("revenue", "Revenue", Currency.Known("EUR"), Modupay.Ledger.NormalSide.Credit)], default);
            return true;
        }, default);
        await _scene.ExpectAsync(100, ""","endToEndId":"E1","ledgerAccount":"revenue" """);
        await _scene.ExpectAsync(200, ""","endToEndId":"E2" """);
        await _scene.Database.TransactAsync<bool>(_scene.Tenant, async unit =>
        {
            var revenue = (await Modupay.Ledger.Accounts.FindByCodeAsync(unit, "revenue", default))!;
            return await Modupay.Ledger.Accounts.ChangeAsync(unit, revenue.Id, new(State: "closed"), default) is { } refused ? refused : true;
        }, default);
        var lines = await _scene.StatementAsync(new Said(100) { EndToEndId = "E1" }, new Said(200) { EndToEndId = "E2" });
        Assert.Equal(["unmatched", "matched"], [await _scene.StateAsync(lines[0]), await _scene.StateAsync(lines[1])]);
        Assert.Equal("bank 300 ledger 300 transit 0 unexplained 100 difference 0", await _scene.BooksAsync());
    }

    [Fact]
    public async Task Neither_names_nor_ibans_are_readable_in_the_tables_and_another_tenant_sees_nothing()
    {
        await _scene.ExpectAsync(100, $$""","counterparty":{"name":"Wassermann Brunnenbau","iban":"{{ReconciliationScene.CustomerIban}}"} """);
        await _scene.StatementAsync(new Said(100) { Name = "WASSERMANN BRUNNENBAU GMBH", Iban = ReconciliationScene.CustomerIban });
        foreach (var table in new[] { "expected_items", "open_lines", "matches", "decisions" })
            Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>($"select count(*) from reconciliation.{table} as r where r::text ilike '%wassermann%' or r::text like '%{ReconciliationScene.CustomerIban}%'"));
        Assert.Equal(1, await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.matches"));

        var other = await _scene.Fresh.TenantAsync();
        Assert.Empty(await _scene.Fresh.App.ListAsync(other, "select 1 from reconciliation.expected_items union all select 1 from reconciliation.matches union all select 1 from reconciliation.decisions", [], row => row.GetInt32(0), default));
    }

    [Fact]
    public async Task More_than_an_item_is_cannot_be_taken_from_it_whatever_a_program_tries()
    {
        var item = await _scene.ExpectAsync(100);
        _ = Id.TryParse<ExpectedItemId>(item, out var id);
        var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => _scene.Database.ExecuteAsync(_scene.Tenant, ItemSql.Settle, [new[] { id.Value }, new[] { 101L }, _scene.Clock.GetUtcNow()], default));
        Assert.Equal(Npgsql.PostgresErrorCodes.CheckViolation, refused.SqlState);
    }

    [Fact]
    public async Task What_is_past_its_day_is_reported_once()
    {
        await _scene.ExpectAsync(100, $$""","dueOn":"{{_scene.Today.AddDays(-1):O}}","reference":"INV-1" """);
        await _scene.ExpectAsync(200, $$""","dueOn":"{{_scene.Today:O}}" """);
        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ReportOverdueItems.RunAsync(_scene.Database, _scene.Tenant, default)));
        Assert.Equal(1, runs.Sum());
        Assert.Equal(0, await ReportOverdueItems.RunAsync(_scene.Database, _scene.Tenant, default));
        Assert.Equal("INV-1", (string?)(await _scene.GetAsync("/v1/expected-items?overdue=true")).AsArray().Single()!["reference"]);
        Assert.Equal(["expected_item.overdue.v1 open"], await _scene.EventsAsync("expected_item.%"));
    }

    private async Task<(string?, long)> ItemAsync(string id)
    {
        var item = await _scene.GetAsync($"/v1/expected-items/{id}");
        return ((string?)item["state"], (long)item["openAmount"]!["amount"]!);
    }

    private async Task<string> LedgerAsync()
    {
        JsonNode balances = (await _scene.GetAsync($"/v1/treasury-accounts/{_scene.Account}"))["balances"]!;
        return $"{balances["atBank"]!["amount"]} {balances["unexplained"]!["amount"]} {balances["inTransit"]!["amount"]} 0";
    }
}
