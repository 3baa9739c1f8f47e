using System.Text.Json.Nodes;
using Modupay.Reconciliation;

namespace Modupay.DatabaseTests.Reconciliation;

/// <summary>What a person decides stands: over the API, against other people, and against the engine however often it runs.</summary>
public sealed class PeopleTests : IAsyncLifetime
{
    private ReconciliationScene _scene = null!;

    public async Task InitializeAsync() => _scene = await ReconciliationScene.StartAsync();

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task The_queue_shows_what_is_open_with_its_age_and_what_it_could_be()
    {
        var near = await _scene.ExpectAsync(10_000, ""","reference":"INV-1","counterparty":{"name":"Dupont SA"} """);
        await _scene.ExpectAsync(10_100, ""","reference":"INV-2" """);
        await _scene.ExpectAsync(-10_000, ""","reference":"out" """);
        var lines = await _scene.StatementAsync(new Said(10_000) { Days = -4, Name = "DURAND" }, new Said(77) { Days = -1 });

        var queue = (await _scene.GetAsync("/v1/statement-lines?state=unmatched&minAgeDays=2")).AsArray();
        Assert.Equal((lines[0], 4), ((string)queue.Single()!["id"]!, (int)queue[0]!["ageDays"]!));
        Assert.Equal([lines[1]], (await _scene.GetAsync("/v1/statement-lines?maxAmount=100")).AsArray().Select(line => (string)line!["id"]!));
        Assert.Empty((await _scene.GetAsync("/v1/statement-lines?state=matched,ignored")).AsArray());

        var candidates = (await _scene.GetAsync($"/v1/statement-lines/{lines[0]}/candidates")).AsArray();
        Assert.Equal(["INV-1", "INV-2"], candidates.Select(candidate => (string)candidate!["item"]!["reference"]!));
        Assert.Equal(near, (string)candidates[0]!["item"]!["id"]!);
        Assert.True((int)candidates[0]!["score"]! > (int)candidates[1]!["score"]!);
    }

    [Fact]
    public async Task A_line_is_matched_in_parts_and_then_as_a_whole_and_every_step_is_history()
    {
        var (first, second) = (await _scene.ExpectAsync(6_000), await _scene.ExpectAsync(9_000));
        var line = (await _scene.StatementAsync(new Said(10_000)))[0];

        Assert.Equal("partially_matched", await _scene.TryAsync($"/v1/statement-lines/{line}/match", $$"""{"items":[{"item":"{{first}}"}]}"""));
        Assert.Equal("bank 10000 ledger 10000 transit 0 unexplained 4000 difference 0", await _scene.BooksAsync());
        Assert.Equal(0, (await _scene.RunAsync()).Matched);
        Assert.Equal("422 match_amount", await _scene.TryAsync($"/v1/statement-lines/{line}/match", $$"""{"items":[{"item":"{{second}}","amount":{"amount":4001,"currency":"EUR"} }]}"""));
        Assert.Equal("matched", await _scene.TryAsync($"/v1/statement-lines/{line}/match", $$"""{"items":[{"item":"{{second}}"}]}"""));
        Assert.Equal("bank 10000 ledger 10000 transit 0 unexplained 0 difference 0", await _scene.BooksAsync());

        var item = await _scene.GetAsync($"/v1/expected-items/{second}");
        Assert.Equal(("partially_settled", 5_000L), ((string)item["state"]!, (long)item["openAmount"]!["amount"]!));
        Assert.Equal(["matched unmatched partially_matched", "matched partially_matched matched"],
            (await _scene.GetAsync($"/v1/statement-lines/{line}/history")).AsArray().Select(step => $"{step!["action"]} {step["from"]} {step["to"]}"));
    }

