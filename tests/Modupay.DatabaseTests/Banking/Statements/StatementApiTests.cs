using System.Text;
using System.Text.Json.Nodes;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.DependencyInjection;
using Modupay.Banking.Statements;
using Modupay.Tenancy;
using Modupay.Tenancy.Endpoints;

namespace Modupay.DatabaseTests.Banking.Statements;

/// <summary>The routes of statement files, findings and dialects over HTTP, with the key of the organization whose files they are and with a stranger's.</summary>
public sealed class StatementApiTests : IAsyncLifetime
{
    private const string DayFirst = """{"definition":{"name":"day-first","csv":{"date":"dd/MM/yyyy","decimal":",","columns":{"bookingDate":"Date","amount":"Amount","currency":"Currency"}}}}""";

    private static readonly DateOnly Monday = new(2026, 3, 2);

    private StatementScene _scene = null!;
    private TestApi _app = null!;
    private HttpClient _api = null!;
    private HttpClient _stranger = null!;

    public async Task InitializeAsync()
    {
        _scene = await StatementScene.StartAsync();
        _app = await TestApi.StartAsync(_scene.Fresh.App, TimeProvider.System, routes =>
        {
            ReadStatements.Map(routes);
            ReadFindings.Map(routes);
            ReparseStatement.Map(routes);
            DefineDialect.Map(routes);
            PickUpEndpoints.Map(routes);
            ApiKeyEndpoints.Map(routes);
        }, services => services.AddSingleton(_scene.Fresh.App).AddSingleton(_scene.Cipher).AddSingleton(_scene.S3).AddSingleton(_scene.Buckets));
        _api = _app.Client(_scene.Organization.Key.Secret);
        _stranger = _app.Client((await Organizations.CreateAsync(_scene.Fresh.App, "Another", live: false, default)).Key.Secret);
    }

    [Fact]
    public async Task A_file_that_was_given_up_at_the_bank_is_named_with_its_reason_and_fetched_again_when_a_person_says_so()
    {
        var path = $"/v1/bank-profiles/{_scene.Bank}/pick-up";
        await SendAsync("PUT", path, """{"connectorId":"c-00000000000000001","remoteDirectory":"/out"}""");
        await _scene.Fresh.App.ExecuteAsync(_scene.Tenant, """
            insert into banking.statement_pick_up_files (bank_profile_id, tenant_id, path, state, attempts, failure, seen_at)
            values ($1, $2, '/out/a.sta', 'failed', 5, 'permission denied', now()), ($1, $2, '/out/b.sta', 'fetched', 1, null, now()), ($1, $2, '/out/c.sta', 'failed', 5, null, now())
            """, [_scene.Bank.Value, _scene.Tenant.Value], default);

        var (_, failed) = await SendAsync("GET", path + "/files?state=failed");
        Assert.Equal(("/out/a.sta", "permission denied", "5"), (Text(failed, "data.0.path"), Text(failed, "data.0.failure"), Text(failed, "data.0.attempts")));
        var (one, after) = await SendAsync("POST", path + "/retry", """{"path":"/out/a.sta"}""");
        Assert.Equal((200, "1", "1"), (one, Text(after, "data.waiting"), Text(after, "data.failed")));
        var (again, _) = await SendAsync("POST", path + "/retry", """{"path":"/out/a.sta"}""");
        Assert.Equal(200, again);
        var (unknown, _) = await SendAsync("POST", path + "/retry", """{"path":"/out/x.sta"}""");
        Assert.Equal(404, unknown);
        var (_, all) = await SendAsync("POST", path + "/retry", "{}");
        Assert.Equal(("2", "1", "0"), (Text(all, "data.waiting"), Text(all, "data.fetched"), Text(all, "data.failed")));
        Assert.Equal(["2"], await _scene.Fresh.LinesAsync("select count(*)::text from audit.entries where action = 'bank_profile.pick_up_retried'"));
    }

    [Fact]
    public async Task What_many_say_at_once_about_a_pick_up_is_said_by_the_last_of_them()
    {
        for (var round = 0; round < 5; round++)
        {
            var answers = await AtOnce.RunAsync(i => SendAsync("PUT", $"/v1/bank-profiles/{_scene.Bank}/pick-up", $$"""{"connectorId":"c-00000000000000001","remoteDirectory":"/out/{{i}}"}"""));
            Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        }
    }

