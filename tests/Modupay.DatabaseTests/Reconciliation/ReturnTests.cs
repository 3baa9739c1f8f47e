using System.Text.Json.Nodes;
using Modupay.Reconciliation;

namespace Modupay.DatabaseTests.Reconciliation;

/// <summary>Money of a settled order comes back and the bank says so: by rule, with everything that a person's word does.</summary>
public sealed class ReturnTests : IAsyncLifetime
{
    private ReconciliationScene _scene = null!;

    public async Task InitializeAsync() => _scene = await ReconciliationScene.StartAsync();

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task A_credit_that_says_so_returns_the_order_it_names_with_the_banks_reason()
    {
        var (payout, reference) = await SettledAsync(50_000);
        var line = (await _scene.StatementAsync(new Said(50_000) { EndToEndId = reference, Returns = "AC04", Iban = ReconciliationScene.CustomerIban }))[0];

        var now = await _scene.GetAsync($"/v1/payouts/{payout}");
        Assert.Equal(("failed", "returned", "AC04", 0L),
            ((string)now["state"]!, (string)now["slices"]![0]!["state"]!, (string)now["slices"]![0]!["failure"]!["code"]!, (long)now["settledAmount"]!["amount"]!));
        Assert.Equal("bank 0 ledger 0 transit 0 unexplained 0 difference 0", await _scene.BooksAsync());
        Assert.Equal(0, await PaidOutAsync());

        var explained = await _scene.LineAsync(line);
        Assert.Equal(("matched", true, "AC04"), ((string)explained["state"]!, (bool)explained["isReturn"]!, (string)explained["returnReason"]!));
        var match = explained["matches"]!.AsArray().Single()!;
        Assert.Equal(("return", 990, (string)now["slices"]![0]!["id"]!), ((string)match["rule"]!, (int)match["score"]!, (string)match["slice"]!));
        Assert.Equal(("AC04", reference), ((string)match["evidence"]!["returnReason"]!, (string)match["evidence"]!["reference"]!));
        Assert.Equal(["return_reason", "rf_reference", "end_to_end_id", "treasury_account", "counterparty_iban", "amount"], match["evidence"]!["agreed"]!.AsArray().Select(word => (string)word!));
        Assert.Equal(["matched engine"], (await _scene.GetAsync($"/v1/statement-lines/{line}/history")).AsArray().Select(step => $"{step!["action"]} {step["decidedBy"]}"));
        Assert.Equal(["slice.returned.v1 returned"], await _scene.EventsAsync("slice.returned%"));
        Assert.Equal(["payout.settled.v1 settled", "payout.failed.v1 failed"], [.. await _scene.EventsAsync("payout.settled%"), .. await _scene.EventsAsync("payout.failed%")]);
        Assert.Equal(2, (await _scene.EventsAsync("statement_line.matched%")).Count);
    }

    [Fact]
    public async Task One_of_several_orders_comes_back_without_a_reason_less_a_tolerated_fee()
    {
        await _scene.PutAsync("/v1/reconciliation/rules", """{"basedOn":0,"rules":[{"rule":"return","feeTolerance":[{"amount":500,"currency":"EUR"}]},{"rule":"rf_reference"}]}""");
        var payout = await _scene.SentPayoutAsync(250_000);
        var references = payout["slices"]!.AsArray().Select(slice => (string)slice!["endToEndId"]!).ToList();
        await _scene.StatementAsync([.. references.Select((reference, at) => new Said(at < 2 ? -100_000 : -50_000) { EndToEndId = reference })]);

        await _scene.StatementAsync(new Said(99_700) { Remittance = $"Return of {references[1]}", Reversal = true });

        var now = await _scene.GetAsync($"/v1/payouts/{payout["id"]}");
        Assert.Equal(("partially_settled", 150_000L), ((string)now["state"]!, (long)now["settledAmount"]!["amount"]!));
        Assert.Equal(["settled", "returned", "settled"], now["slices"]!.AsArray().Select(slice => (string)slice!["state"]!));
        Assert.Equal("returned", (string)now["slices"]![1]!["failure"]!["code"]!);
        Assert.Equal(300, await BalanceAsync("bank-charges/EUR"));
        Assert.Equal(150_000, await PaidOutAsync());
        Assert.Equal("bank -150300 ledger -150300 transit 0 unexplained 0 difference 0", await _scene.BooksAsync());
    }