    [Fact]
    public async Task A_line_is_split_between_an_item_and_accounts_of_the_ledger()
    {
        var item = await _scene.ExpectAsync(9_000);
        var line = (await _scene.StatementAsync(new Said(10_000)))[0];
        await _scene.Database.TransactAsync<bool>(_scene.Tenant, async unit =>
        {
            await Modupay.Ledger.LedgerDoor.OpenAccountsAsync(unit, [new("interest", "Interest", Modupay.Kernel.Currency.Known("EUR"), Modupay.Ledger.NormalSide.Credit)], default);
            return true;
        }, default);
        string Split(long interest, string account = "interest") =>
            $$"""{"parts":[{"item":"{{item}}","amount":{"amount":9000,"currency":"EUR"} },{"ledgerAccount":"{{account}}","amount":{"amount":{{interest}},"currency":"EUR"} }],"reason":"late payment"}""";

        Assert.Equal("422 match_amount", await _scene.TryAsync($"/v1/statement-lines/{line}/split", Split(900)));
        Assert.Equal("422 account_unknown", await _scene.TryAsync($"/v1/statement-lines/{line}/split", Split(1_000, "nowhere")));
        Assert.Equal("matched", await _scene.TryAsync($"/v1/statement-lines/{line}/split", Split(1_000)));
        Assert.Equal(1_000, await _scene.Fresh.ScalarAsync<long>("select posted_credits from ledger.balances join ledger.accounts using (tenant_id, account_id) where code = 'interest'"));

        Assert.Equal("unmatched", await _scene.TryAsync($"/v1/statement-lines/{line}/undo", """{"reason":"wrong customer"}"""));
        Assert.Equal("open", (string)(await _scene.GetAsync($"/v1/expected-items/{item}"))["state"]!);
        Assert.Equal("bank 10000 ledger 10000 transit 0 unexplained 10000 difference 0", await _scene.BooksAsync());
        Assert.Equal(1, await _scene.Fresh.ScalarAsync<long>("select count(*) from ledger.journals where kind = 'reversal'"));
    }

    [Fact]
    public async Task What_a_person_took_apart_the_engine_never_puts_together_again()
    {
        var item = await _scene.ExpectAsync(100, ""","endToEndId":"E1" """);
        var line = (await _scene.StatementAsync(new Said(100) { EndToEndId = "E1" }))[0];
        Assert.Equal("matched", await _scene.StateAsync(line));
        Assert.Equal("422 reason_required", await _scene.TryAsync($"/v1/statement-lines/{line}/undo", """{"reason":"  "}"""));
        Assert.Equal("unmatched", await _scene.TryAsync($"/v1/statement-lines/{line}/undo", """{"reason":"not this one"}"""));

        for (var run = 0; run < 3; run++) Assert.Equal(0, (await _scene.RunAsync()).Matched);
        Assert.Equal("unmatched", await _scene.StateAsync(line));
        Assert.Equal(["statement_line.matched.v1 matched", "statement_line.unmatched.v1 unmatched"], await _scene.EventsAsync("statement_line.%"));

        var other = await _scene.ExpectAsync(100, ""","endToEndId":"E1","reference":"the other" """);
        Assert.Equal(1, (await _scene.RunAsync()).Matched);
        Assert.Equal(other, (string)(await _scene.LineAsync(line))["matches"]![0]!["expectedItem"]!);
        Assert.Equal("open", (string)(await _scene.GetAsync($"/v1/expected-items/{item}"))["state"]!);
    }

    [Fact]
    public async Task A_person_may_put_together_again_what_was_taken_apart_by_saying_why()
    {
        var item = await _scene.ExpectAsync(100, ""","endToEndId":"E1" """);
        var line = (await _scene.StatementAsync(new Said(100) { EndToEndId = "E1" }))[0];
        await _scene.PostAsync($"/v1/statement-lines/{line}/undo", """{"reason":"doubt"}""");
        Assert.Equal("422 reason_required", await _scene.TryAsync($"/v1/statement-lines/{line}/match", $$"""{"items":[{"item":"{{item}}"}]}"""));
        Assert.Equal("matched", await _scene.TryAsync($"/v1/statement-lines/{line}/match", $$"""{"items":[{"item":"{{item}}"}],"reason":"the customer confirmed it"}"""));
        await _scene.PostAsync($"/v1/statement-lines/{line}/undo", """{"reason":"no, after all"}""");
        Assert.Equal(4, (await _scene.GetAsync($"/v1/statement-lines/{line}/history")).AsArray().Count);
    }

    [Fact]
    public async Task What_is_ignored_stays_ignored_until_a_person_says_otherwise()
    {
        var line = (await _scene.StatementAsync(new Said(100) { EndToEndId = "E1" }, new Said(0)))[0];
        Assert.Equal("ignored", await _scene.TryAsync($"/v1/statement-lines/{line}/ignore", """{"reason":"test transfer"}"""));
        await _scene.ExpectAsync(100, ""","endToEndId":"E1" """);
        Assert.Equal(0, (await _scene.RunAsync()).Matched);
        Assert.Equal("bank 100 ledger 100 transit 0 unexplained 100 difference 0", await _scene.BooksAsync());
        Assert.Equal("409 line_state", await _scene.TryAsync($"/v1/statement-lines/{line}/ignore", """{"reason":"again"}"""));
        Assert.Equal("unmatched", await _scene.TryAsync($"/v1/statement-lines/{line}/undo", """{"reason":"it was real"}"""));
        Assert.Equal(1, (await _scene.RunAsync()).Matched);
    }

