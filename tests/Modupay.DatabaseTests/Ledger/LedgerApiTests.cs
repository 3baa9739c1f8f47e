using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Modupay.Http;
using Modupay.Ledger;
using Modupay.Ledger.Proof;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Ledger;

/// <summary>The routes of the ledger over HTTP, with the key of one organization.</summary>
public sealed class LedgerApiTests(FreshDatabase database) : IClassFixture<FreshDatabase>, IAsyncLifetime
{
    private TestApi _app = null!;
    private HttpClient _api = null!;
    private TenantId _tenant;
    private int _key;

    public async Task InitializeAsync()
    {
        var organization = await Organizations.CreateAsync(database.App, "Commune", live: false, default);
        _tenant = organization.Tenant;
        _app = await TestApi.StartAsync(database.App, TimeProvider.System, LedgerModule.MapRoutes, services => services.AddSingleton<IHeadKey>(new TestSigner()));
        _api = _app.Client(organization.Key.Secret);
        foreach (var node in new[] { "bank", "wallet" }) Assert.Equal(201, (await PostAsync("/v1/ledger/chart", $$"""{"code":"{{node}}","name":""}""")).Status);
        foreach (var account in new[] { """{"code":"bank","name":"Bank","currency":"EUR","normalSide":"debit"}""", """{"code":"wallet/1","name":"=cmd","currency":"EUR","normalSide":"credit","debitLimit":0}""" })
            Assert.Equal(201, (await PostAsync("/v1/ledger/accounts", account)).Status);
    }

