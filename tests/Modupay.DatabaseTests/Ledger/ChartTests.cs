using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Modupay.Ledger;
using Modupay.Ledger.Proof;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Ledger;

/// <summary>An organization with the chart of the template, over HTTP.</summary>
public sealed class ChartTests(FreshDatabase database) : IClassFixture<FreshDatabase>, IAsyncLifetime
{
    private TestApi _app = null!;
    private HttpClient _api = null!;
    private TenantId _tenant;
    private int _number;

    public async Task InitializeAsync()
    {
        var organization = await Organizations.CreateAsync(database.App, "Commune", live: false, default);
        _tenant = organization.Tenant;
        _app = await TestApi.StartAsync(database.App, TimeProvider.System, LedgerModule.MapRoutes, services => services.AddSingleton<IHeadKey>(new TestSigner()));
        _api = _app.Client(organization.Key.Secret);
    }

    public async Task DisposeAsync()
    {
        _api.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Before_the_first_account_the_chart_shows_the_template_and_then_its_own_nodes()
    {
        var before = (await SendAsync(HttpMethod.Get, "/v1/ledger/chart")).Data!.AsArray();
        Assert.Equal(Chart.Template.Count, before.Count);
        await OpenAsync("""{"code":"wallets/1","name":"","currency":"EUR"}""");
        var after = (await SendAsync(HttpMethod.Get, "/v1/ledger/chart")).Data!.AsArray();
        Assert.All(after, node => Assert.Equal("payments", (string)node!["template"]!));
        Assert.Equal(Chart.Template.Count, after.Count);
    }

    [Theory]
    [InlineData("wallets/1", null, "EUR", "201 credit wallets")]
    [InlineData("wallets/2", "debit", "EUR", "422 account_against_chart")]
    [InlineData("treasury/ta_1/bank", null, "EUR", "201 debit treasury/*/bank")]
    [InlineData("treasury/ta_1/bank/vault", null, "EUR", "201 debit treasury/*/bank")]
    [InlineData("treasury/ta_1/in-transit", "debit", "EUR", "422 account_against_chart")]
    [InlineData("treasury/ta_1/gold", "debit", "EUR", "201 debit treasury")]
    [InlineData("treasury/ta_1/silver", null, "EUR", "422 invalid_request")]
    [InlineData("walletsome/1", "credit", "EUR", "422 account_outside_chart")]
    [InlineData("slush", "credit", "EUR", "422 account_outside_chart")]
    [InlineData("local/1", null, "XOF", "201 credit local")]
    [InlineData("local/2", null, "EUR", "422 account_against_chart")]
    public async Task An_account_obeys_the_node_that_fits_best(string code, string? side, string currency, string expected)
    {
        await SendAsync(HttpMethod.Post, "/v1/ledger/chart", """{"code":"local","name":"Only here","normalSide":"credit","currency":"XOF"}""");
        var request = new JsonObject { ["code"] = code, ["name"] = "", ["currency"] = currency };
        if (side is not null) request["normalSide"] = side;
        var (status, data, error) = await SendAsync(HttpMethod.Post, "/v1/ledger/accounts", request.ToJsonString());
        Assert.Equal(expected, status == 201 ? $"201 {data!["normalSide"]} {data["chartNode"]}" : $"{status} {error}");
    }

    [Fact]
    public async Task A_node_is_never_changed()
    {
        Assert.Equal(201, (await SendAsync(HttpMethod.Post, "/v1/ledger/chart", """{"code":"grants","name":"Grants"}""")).Status);
        Assert.Equal(422, (await SendAsync(HttpMethod.Post, "/v1/ledger/chart", """{"code":"grants","name":"Gifts","normalSide":"debit"}""")).Status);
    }

    [Fact]
    public async Task The_database_itself_knows_the_chart()
    {
        await OpenAsync("""{"code":"wallets/9","name":"","currency":"EUR"}""");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => database.App.TransactAsync<bool>(_tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit, [new("nowhere", "", Currency.Known("EUR"), NormalSide.Debit)], default);
            return true;
        }, default));
        Assert.StartsWith("account_outside_chart", refused.Message);
    }

    [Fact]
    public async Task An_account_is_renamed_limited_frozen_closed_and_reopened()
    {
        var id = (string)(await OpenAsync("""{"code":"wallets/1","name":"First","currency":"EUR","flags":["debits_must_not_exceed_credits"],"metadata":{"owner":"7"}}"""))["id"]!;
        await OpenAsync("""{"code":"cash/1","name":"","currency":"EUR"}""");

        var changed = (await PatchAsync(id, """{"name":"Second","metadata":{"owner":"8"}}""")).Data!;
        Assert.Equal("Second 8 0 debits_must_not_exceed_credits", $"{changed["name"]} {changed["metadata"]!["owner"]} {changed["debitLimit"]} {changed["flags"]![0]}");

        Assert.Equal("debit_limit_exceeded", await PostAsync("cash/1", -50));
        Assert.Equal(50, (long)(await PatchAsync(id, """{"limits":{"debit":50,"credit":1000}}""")).Data!["debitLimit"]!);
        Assert.Equal("new", await PostAsync("cash/1", -50));
        Assert.Equal("limit_below_balance", (await PatchAsync(id, """{"limits":{"debit":49}}""")).Error);
        Assert.Equal("account_not_empty", (await PatchAsync(id, """{"state":"closed"}""")).Error);

        Assert.Equal("frozen", (string)(await PatchAsync(id, """{"state":"frozen"}""")).Data!["state"]!);
        Assert.Equal("account_closed", await PostAsync("cash/1", 50));
        await PatchAsync(id, """{"state":"open"}""");
        Assert.Equal("new", await PostAsync("cash/1", 50));
        Assert.Equal("closed", (string)(await PatchAsync(id, """{"state":"closed"}""")).Data!["state"]!);
        Assert.Equal("account_closed", await PostAsync("cash/1", 50));
        Assert.Null((await PatchAsync(id, """{"limits":{}}""")).Data!["debitLimit"]);
        Assert.Equal(
        [
            """{"name":{"before":"First","after":"Second"},"metadata":{"after":"owner"}}""",
            """{"debitLimit":{"before":"0","after":"50"},"creditLimit":{"after":"1000"}}""",
            """{"state":{"before":"open","after":"frozen"}}""",
            """{"state":{"before":"frozen","after":"open"}}""",
            """{"state":{"before":"open","after":"closed"}}""",
            """{"debitLimit":{"before":"50"},"creditLimit":{"before":"1000"}}""",
        ], await database.App.ListAsync(_tenant, "select changes from audit.entries where action = 'ledger_account.changed' order by sequence", [], row => row.GetString(0), default));
        Assert.Equal(404, (await PatchAsync(new LedgerAccountId(Guid.CreateVersion7(TimeProvider.System.GetUtcNow())).ToString(), """{"state":"open"}""")).Status);
    }

    [Fact]
    public async Task A_balance_is_explained_page_by_page_down_to_nothing()
    {
        var id = (string)(await OpenAsync("""{"code":"wallets/1","name":"","currency":"EUR"}"""))["id"]!;
        await OpenAsync("""{"code":"cash/1","name":"","currency":"EUR"}""");
        for (var i = 1; i <= 7; i++) await PostAsync("cash/1", 100 * i);

        var (sum, pages) = (0L, 0);
        for (var cursor = ""; cursor is not null; pages++)
        {
            var body = await GetAsync($"/v1/ledger/accounts/{id}/explain?at=2026-03-02&limit=3{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}");
            var data = body["data"]!;
            Assert.Equal(2800, (long)data["balance"]!["amount"]!);
            sum += data["entries"]!.AsArray().Sum(entry => (long)entry!["amount"]!["amount"]!);
            Assert.Equal(2800 - sum, (long)data["broughtForward"]!["amount"]!);
            Assert.Equal("api", (string)data["entries"]![0]!["cause"]!["kind"]!);
            cursor = (string?)body["meta"]!["nextCursor"];
        }
        Assert.Equal((2800, 3), (sum, pages));
        Assert.Equal(0, (long)(await GetAsync($"/v1/ledger/accounts/{id}/explain?at=2026-03-01"))["data"]!["balance"]!["amount"]!);
    }

    /// <summary>From the given account to the wallet.</summary>
    private async Task<string> PostAsync(string from, long minor)
    {
        var journal = $$"""{"source":"s{{_number++}}","effectiveOn":"2026-03-02","postings":[{"account":"{{from}}","amount":{"amount":{{minor}},"currency":"EUR"} },{"account":"wallets/1","amount":{"amount":{{-minor}},"currency":"EUR"} }]}""";
        var (_, data, error) = await SendAsync(HttpMethod.Post, "/v1/ledger/journals", journal);
        return error ?? (string)data!["outcome"]!;
    }

    private async Task<JsonNode> OpenAsync(string account)
    {
        var (status, data, error) = await SendAsync(HttpMethod.Post, "/v1/ledger/accounts", account);
        Assert.True(status == 201, error);
        return data!;
    }

    private Task<(int Status, JsonNode? Data, string? Error)> PatchAsync(string id, string change) => SendAsync(HttpMethod.Patch, $"/v1/ledger/accounts/{id}", change);

    private async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await _api.GetStringAsync(path))!;

    private async Task<(int Status, JsonNode? Data, string? Error)> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (method == HttpMethod.Post) request.Headers.Add("Idempotency-Key", $"k{_number++}");
        using var response = await _api.SendAsync(request);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync());
        return ((int)response.StatusCode, body?["data"], (string?)body?["error"]?["code"]);
    }
}