    [Fact]
    public async Task A_line_that_is_not_in_the_ledger_yet_cannot_be_decided()
    {
        var (_, lines) = await _scene.FileAsync(new Said(100), new Said(0));
        Assert.Equal("409 line_state", await _scene.TryAsync($"/v1/statement-lines/{lines[0]}/ignore", """{"reason":"early"}"""));
        Assert.Equal("ignored", await _scene.TryAsync($"/v1/statement-lines/{lines[1]}/ignore", """{"reason":"nothing moved"}"""));
    }

    [Fact]
    public async Task Undoing_the_proof_of_an_order_asks_the_bank_about_it_again()
    {
        var payout = await _scene.SentPayoutAsync(500);
        var line = (await _scene.StatementAsync(new Said(-500) { EndToEndId = (string)payout["slices"]![0]!["endToEndId"]! }))[0];
        var asked = _scene.Fresh.Queue.Sent.Count(message => message.Queue == "payout-dispatch");
        await _scene.PostAsync($"/v1/statement-lines/{line}/undo", """{"reason":"the bank booked another one"}""");

        var now = await _scene.GetAsync($"/v1/payouts/{payout["id"]}");
        Assert.Equal(("processing", "in_doubt"), ((string)now["state"]!, (string)now["slices"]![0]!["state"]!));
        Assert.Equal(asked + 1, _scene.Fresh.Queue.Sent.Count(message => message.Queue == "payout-dispatch"));
        Assert.Equal(["payout.reopened.v1 processing"], await _scene.EventsAsync("payout.reopened%"));
        Assert.Equal("bank -500 ledger -500 transit 500 unexplained -500 difference 0", await _scene.BooksAsync());

        var item = (string)(await _scene.GetAsync("/v1/expected-items?kind=slice")).AsArray()[0]!["id"]!;
        Assert.Equal("matched", await _scene.TryAsync($"/v1/statement-lines/{line}/match", $$"""{"items":[{"item":"{{item}}"}],"reason":"it was this one"}"""));
        Assert.Equal("settled", (string)(await _scene.GetAsync($"/v1/payouts/{payout["id"]}"))["state"]!);
        Assert.Equal("bank -500 ledger -500 transit 0 unexplained 0 difference 0", await _scene.BooksAsync());
    }

    [Fact]
    public async Task A_credit_that_brings_the_money_of_an_order_back_returns_it_and_undoing_that_settles_it_again()
    {
        var payout = await _scene.SentPayoutAsync(500);
        var slice = (string)payout["slices"]![0]!["id"]!;
        var credit = (await _scene.StatementAsync(new Said(470)))[0];
        Assert.Equal("409 slice_state", await _scene.TryAsync($"/v1/statement-lines/{credit}/return", $$"""{"slice":"{{slice}}","reason":"too early"}"""));
        await _scene.StatementAsync(new Said(-500) { EndToEndId = (string)payout["slices"]![0]!["endToEndId"]! });
        Assert.Equal("settled", (string)(await _scene.GetAsync($"/v1/payouts/{payout["id"]}"))["state"]!);

        Assert.Equal("422 match_amount", await _scene.TryAsync($"/v1/statement-lines/{credit}/return", $$"""{"slice":"{{slice}}","reason":"account closed"}"""));
        Assert.Equal("matched", await _scene.TryAsync($"/v1/statement-lines/{credit}/return", $$"""{"slice":"{{slice}}","reason":"account closed","charges":{"amount":30,"currency":"EUR"} }"""));
        var now = await _scene.GetAsync($"/v1/payouts/{payout["id"]}");
        Assert.Equal(("failed", "returned"), ((string)now["state"]!, (string)now["slices"]![0]!["state"]!));
        Assert.Equal(slice, (string)(await _scene.GetAsync($"/v1/statement-lines/{credit}"))["matches"]![0]!["slice"]!);
        Assert.Equal("bank -30 ledger -30 transit 0 unexplained 0 difference 0", await _scene.BooksAsync());
        Assert.Equal(["slice.returned.v1 returned"], await _scene.EventsAsync("slice.returned%"));

        await _scene.PostAsync($"/v1/statement-lines/{credit}/undo", """{"reason":"it was a refund of something else"}""");
        var again = await _scene.GetAsync($"/v1/payouts/{payout["id"]}");
        Assert.Equal(("settled", "settled"), ((string)again["state"]!, (string)again["slices"]![0]!["state"]!));
        Assert.Equal("bank -30 ledger -30 transit 0 unexplained 470 difference 0", await _scene.BooksAsync());
    }