    public async Task DisposeAsync()
    {
        _api.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task A_journal_is_posted_read_back_and_found_in_the_statement_of_its_account()
    {
        var (status, posted) = await PostAsync("/v1/ledger/journals", Journal("order-1", 700));
        Assert.Equal((201, "new"), (status, posted["data"]!["outcome"]!.GetValue<string>()));
        var journal = await GetAsync($"/v1/ledger/journals/{posted["data"]!["journal"]}");
        Assert.Equal("api:order-1", journal["data"]!["source"]!.GetValue<string>());

        var account = (await GetAsync("/v1/ledger/accounts?prefix=wallet/"))["data"]!.AsArray().Single()!;
        Assert.Equal(700, account["balance"]!["amount"]!.GetValue<long>());
        var entries = await GetAsync($"/v1/ledger/accounts/{account["id"]}/entries");
        Assert.Equal(700, entries["data"]![0]!["balanceAfter"]!["amount"]!.GetValue<long>());
        Assert.Equal(0, (await GetAsync($"/v1/ledger/accounts/{account["id"]}?at=2026-03-01"))["data"]!["balance"]!["amount"]!.GetValue<long>());
        Assert.Contains("700,700,EUR,\"'=hello\"", await _api.GetStringAsync($"/v1/ledger/accounts/{account["id"]}/entries?format=csv"), StringComparison.Ordinal);

        var trial = (await GetAsync("/v1/ledger/trial-balance"))["data"]!["totals"]![0]!;
        Assert.Equal(trial["debits"]!["amount"]!.GetValue<long>(), trial["credits"]!["amount"]!.GetValue<long>());
    }

    [Fact]
    public async Task The_same_source_under_another_key_is_repeated_and_a_missing_key_is_refused()
    {
        await PostAsync("/v1/ledger/journals", Journal("order-2", 5));
        Assert.Equal("repeated", (await PostAsync("/v1/ledger/journals", Journal("order-2", 5))).Body["data"]!["outcome"]!.GetValue<string>());
        Assert.Equal("journal_conflicting", (await PostAsync("/v1/ledger/journals", Journal("order-2", 6))).Body["error"]!["code"]!.GetValue<string>());
        using var request = new StringContent(Journal("order-3", 5), Encoding.UTF8, "application/json");
        Assert.Equal(400, (int)(await _api.PostAsync("/v1/ledger/journals", request)).StatusCode);
    }

    [Fact]
    public async Task Names_are_written_with_their_own_letters_when_made_and_when_read()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/ledger/accounts") { Content = new StringContent("""{"code":"wallet/accents","name":"L'Été & Cie","currency":"EUR","normalSide":"credit"}""", Encoding.UTF8, "application/json") };
        Assert.Contains("\"name\":\"L'Été & Cie\"", await (await _api.SendAsync(request)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"name\":\"L'Été & Cie\"", await _api.GetStringAsync("/v1/ledger/accounts?prefix=wallet/accents"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_answers_for_each_journal_and_an_atomic_one_for_all()
    {
        var batch = $$"""{"journals":[{{Journal("b-1", 5)}},{{Journal("b-2", -50_000)}},{{Journal("b-3", 5)}}]}""";
        var (status, body) = await PostAsync("/v1/ledger/journals:batch", batch);
        Assert.Equal(200, status);
        Assert.Equal(["new", "debit_limit_exceeded", "new"], body["data"]!["journals"]!.AsArray().Select(journal => journal!["outcome"]!.GetValue<string>()));
        var third = body["data"]!["journals"]![2]!["journal"]!.GetValue<string>();
        Assert.Equal("api:b-3", (await GetAsync($"/v1/ledger/journals/{third}"))["data"]!["source"]!.GetValue<string>());
        Assert.Null(body["data"]!["journals"]![1]!["journal"]);

        var (refused, problem) = await PostAsync("/v1/ledger/journals:batch", batch.Replace("b-", "c-", StringComparison.Ordinal).Replace("{\"journals\"", "{\"atomic\":true,\"journals\"", StringComparison.Ordinal));
        Assert.Equal((422, "journals[1]"), (refused, problem["error"]!["errors"]![0]!["field"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_hold_is_posted_in_part_and_reversed_and_the_receipt_can_be_had()
    {
        await PostAsync("/v1/ledger/journals", Journal("h-0", 100));
        var hold = (await PostAsync("/v1/ledger/journals", Journal("h-1", -40).Replace("\"source\"", "\"hold\":{},\"source\"", StringComparison.Ordinal))).Body["data"]!["journal"]!.GetValue<string>();
        var (status, posted) = await PostAsync($"/v1/ledger/journals/{hold}/post", """{"source":"h-2","effectiveOn":"2026-03-02","postings":[{"account":"bank","amount":{"amount":-30,"currency":"EUR"}},{"account":"wallet/1","amount":{"amount":30,"currency":"EUR"}}]}""");
        Assert.Equal(201, status);
        Assert.Equal("hold_ended", (await PostAsync($"/v1/ledger/journals/{hold}/void", """{"source":"h-3","effectiveOn":"2026-03-02"}""")).Body["error"]!["code"]!.GetValue<string>());
        var id = posted["data"]!["journal"]!.GetValue<string>();
        Assert.Equal(201, (await PostAsync($"/v1/ledger/journals/{id}/reverse", """{"source":"h-4","effectiveOn":"2026-03-02"}""")).Status);

        Assert.Equal(404, (int)(await _api.GetAsync($"/v1/ledger/journals/{id}/receipt")).StatusCode);
        await database.App.TransactAsync<bool>(_tenant, async unit => await Sealing.SealAsync(unit, default) is not null, default);
        Assert.StartsWith("modupay-journal-1", (await GetAsync($"/v1/ledger/journals/{id}/receipt"))["data"]!["journal"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.True((await GetAsync("/v1/ledger/verification"))["data"]!["intact"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Of_many_who_open_one_account_at_once_one_does()
    {
        for (var round = 0; round < 10; round++)
        {
            var answers = await AtOnce.RunAsync(i => PostAsync("/v1/ledger/accounts", $$"""{"code":"wallet/round-{{round}}","name":"{{i}}","currency":"{{(i % 2 == 0 ? "EUR" : "XOF")}}","normalSide":"credit"}"""));
            var opened = Assert.Single(answers, answer => answer.Status == 201).Body["data"]!;
            Assert.All(answers.Where(answer => answer.Status != 201), answer => Assert.Contains(answer.Body["error"]!["code"]!.GetValue<string>(), new[] { "invalid_request", "account_different" }));
            Assert.Equal(opened["name"]!.GetValue<string>(), (await GetAsync($"/v1/ledger/accounts/{opened["id"]}"))["data"]!["name"]!.GetValue<string>());
        }
        Assert.Equal(12, await database.ScalarAsync<long>($"select count(*) from audit.entries where tenant_id = '{_tenant.Value}' and action = 'ledger_account.opened'"));
    }

    [Fact]
    public async Task Batches_at_once_with_a_source_in_common_are_answered_and_not_undone()
    {
        for (var i = 0; i < AtOnce.Many; i++)
            Assert.Equal(201, (await PostAsync("/v1/ledger/accounts", $$"""{"code":"wallet/of-{{i}}","name":"","currency":"EUR","normalSide":"credit"}""")).Status);
        for (var round = 0; round < 5; round++)
        {
            // No account in common, so nobody waits for another before the source meets its twin.
            var answers = await AtOnce.RunAsync(i => PostAsync("/v1/ledger/journals:batch", $$"""{"journals":[{{Between($"own-{round}-{i}", i)}},{{Between($"common-{round}", i)}}]}"""));
            Assert.All(answers, answer => Assert.Equal(200, answer.Status));
            Assert.Equal(AtOnce.Many, answers.Count(answer => answer.Body["data"]!["journals"]![0]!["outcome"]!.GetValue<string>() == "new"));
            Assert.Equal([.. Enumerable.Repeat("journal_conflicting", AtOnce.Many - 1), "new"],
                answers.Select(answer => answer.Body["data"]!["journals"]![1]!["outcome"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        }

        static string Between(string source, int i) => $$$"""
            {"source":"{{{source}}}","effectiveOn":"2026-03-02","hold":{},"postings":[{"account":"wallet/of-{{{i}}}","amount":{"amount":5,"currency":"EUR"}},{"account":"wallet/of-{{{i}}}","amount":{"amount":-5,"currency":"EUR"}}]}
            """;
    }

    private static string Journal(string source, long amount) => $$$"""
        {"source":"{{{source}}}","effectiveOn":"2026-03-02","description":"=hello","postings":[{"account":"bank","amount":{"amount":{{{amount}}},"currency":"EUR"}},{"account":"wallet/1","amount":{"amount":{{{-amount}}},"currency":"EUR"}}]}
        """;

    private async Task<(int Status, JsonNode Body)> PostAsync(string path, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", $"key-{Interlocked.Increment(ref _key)}");
        using var response = await _api.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await _api.GetStringAsync(path))!;
}