    [Fact]
    public async Task A_line_names_its_counterparty_to_whoever_decides_about_it_and_to_nobody_else()
    {
        var file = await _scene.ArriveAsync("day.sta", StatementScene.Mt940(1, Monday, 100_00, 10_00));
        var (_, mine) = await SendAsync("GET", $"/v1/statements/{file.Id}/lines");
        Assert.Equal("Anna Muster", Text(mine, "data.0.counterpartyName"));

        var (_, made) = await SendAsync("POST", "/v1/api-keys", """{"name":"Reader","scopes":["statements:read"]}""");
        using var reader = _app.Client(Text(made, "data.secret"));
        var (_, theirs) = await SendAsync("GET", $"/v1/statements/{file.Id}/lines", client: reader);
        Assert.Equal(1, Count(theirs));
        Assert.Null(theirs["data"]![0]!["counterpartyName"]);
    }

    [Fact]
    public async Task A_file_in_quarantine_is_read_again_after_its_bank_was_explained()
    {
        var id = await QuarantinedAsync();
        var (_, before) = await SendAsync("GET", $"/v1/statements/{id}");
        Assert.Equal(("quarantined", "statement_unreadable", "date_ambiguous"), (Text(before, "data.state"), Text(before, "data.failure.code"), Text(before, "data.problems.0.code")));

        var (defined, dialect) = await SendAsync("PUT", $"/v1/bank-profiles/{_scene.Bank}/dialect", DayFirst);
        Assert.Equal((200, "day-first", "true"), (defined, Text(dialect, "data.dialect"), Text(dialect, "data.defined")));
        var (asked, waiting) = await SendAsync("POST", $"/v1/statements/{id}/reparse");
        Assert.Equal((202, "registered"), (asked, Text(waiting, "data.state")));
        var (again, _) = await SendAsync("POST", $"/v1/statements/{id}/reparse");
        Assert.Equal(202, again);

        await _scene.TakeUpAsync($".reread/{id}");
        var (_, read) = await SendAsync("GET", $"/v1/statements/{id}");
        Assert.Equal(("archived", "day-first", "1"), (Text(read, "data.state"), Text(read, "data.dialect"), Text(read, "data.lineCount")));
        Assert.Null(read["data"]!["failure"]);
        var (_, lines) = await SendAsync("GET", $"/v1/statements/{id}/lines");
        Assert.Equal(("2026-04-03", "1000"), (Text(lines, "data.0.bookedOn"), Text(lines, "data.0.amount.amount")));
        Assert.Equal(["bank_profile.dialect_changed 1", "statement.released 1"], await _scene.Fresh.LinesAsync(
            "select action || ' ' || count(*) from audit.entries where action in ('bank_profile.dialect_changed', 'statement.released') group by action order by action"));
    }