    [Fact]
    public async Task Of_two_people_at_one_line_one_decides_and_the_other_hears_so()
    {
        for (var round = 0; round < 10; round++)
        {
            var (one, two) = (await _scene.ExpectAsync(100), await _scene.ExpectAsync(100));
            var line = (await _scene.StatementAsync(new Said(100) { Days = -30 - round }))[0];
            var answers = await Task.WhenAll(
                Task.Run(() => _scene.TryAsync($"/v1/statement-lines/{line}/match", $$"""{"items":[{"item":"{{one}}"}]}""")),
                Task.Run(() => _scene.TryAsync($"/v1/statement-lines/{line}/match", $$"""{"items":[{"item":"{{two}}"}]}""")),
                Task.Run(() => _scene.TryAsync($"/v1/statement-lines/{line}/ignore", """{"reason":"noise"}""")));
            Assert.Equal(2, answers.Count(answer => answer == "409 line_state"));
            Assert.Single(await _scene.Fresh.LinesAsync($"select action from reconciliation.decisions where line_id = '{Uuid(line)}'"));
        }
    }

    [Fact]
    public async Task Of_two_lines_for_one_item_one_gets_it()
    {
        for (var round = 0; round < 10; round++)
        {
            var item = await _scene.ExpectAsync(100);
            var lines = await _scene.StatementAsync(new Said(100) { Days = -30 - round }, new Said(100) { Days = -30 - round });
            var answers = await Task.WhenAll(lines.Select(line => Task.Run(() => _scene.TryAsync($"/v1/statement-lines/{line}/match", $$"""{"items":[{"item":"{{item}}"}]}"""))));
            Assert.Equal(["409 expected_item_state", "matched"], answers.Order());
        }
    }

