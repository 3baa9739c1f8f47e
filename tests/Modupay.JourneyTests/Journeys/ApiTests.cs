using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Modupay.JourneyTests.Security;
using Modupay.Local;

namespace Modupay.JourneyTests.Journeys;

/// <summary>What every integrator relies on, over HTTP through the gateway.</summary>
[Collection(Journeys.Name)]
public sealed class ApiTests(RunningCloud running) : IAsyncLifetime
{
    private DemoOrganization _organization = null!;
    private ApiClient _api = null!;

    public async Task InitializeAsync()
    {
        _organization = await DemoOrganization.CreateAsync(running.Cloud, CancellationToken.None);
        _api = new ApiClient(running.Cloud.ApiUrl, _organization.ApiKey);
    }

    public Task DisposeAsync()
    {
        _api.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(null)]
    [InlineData("mp_test_0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("mp_live_x")]
    [InlineData("nonsense")]
    public async Task A_request_without_a_valid_key_is_refused(string? key)
    {
        using var api = new ApiClient(running.Cloud.ApiUrl, key);
        var answer = await api.GetAsync("/v1/payouts", CancellationToken.None);
        Assert.Equal((401, "unauthenticated"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task An_error_has_the_members_of_rfc_9457_inside_the_envelope()
    {
        var answer = await _api.PostAsync("/v1/payouts", Order(iban: "DE89370400440532013001"), "k1", CancellationToken.None);
        Assert.Equal(422, answer.Status);
        Assert.False((bool)answer.Body!["success"]!);
        Assert.Equal("invalid_request", answer.Code);
        Assert.Equal(422, (int)answer.Body["error"]!["status"]!);
        Assert.NotNull(answer.Body["error"]!["title"]);
        Assert.EndsWith("/errors/invalid_request", (string?)answer.Body["error"]!["type"], StringComparison.Ordinal);
        Assert.Equal("creditor.iban", (string?)answer.Body["error"]!["errors"]![0]!["field"]);
        Assert.StartsWith("req_", (string?)answer.Body["meta"]!["requestId"], StringComparison.Ordinal);
        Assert.DoesNotContain("DE89370400440532013001", answer.Body.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_that_are_missing_or_unknown_are_named()
    {
        var answer = await _api.PostAsync("/v1/payouts", new JsonObject { ["amount"] = new JsonObject { ["currency"] = "EUR" }, ["creditor"] = new JsonObject { ["name"] = "X", ["DE89370400440532013001"] = "x" } }, "k1", CancellationToken.None);
        Assert.Equal((400, "invalid_json"), (answer.Status, answer.Code));
        var named = ((JsonArray)answer.Body!["error"]!["errors"]!).Select(item => ((string)item!["field"]!, (string)item["code"]!)).ToList();
        Assert.Equal([("treasuryAccount", "missing"), ("amount.amount", "missing"), ("creditor.iban", "missing"), ("creditor", "unknown_member")], named);
        Assert.DoesNotContain("DE89370400440532013001", answer.Body.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_that_cannot_be_kept_is_refused_and_harms_nobody_after_it()
    {
        // More often than a connection needs to prepare the statement.
        for (var i = 0; i < 4; i++)
        {
            var refused = await _api.PostAsync("/v1/ledger/chart", new JsonObject { ["code"] = $"nul-{i}", ["name"] = "a\0b" }, null, CancellationToken.None);
            Assert.Equal((422, "invalid_request"), (refused.Status, refused.Code));
            Assert.Equal(201, (await _api.PostAsync("/v1/ledger/chart", new JsonObject { ["code"] = $"nul-{i}", ["name"] = "a\\u0000b" }, null, CancellationToken.None)).Status);
        }
        Assert.Equal(422, (await _api.GetAsync("/v1/ledger/accounts?prefix=a%00b", CancellationToken.None)).Status);

        // Where any JSON may stand, nothing looks into its texts before PostgreSQL would.
        using var http = new HttpClient { BaseAddress = new Uri(running.Cloud.ApiUrl) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", _organization.ApiKey);
        foreach (var value in new[] { "\"\\ud800\"", "\"\\u0000\"", "1e400000", "-1E-400000", "1e99999999999", "0." + new string('0', 20_000) + "1" })
        {
            using var dialect = new StringContent($$$"""{"definition":{"name":"x","anything":{{{value}}}}}""", System.Text.Encoding.UTF8, "application/json");
            Assert.Equal(422, (int)(await http.PutAsync($"/v1/bank-profiles/{_organization.BankProfile}/dialect", dialect)).StatusCode);
        }
    }

    [Fact]
    public async Task A_query_parameter_that_the_endpoint_does_not_have_is_refused_and_told_which_it_has()
    {
        var answer = await _api.GetAsync("/v1/payouts?status=failed&limit=5", CancellationToken.None);
        Assert.Equal((422, "invalid_request"), (answer.Status, answer.Code));
        var problem = Assert.Single((JsonArray)answer.Body!["error"]!["errors"]!)!;
        Assert.Equal(("status", "unknown", "This endpoint has state, limit, cursor."), ((string)problem["field"]!, (string)problem["code"]!, (string)problem["message"]!));
        Assert.Equal(200, (await _api.GetAsync("/v1/payouts?state=failed&limit=5", CancellationToken.None)).Status);
    }

    [Fact]
    public async Task A_payout_needs_an_idempotency_key()
    {
        var answer = await _api.PostAsync("/v1/payouts", Order(), null, CancellationToken.None);
        Assert.Equal((400, "idempotency_key_required"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Twenty_requests_with_one_key_at_once_make_one_payout()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _api.PostAsync("/v1/payouts", Order(), "twenty", CancellationToken.None)));
        Assert.All(answers, answer => Assert.True(answer.Status is 201 || (answer.Status, answer.Code) is (409, "idempotency_in_progress"), answer.Body?.ToJsonString()));
        Assert.Single(answers.Where(answer => answer.Status == 201).Select(answer => (string)answer.Data!["id"]!).Distinct());
        Assert.Single((JsonArray)(await _api.GetAsync("/v1/payouts", CancellationToken.None)).Data!);
    }

    [Fact]
    public async Task A_refused_request_may_be_tried_again_with_its_key()
    {
        Assert.Equal(422, (await _api.PostAsync("/v1/payouts", Order(account: "ta_00000000000000000000000000"), "again", CancellationToken.None)).Status);
        Assert.Equal(201, (await _api.PostAsync("/v1/payouts", Order(), "again", CancellationToken.None)).Status);
    }

    [Fact]
    public async Task A_list_is_read_page_by_page_without_gaps_or_repetitions()
    {
        for (var i = 0; i < 5; i++) Assert.Equal(201, (await _api.PostAsync("/v1/payouts", Order(minor: 100 + i), $"page-{i}", CancellationToken.None)).Status);
        var ids = new List<string>();
        for (var cursor = ""; ;)
        {
            var page = await _api.GetAsync($"/v1/payouts?limit=2{cursor}", CancellationToken.None);
            ids.AddRange(((JsonArray)page.Data!).Select(item => (string)item!["id"]!));
            if ((string?)page.Body!["meta"]!["nextCursor"] is not { } next) break;
            cursor = "&cursor=" + next;
        }
        Assert.Equal(5, ids.Count);
        Assert.Equal(ids.OrderDescending(StringComparer.Ordinal), ids);
    }

    [Fact]
    public async Task Another_organization_sees_nothing_of_it()
    {
        var payout = (string)(await _api.PostAsync("/v1/payouts", Order(), "mine", CancellationToken.None)).Data!["id"]!;
        var stranger = await DemoOrganization.CreateAsync(running.Cloud, CancellationToken.None);
        using var other = new ApiClient(running.Cloud.ApiUrl, stranger.ApiKey);
        Assert.Equal(404, (await other.GetAsync($"/v1/payouts/{payout}", CancellationToken.None)).Status);
        Assert.Equal(404, (await other.PostAsync($"/v1/payouts/{payout}/cancel", null, "theirs", CancellationToken.None)).Status);
        Assert.Empty((JsonArray)(await other.GetAsync("/v1/payouts", CancellationToken.None)).Data!);
        Assert.Equal(422, (await other.PostAsync("/v1/payouts", Order(), "theirs", CancellationToken.None)).Status);
    }

    [Fact]
    public async Task A_payout_that_needs_approval_waits_for_it()
    {
        var account = (string)(await _api.CreateAsync("/v1/treasury-accounts", new JsonObject
        {
            ["bankProfile"] = _organization.BankProfile,
            ["name"] = "Careful",
            ["iban"] = "DE02120300000000202051",
            ["orderLimit"] = new JsonObject { ["amount"] = 100_000, ["currency"] = "EUR" },
            ["approvalRequired"] = true,
        }, CancellationToken.None))["id"]!;
        var payout = (await _api.PostAsync("/v1/payouts", Order(account: account), "careful", CancellationToken.None)).Data!;
        Assert.Equal("created", (string?)payout["state"]);
        Assert.Equal("processing", (string?)(await _api.PostAsync($"/v1/payouts/{payout["id"]}/approve", null, "yes", CancellationToken.None)).Data!["state"]);
        var late = await _api.PostAsync($"/v1/payouts/{payout["id"]}/cancel", null, "no", CancellationToken.None);
        Assert.Equal((409, "payout_state"), (late.Status, late.Code));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"treasuryAccount\":1}")]
    [InlineData("{\"treasuryAccount\":\"x\",\"amount\":{\"amount\":1.5,\"currency\":\"EUR\"},\"creditor\":{\"name\":\"a\",\"iban\":\"b\"}}")]
    [InlineData("{\"treasuryAccount\":\"x\",\"amount\":{\"amount\":99999999999999999999,\"currency\":\"EUR\"},\"creditor\":{\"name\":\"a\",\"iban\":\"b\"}}")]
    [InlineData("{\"treasuryAccount\":\"x\",\"amount\":null,\"creditor\":null}")]
    [InlineData("{\"treasuryAccount\":\"x\",\"amount\":{\"amount\":1,\"currency\":\"EUR\"},\"creditor\":{\"name\":\"a\",\"iban\":\"b\"},\"surprise\":true}")]
    public async Task Rubbish_is_refused_with_a_reason_and_never_fails(string body)
    {
        using var http = new HttpClient { BaseAddress = new Uri(running.Cloud.ApiUrl) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/payouts") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _organization.ApiKey);
        request.Headers.Add("Idempotency-Key", "rubbish");
        using var response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_json", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]);
    }

    [Fact]
    public async Task Unknown_addresses_and_methods_are_answered_in_the_envelope()
    {
        var nowhere = await _api.GetAsync("/v1/nothing", CancellationToken.None);
        Assert.Equal((404, "not_found"), (nowhere.Status, nowhere.Code));
        var wrong = await _api.SendAsync(HttpMethod.Delete, "/v1/payouts", null, null, CancellationToken.None);
        Assert.Equal((405, "method_not_allowed"), (wrong.Status, wrong.Code));
    }

    [Fact]
    public async Task An_unreadable_file_waits_in_quarantine_with_a_reason()
    {
        using var http = new HttpClient { BaseAddress = new Uri(running.Cloud.ApiUrl) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _organization.ApiKey);
        using var content = new ByteArrayContent("this is no bank statement"u8.ToArray());
        using var response = await http.PostAsync($"/v1/statements?bankProfile={_organization.BankProfile}&fileName=letter.txt", content);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);

        var file = await Eventually.FindAsync(async () => ((JsonArray)(await _api.GetAsync("/v1/statements", CancellationToken.None)).Data!).FirstOrDefault(item => (string?)item!["state"] == "quarantined"),
            () => "The file is not in quarantine.");
        Assert.Equal("statement_unreadable", (string?)file["failure"]!["code"]);
    }

    [Fact]
    public async Task The_contract_is_what_was_approved()
    {
        using var http = new HttpClient();
        var document = JsonNode.Parse(await http.GetStringAsync(running.Cloud.ApiUrl + "/openapi/v1.json"))!;
        Assert.StartsWith("3.1", (string?)document["openapi"], StringComparison.Ordinal);
        Approved.Matches(document.ToJsonString(new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), "openapi.approved.json");
        Approved.Matches(string.Join('\n', document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()
            .Select(operation => $"{operation.Key.ToUpperInvariant(),-6} {path.Key,-50} {operation.Value!["summary"]}".TrimEnd())).Order(StringComparer.Ordinal)), "routes.approved.txt");
    }

    /// <summary>An integrator has the document and nothing else.</summary>
    [Fact]
    public async Task Every_field_and_every_parameter_says_what_it_is()
    {
        using var http = new HttpClient();
        var document = JsonNode.Parse(await http.GetStringAsync(running.Cloud.ApiUrl + "/openapi/v1.json"))!;
        var fields =
            from shape in document["components"]!["schemas"]!.AsObject()
            from field in shape.Value!["properties"]?.AsObject() ?? []
            select (Place: $"{shape.Key}.{field.Key}", Said: field.Value!);
        var parameters =
            from path in document["paths"]!.AsObject()
            from operation in path.Value!.AsObject()
            from parameter in operation.Value!["parameters"]?.AsArray() ?? []
            select (Place: $"{operation.Key} {path.Key} {parameter!["name"]}", Said: parameter);
        var all = fields.Concat(parameters).ToList();
        Assert.True(all.Count > 900, $"{all.Count} fields and parameters.");
        Assert.Empty(all.Where(each => string.IsNullOrWhiteSpace((string?)each.Said["description"])).Select(each => each.Place));
    }

    [Fact]
    public async Task Where_the_document_requires_a_key_a_request_without_one_is_refused()
    {
        var operations = (await ApiDocument.ReadAsync(running.Cloud.ApiUrl)).Where(operation => operation.RequiresKey).ToList();
        Assert.True(operations.Count > 10, $"{operations.Count} operations.");
        foreach (var operation in operations)
        {
            var answer = await _api.PostAsync(operation.Address("x"), operation.Sample() ?? new JsonObject(), idempotencyKey: null, CancellationToken.None);
            Assert.Equal((operation.Name, "idempotency_key_required"), (operation.Name, answer.Code));
        }
    }

    private JsonObject Order(long minor = 100, string? account = null, string iban = "DE89370400440532013000") => new()
    {
        ["treasuryAccount"] = account ?? _organization.TreasuryAccount,
        ["amount"] = new JsonObject { ["amount"] = minor, ["currency"] = "EUR" },
        ["creditor"] = new JsonObject { ["name"] = "Example Supplier", ["iban"] = iban },
    };
}