    [Fact]
    public async Task A_return_that_is_read_before_its_order_was_booked_waits_and_takes_nothing_else()
    {
        var payout = await _scene.SentPayoutAsync(50_000);
        var expected = await _scene.ExpectAsync(50_000, $$""","counterparty":{"name":"Example Supplier","iban":"{{ReconciliationScene.CustomerIban}}"} """);
        var reference = (string)payout["slices"]![0]!["endToEndId"]!;
        var credit = (await _scene.StatementAsync(new Said(50_000) { OriginalReference = reference, Returns = "", Iban = ReconciliationScene.CustomerIban }))[0];
        Assert.Equal("unmatched", await _scene.StateAsync(credit));
        Assert.Equal("open", (string)(await _scene.GetAsync($"/v1/expected-items/{expected}"))["state"]!);

        await _scene.StatementAsync(new Said(-50_000) { EndToEndId = reference });

        Assert.Equal("matched", await _scene.StateAsync(credit));
        Assert.Equal("returned", await SliceAsync(payout));
        Assert.Equal("open", (string)(await _scene.GetAsync($"/v1/expected-items/{expected}"))["state"]!);
        Assert.Equal("bank 0 ledger 0 transit 0 unexplained 0 difference 0", await _scene.BooksAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_order_that_is_booked_and_returned_in_one_statement_is_returned_also_when_the_work_is_cut_into_slices(bool slices)
    {
        var payout = await _scene.SentPayoutAsync(50_000);
        var reference = (string)payout["slices"]![0]!["endToEndId"]!;
        var (progress, _) = await _scene.FileAsync(new Said(50_000) { EndToEndId = reference, Returns = "AC01" }, new Said(-50_000) { EndToEndId = reference });
        do
        {
            progress = await new ReconcileStatement(_scene.Database, _scene.Cipher, slices ? TimeSpan.Zero : null).RunAsync(progress, default);
        }
        while (progress.Unfinished);

        Assert.Equal("returned", await SliceAsync(payout));
        Assert.Equal((2, 0), (progress.Matched, progress.Unmatched));
    }

    [Fact]
    public async Task A_return_that_a_person_took_back_is_never_made_again()
    {
        var (payout, reference) = await SettledAsync(50_000);
        var line = (await _scene.StatementAsync(new Said(50_000) { EndToEndId = reference, Returns = "AC04" }))[0];
        Assert.Equal("unmatched", await _scene.TryAsync($"/v1/statement-lines/{line}/undo", """{"reason":"a refund of something else"}"""));
        Assert.Equal("bank 0 ledger 0 transit 0 unexplained 50000 difference 0", await _scene.BooksAsync());
        Assert.Equal(50_000, await PaidOutAsync());

        for (var run = 0; run < 3; run++) Assert.Equal(0, (await _scene.RunAsync()).Matched);
        Assert.Empty((await _scene.PostAsync("/v1/reconciliation/runs", """{"mode":"dry_run"}"""))["proposals"]!.AsArray());
        var now = await _scene.GetAsync($"/v1/payouts/{payout}");
        Assert.Equal(("settled", "settled", null), ((string)now["state"]!, (string)now["slices"]![0]!["state"]!, (string?)now["slices"]![0]!["failure"]));

        // Another line may still bring it back.
        await _scene.StatementAsync(new Said(50_000) { EndToEndId = reference, Returns = "Account of Mr Example is closed" });
        var again = await _scene.GetAsync($"/v1/payouts/{payout}");
        Assert.Equal(("failed", "returned"), ((string)again["state"]!, (string)again["slices"]![0]!["failure"]!["code"]!));
        Assert.Equal("unmatched", await _scene.StateAsync(line));
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.matches where evidence::text like '%Example%'"));
    }

    [Fact]
    public async Task Money_comes_back_once_and_what_two_lines_claim_neither_gets()
    {
        var (first, reference) = await SettledAsync(50_000);
        var twins = await _scene.StatementAsync(new Said(50_000) { EndToEndId = reference, Returns = "AC04" }, new Said(50_000) { EndToEndId = reference, Returns = "AC04" });
        Assert.Equal(["unmatched", "unmatched"], [await _scene.StateAsync(twins[0]), await _scene.StateAsync(twins[1])]);
        Assert.Equal("settled", (string)(await _scene.GetAsync($"/v1/payouts/{first}"))["state"]!);

        var (second, other) = await SettledAsync(20_000);
        var once = (await _scene.StatementAsync(new Said(20_000) { EndToEndId = other, Returns = "AC04" }))[0];
        await _scene.ExpectAsync(20_000, $$""","counterparty":{"name":"Example Supplier","iban":"{{ReconciliationScene.CustomerIban}}"} """);
        var again = (await _scene.StatementAsync(new Said(20_000) { EndToEndId = other, Returns = "AC04", Iban = ReconciliationScene.CustomerIban }))[0];
        Assert.Equal(("matched", "unmatched"), (await _scene.StateAsync(once), await _scene.StateAsync(again)));
        Assert.Equal("failed", (string)(await _scene.GetAsync($"/v1/payouts/{second}"))["state"]!);
        Assert.Equal(1, await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.matches where returned_slice_id is not null"));
    }

    [Fact]
    public async Task Runs_side_by_side_return_an_order_once()
    {
        var payout = await _scene.SentPayoutAsync(250_000);
        var references = payout["slices"]!.AsArray().Select(slice => ((string)slice!["endToEndId"]!, (long)slice["amount"]!["amount"]!)).ToList();
        await _scene.StatementAsync([.. references.Select(slice => new Said(-slice.Item2) { EndToEndId = slice.Item1 })]);
        var (progress, _) = await _scene.FileAsync([.. references.Select(slice => new Said(slice.Item2) { EndToEndId = slice.Item1, Returns = "AC04" })]);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => new ReconcileStatement(_scene.Database, _scene.Cipher).RunAsync(progress, default))));

        Assert.Equal("failed", (string)(await _scene.GetAsync($"/v1/payouts/{payout["id"]}"))["state"]!);
        Assert.Equal(3, await _scene.Fresh.ScalarAsync<long>("select count(*) from reconciliation.matches where returned_slice_id is not null"));
        Assert.Equal(3, (await _scene.EventsAsync("slice.returned%")).Count);
        Assert.Equal("bank 0 ledger 0 transit 0 unexplained 0 difference 0", await _scene.BooksAsync());
        Assert.Equal(0, await PaidOutAsync());
    }