    [Fact]
    public async Task A_file_is_not_read_again_while_it_is_being_read_nor_for_a_stranger()
    {
        var id = await QuarantinedAsync();

        Assert.Equal((404, "not_found"), await RefusalAsync("POST", $"/v1/statements/{id}/reparse", client: _stranger));
        Assert.Equal((404, "not_found"), await RefusalAsync("POST", "/v1/statements/sf_unknown/reparse"));
        Assert.Equal((404, "not_found"), await RefusalAsync("POST", $"/v1/statements/{Id.New<StatementFileId>(TimeProvider.System)}/reparse"));
        Assert.Equal("quarantined", Text((await SendAsync("GET", $"/v1/statements/{id}")).Body, "data.state"));

        await _scene.Fresh.AsSuperuserAsync("update banking.bank_statements_raw set state = 'parsed'");
        Assert.Equal((409, "statement_state"), await RefusalAsync("POST", $"/v1/statements/{id}/reparse"));
        var inbox = await _scene.S3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "inbox", Prefix = _scene.Key(".reread/") });
        Assert.Empty(inbox.S3Objects ?? []);
    }

    [Theory]
    [InlineData("""{"name":"esperanto"}""", 422, "dialect_invalid")]
    [InlineData("{}", 422, "dialect_invalid")]
    [InlineData("""{"definition":{"name":"x","information":"unheard of"}}""", 422, "dialect_invalid")]
    [InlineData("""{"definition":{"name":""}}""", 422, "dialect_invalid")]
    [InlineData("""{"name":"generic","colour":"red"}""", 400, "invalid_json")]
    public async Task A_dialect_that_cannot_be_is_refused(string body, int status, string code)
    {
        Assert.Equal((status, code), await RefusalAsync("PUT", $"/v1/bank-profiles/{_scene.Bank}/dialect", body));
        Assert.Equal("generic", await _scene.Fresh.ScalarAsync<string>("select dialect from banking.bank_profiles"));
    }

    [Fact]
    public async Task Only_the_owner_of_a_bank_profile_says_how_that_bank_writes()
    {
        Assert.Equal((404, "not_found"), await RefusalAsync("PUT", $"/v1/bank-profiles/{_scene.Bank}/dialect", """{"name":"mbank-mt"}""", _stranger));
        Assert.Equal((404, "not_found"), await RefusalAsync("PUT", "/v1/bank-profiles/bp_unknown/dialect", """{"name":"mbank-mt"}"""));
        Assert.Equal("generic", await _scene.Fresh.ScalarAsync<string>("select dialect from banking.bank_profiles"));

        var (status, named) = await SendAsync("PUT", $"/v1/bank-profiles/{_scene.Bank}/dialect", """{"name":"mbank-mt"}""");
        Assert.Equal((200, "mbank-mt", "false"), (status, Text(named, "data.dialect"), Text(named, "data.defined")));
    }

    [Fact]
    public async Task Findings_are_listed_by_state_kind_and_account_page_by_page()
    {
        await ArriveWithGapAsync();
        var kinds = new List<string>();
        string? cursor = null;
        do
        {
            var (_, page) = await SendAsync("GET", $"/v1/statement-findings?limit=2{(cursor is null ? "" : "&cursor=" + cursor)}");
            kinds.AddRange(page["data"]!.AsArray().Select(finding => (string)finding!["kind"]!));
            cursor = (string?)page["meta"]?["nextCursor"];
        }
        while (cursor is not null && kinds.Count < 10);
        Assert.Equal(["balance_gap", "days_missing", "sequence_gap"], kinds.Order());

        var (_, gap) = await SendAsync("GET", "/v1/statement-findings?kind=balance_gap&state=open");
        Assert.Equal(("open", "EUR"), (Text(gap, "data.0.state"), Text(gap, "data.0.currency")));
        Assert.DoesNotContain(StatementScene.Iban, gap.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(1, Count(gap));
        Assert.Equal(3, Count((await SendAsync("GET", $"/v1/statement-findings?treasuryAccount={Text(gap, "data.0.treasuryAccount")}")).Body));
        Assert.Equal(0, Count((await SendAsync("GET", "/v1/statement-findings?state=resolved")).Body));
        Assert.Equal(0, Count((await SendAsync("GET", "/v1/statement-findings", client: _stranger)).Body));
    }

    [Fact]
    public async Task Coverage_names_the_business_days_that_no_statement_covers()
    {
        await ArriveWithGapAsync();

        var (_, week) = await SendAsync("GET", "/v1/statement-coverage?from=2026-03-02&to=2026-03-08");
        Assert.Equal(("Main", "2", "5", "3", "13500"),
            (Text(week, "data.0.name"), Text(week, "data.0.statements"), Text(week, "data.0.businessDays"), Text(week, "data.0.openFindings"), Text(week, "data.0.lastClosing.amount")));
        Assert.Equal(["2026-03-03", "2026-03-05", "2026-03-06"], week["data"]![0]!["missingDays"]!.AsArray().Select(day => (string)day!));
        Assert.Equal(0, Count((await SendAsync("GET", "/v1/statement-coverage?from=2026-03-02&to=2026-03-08", client: _stranger)).Body));
    }

    [Fact]
    public async Task Files_and_lines_are_listed_by_state_page_by_page()
    {
        var quarantined = await QuarantinedAsync();
        var file = await _scene.ArriveAsync("a.sta", StatementScene.Mt940(1, Monday, 100_00, 10_00, -5_00, 7_00));

        Assert.Equal([quarantined], Ids((await SendAsync("GET", "/v1/statements?state=quarantined")).Body));
        var (_, first) = await SendAsync("GET", "/v1/statements?limit=1");
        var (_, second) = await SendAsync("GET", $"/v1/statements?limit=1&cursor={Text(first, "meta.nextCursor")}");
        Assert.Equal([file.Id.ToString(), quarantined], [.. Ids(first), .. Ids(second)]);

        var (_, two) = await SendAsync("GET", $"/v1/statements/{file.Id}/lines?limit=2");
        var (_, third) = await SendAsync("GET", $"/v1/statements/{file.Id}/lines?limit=2&cursor={Text(two, "meta.nextCursor")}");
        Assert.Equal(["1000", "-500", "700"], two["data"]!.AsArray().Concat(third["data"]!.AsArray()).Select(line => line!["amount"]!["amount"]!.ToString()));
        Assert.Equal(3, Count((await SendAsync("GET", $"/v1/statements/{file.Id}/lines?state=unmatched")).Body));
        Assert.Equal(0, Count((await SendAsync("GET", $"/v1/statements/{file.Id}/lines?state=matched")).Body));

        Assert.Equal(0, Count((await SendAsync("GET", "/v1/statements", client: _stranger)).Body));
        Assert.Equal((404, "not_found"), await RefusalAsync("GET", $"/v1/statements/{file.Id}", client: _stranger));
        Assert.Equal((404, "not_found"), await RefusalAsync("GET", $"/v1/statements/{file.Id}/lines", client: _stranger));
    }

    [Theory]
    [InlineData("/v1/statement-findings?state=closed", 422, "invalid_request", "state")]
    [InlineData("/v1/statement-findings?kind=gap", 422, "invalid_request", "kind")]
    [InlineData("/v1/statement-findings?treasuryAccount=ta_1", 422, "invalid_request", "treasuryAccount")]
    [InlineData("/v1/statement-findings?cursor=x", 400, "invalid_cursor", null)]
    [InlineData("/v1/statement-findings?limit=0", 422, "invalid_request", "limit")]
    [InlineData("/v1/statement-coverage?to=yesterday", 422, "invalid_request", "to")]
    [InlineData("/v1/statement-coverage?from=2026-03-09&to=2026-03-08", 422, "invalid_request", "from")]
    [InlineData("/v1/statement-coverage?from=2024-01-01&to=2026-03-08", 422, "invalid_request", "from")]
    [InlineData("/v1/statements?state=lost", 422, "invalid_request", "state")]
    [InlineData("/v1/statements?cursor=x", 400, "invalid_cursor", null)]
    public async Task A_question_that_makes_no_sense_is_refused(string path, int status, string code, string? field)
    {
        var (answered, body) = await SendAsync("GET", path);

        Assert.Equal((status, code, field), (answered, Text(body, "error.code"), (string?)body["error"]!["errors"]?[0]?["field"]));
    }

    public async Task DisposeAsync()
    {
        _api.Dispose();
        _stranger.Dispose();
        await _app.DisposeAsync();
        await _scene.DisposeAsync();
    }

    private async Task<string> QuarantinedAsync() => (await _scene.ArriveAsync("b.csv", Encoding.UTF8.GetBytes("Date;Amount;Currency\n03/04/2026;10,00;EUR\n"))).Id.ToString();

    private async Task ArriveWithGapAsync()
    {
        await _scene.ArriveAsync("1.sta", StatementScene.Mt940(1, Monday, 100_00, 10_00));
        await _scene.ArriveAsync("3.sta", StatementScene.Mt940(3, Monday.AddDays(2), 130_00, 5_00));
    }

    private async Task<(int Status, string Code)> RefusalAsync(string method, string path, string? body = null, HttpClient? client = null)
    {
        var (status, answer) = await SendAsync(method, path, body, client);
        return (status, Text(answer, "error.code"));
    }

    private async Task<(int Status, JsonNode Body)> SendAsync(string method, string path, string? body = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await (client ?? _api).SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private static int Count(JsonNode list) => list["data"]!.AsArray().Count;

    private static IEnumerable<string> Ids(JsonNode list) => list["data"]!.AsArray().Select(item => (string)item!["id"]!);

    /// <summary>A member by its path, such as <c>data.0.id</c>.</summary>
    private static string Text(JsonNode node, string path) =>
        path.Split('.').Aggregate(node, (current, name) => (int.TryParse(name, out var index) ? current[index] : current[name]) ?? throw new InvalidOperationException($"No {path} in {node.ToJsonString()}")).ToString();
}