    [Fact]
    public async Task A_person_and_the_engine_at_one_line_leave_one_decision()
    {
        for (var round = 0; round < 10; round++)
        {
            var (progress, lines) = await _scene.FileAsync(new Said(100) { EndToEndId = $"E{round}" });
            await new ReconcileStatement(_scene.Database, _scene.Cipher).TakeInAsync(_scene.Tenant, progress.FileId, default);
            await _scene.ExpectAsync(100, $$""","endToEndId":"E{{round}}" """);
            await Task.WhenAll(
                Task.Run(() => _scene.TryAsync($"/v1/statement-lines/{lines[0]}/ignore", """{"reason":"noise"}""")),
                Task.Run(_scene.RunAsync), Task.Run(_scene.RunAsync));
            Assert.Single(await _scene.Fresh.LinesAsync($"select action from reconciliation.decisions where line_id = '{Uuid(lines[0])}'"));
        }
        Assert.EndsWith("difference 0", await _scene.BooksAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Undone_by_two_at_once_it_is_reversed_once()
    {
        await _scene.ExpectAsync(100, ""","endToEndId":"E1" """);
        var line = (await _scene.StatementAsync(new Said(100) { EndToEndId = "E1" }))[0];
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => _scene.TryAsync($"/v1/statement-lines/{line}/undo", """{"reason":"wrong"}"""))));
        Assert.Equal(["409 line_state", "409 line_state", "unmatched"], answers.Order());
        Assert.Equal(1, await _scene.Fresh.ScalarAsync<long>("select count(*) from ledger.journals where kind = 'reversal'"));
    }

    [Theory]
    [InlineData("""{"items":[]}""", "422 invalid_request")]
    [InlineData("""{"items":[{"item":"xi_1"}]}""", "422 invalid_request")]
    [InlineData("""{"items":[{"item":"OUT"}]}""", "422 match_amount")]
    [InlineData("""{"items":[{"item":"IN","amount":{"amount":101,"currency":"EUR"}}]}""", "422 match_amount")]
    [InlineData("""{"items":[{"item":"IN","amount":{"amount":50,"currency":"USD"}}]}""", "422 currency_mismatch")]
    [InlineData("""{"items":[{"item":"IN","charges":{"amount":-1,"currency":"EUR"}}]}""", "422 invalid_request")]
    [InlineData("""{"items":[{"item":"IN"},{"item":"IN"}]}""", "422 invalid_request")]
    [InlineData("""{"itemz":[]}""", "400 invalid_json")]
    public async Task What_cannot_be_is_refused(string body, string answer)
    {
        var (inwards, outwards) = (await _scene.ExpectAsync(100), await _scene.ExpectAsync(-100));
        var line = (await _scene.StatementAsync(new Said(100) { Days = -30 }))[0];
        Assert.Equal(answer, await _scene.TryAsync($"/v1/statement-lines/{line}/match", body.Replace("\"IN\"", $"\"{inwards}\"").Replace("\"OUT\"", $"\"{outwards}\"")));
        Assert.Equal("unmatched", await _scene.StateAsync(line));
    }

    [Fact]
    public async Task Rules_have_versions_and_nobody_overwrites_what_he_has_not_seen()
    {
        var rules = await _scene.GetAsync("/v1/reconciliation/rules");
        Assert.Equal((0, 7), ((int)rules["version"]!, rules["rules"]!.AsArray().Count));
        var changed = new JsonObject { ["basedOn"] = 0, ["rules"] = rules["rules"]!.DeepClone() };
        changed["rules"]![3]!["enabled"] = false;
        Assert.Equal(1, (int)(await _scene.PutAsync("/v1/reconciliation/rules", changed.ToJsonString()))["version"]!);
        Assert.Equal("rules_changed", (string)(await _scene.PutAsync("/v1/reconciliation/rules", changed.ToJsonString(), 409))["code"]!);
        await _scene.PutAsync("/v1/reconciliation/rules", """{"basedOn":1,"rules":[{"rule":"by_feeling"}]}""", 422);
        await _scene.PutAsync("/v1/reconciliation/rules", """{"basedOn":1,"rules":[{"rule":"rf_reference"},{"rule":"rf_reference"}]}""", 422);
        Assert.False((bool)(await _scene.GetAsync("/v1/reconciliation/rules"))["rules"]![3]!["enabled"]!);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_a_back_test_says_how_good_rules_would_have_been()
    {
        await _scene.PutAsync("/v1/reconciliation/rules", """{"basedOn":0,"rules":[]}""");
        var items = new List<string>();
        for (var i = 0; i < 4; i++) items.Add(await _scene.ExpectAsync(100 + i, $$""","endToEndId":"E{{i}}" """));
        // The bank mixed up two of four; a person found out.
        var lines = await _scene.StatementAsync([.. Enumerable.Range(0, 4).Select(i => new Said(100 + i) { EndToEndId = $"E{i}" })]);
        const string reference = ""","rules":[{"rule":"end_to_end_id"},{"rule":"rf_reference"}]""";
        var dry = await _scene.PostAsync("/v1/reconciliation/runs", $$"""{"mode":"dry_run"{{reference}} }""");
        Assert.Equal((4, 4, "end_to_end_id"), ((int)dry["lines"]!, (int)dry["matched"]!, (string)dry["proposals"]![0]!["rule"]!));
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.matches"));

        for (var i = 0; i < 3; i++) await _scene.PostAsync($"/v1/statement-lines/{lines[i]}/match", $$"""{"items":[{"item":"{{items[i]}}"}]}""");
        await _scene.PostAsync($"/v1/statement-lines/{lines[3]}/ignore", """{"reason":"a mistake of the bank"}""");
        var tested = await _scene.PostAsync("/v1/reconciliation/runs", $$"""{"mode":"back_test","from":"2026-03-01","to":"2026-03-31"{{reference}} }""");
        var quality = tested["quality"]!.AsArray().ToDictionary(row => (string)row!["rule"]!, row => $"{row!["proposed"]} {row["correct"]} {row["precision"]} {row["recall"]}");
        Assert.Equal("4 3 0.750 1.000", quality["end_to_end_id"]);
        Assert.Equal("0 0  0.000", quality["rf_reference"]);
        Assert.Equal("4 3 0.750 1.000", quality["all"]);
        Assert.Equal(0, (int)(await _scene.PostAsync("/v1/reconciliation/runs", """{"mode":"apply"}"""))["matched"]!);
    }

    [Fact]
    public async Task An_item_that_a_line_has_touched_cannot_be_canceled_and_a_canceled_one_is_not_matched()
    {
        var (touched, free) = (await _scene.ExpectAsync(100, ""","endToEndId":"E1" """), await _scene.ExpectAsync(100, ""","endToEndId":"E2" """));
        Assert.Equal("canceled", (string)(await _scene.PostAsync($"/v1/expected-items/{free}/cancel", ""))["state"]!);
        await _scene.StatementAsync(new Said(50) { EndToEndId = "E1" }, new Said(100) { EndToEndId = "E2", Days = -40 });
        Assert.Equal("409 expected_item_state", await _scene.TryAsync($"/v1/expected-items/{touched}/cancel", ""));
        Assert.Equal(1, await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.matches"));
    }

    private static Guid Uuid(string line) => Modupay.Kernel.Id.TryParse<Modupay.Kernel.StatementLineId>(line, out var id) ? id.Value : throw new FormatException(line);
}