    [Fact]
    public async Task Without_a_word_that_it_is_a_return_the_order_is_a_candidate_for_a_person()
    {
        var (payout, reference) = await SettledAsync(50_000);
        var line = (await _scene.StatementAsync(new Said(50_000) { EndToEndId = reference }))[0];
        Assert.Equal("unmatched", await _scene.StateAsync(line));

        var candidate = (await _scene.GetAsync($"/v1/statement-lines/{line}/candidates")).AsArray().Single()!;
        Assert.Equal((true, 700), ((bool)candidate["isReturn"]!, (int)candidate["score"]!));
        Assert.Equal("matched", await _scene.TryAsync($"/v1/statement-lines/{line}/return", $$"""{"slice":"{{candidate["item"]!["slice"]}}","reason":"the supplier confirms"}"""));
        Assert.Equal("failed", (string)(await _scene.GetAsync($"/v1/payouts/{payout}"))["state"]!);
        Assert.Empty((await _scene.GetAsync($"/v1/statement-lines/{line}/candidates")).AsArray());
    }

    [Fact]
    public async Task A_dry_run_and_a_back_test_know_the_rule()
    {
        await _scene.PutAsync("/v1/reconciliation/rules", """{"basedOn":0,"rules":[{"rule":"rf_reference"}]}""");
        var (payout, reference) = await SettledAsync(50_000);
        var line = (await _scene.StatementAsync(new Said(50_000) { EndToEndId = reference, Returns = "AC04" }))[0];
        const string rules = """ "rules":[{"rule":"return"},{"rule":"rf_reference"}] """;

        var proposed = (await _scene.PostAsync("/v1/reconciliation/runs", $$"""{"mode":"dry_run",{{rules}} }"""))["proposals"]!.AsArray().Single()!;
        Assert.Equal((line, "return", 990), ((string)proposed["line"]!, (string)proposed["rule"]!, (int)proposed["score"]!));
        Assert.Equal("settled", (string)(await _scene.GetAsync($"/v1/payouts/{payout}"))["state"]!);

        await _scene.PutAsync("/v1/reconciliation/rules", $$"""{"basedOn":1,{{rules}} }""");
        Assert.Equal(1, (await _scene.RunAsync()).ByRule["return"]);
        var quality = (await _scene.PostAsync("/v1/reconciliation/runs", """{"mode":"back_test"}"""))["quality"]!.AsArray();
        Assert.Equal(["return 1 1 1.000", "rf_reference 1 1 1.000", "all 2 2 1.000"], quality.Select(rule => $"{rule!["rule"]} {rule["proposed"]} {rule["correct"]} {rule["precision"]}"));
    }

    /// <summary>A payout of one order that the bank has booked.</summary>
    private async Task<(string Payout, string Reference)> SettledAsync(long minor)
    {
        var payout = await _scene.SentPayoutAsync(minor);
        var reference = (string)payout["slices"]![0]!["endToEndId"]!;
        await _scene.StatementAsync(new Said(-minor) { EndToEndId = reference });
        return ((string)payout["id"]!, reference);
    }

    private async Task<string> SliceAsync(JsonNode payout) => (string)(await _scene.GetAsync($"/v1/payouts/{payout["id"]}"))["slices"]![0]!["state"]!;

    private Task<long> PaidOutAsync() => BalanceAsync("payouts/EUR");

    private Task<long> BalanceAsync(string account) =>
        _scene.Fresh.ScalarAsync<long>($"select (posted_debits - posted_credits)::bigint from ledger.balances join ledger.accounts using (tenant_id, account_id) where code = '{account}'");
}
