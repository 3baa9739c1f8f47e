using System.Text;
using System.Text.Json.Nodes;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.DatabaseTests.Notifications;
using Modupay.Local.Cloud;
using Modupay.Reconciliation;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Reconciliation;

/// <summary>One organization with an account at a bank, the API before it, and statements that say what the test wants. Everything else is the product.</summary>
internal sealed class ReconciliationScene : IAsyncDisposable
{
    public const string CustomerIban = "FR1420041010050500013M02606";
    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private KmsStandIn _kms = null!;
    private AmazonKeyManagementServiceClient _client = null!;
    private TestApi _app = null!;
    private HttpClient _api = null!;
    private Guid _profile;
    private long _closing;
    private int _key;

    public TestClock Clock { get; } = new(new DateTimeOffset(2026, 3, 10, 9, 0, 0, TimeSpan.Zero));
    public FreshDatabase Fresh { get; private set; } = null!;
    public Database Database { get; private set; } = null!;
    public FieldCipher Cipher { get; private set; } = null!;
    public TenantId Tenant { get; private set; }
    public string Account { get; private set; } = "";

    public DateOnly Today => DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime);

    public static async Task<ReconciliationScene> StartAsync()
    {
        var scene = new ReconciliationScene { Fresh = await FreshDatabase.CreateAsync() };
        scene._kms = await KmsStandIn.StartAsync(
            new KmsOptions(scene._folder.Path) { Keys = new Dictionary<string, string>(StringComparer.Ordinal) { ["alias/data"] = "SYMMETRIC_DEFAULT" } }, CancellationToken.None);
        scene._client = new(new BasicAWSCredentials("local", "local"), new AmazonKeyManagementServiceConfig { ServiceURL = scene._kms.Url, AuthenticationRegion = "eu-central-1" });
        scene.Database = scene.Fresh.At(scene.Clock);
        scene.Cipher = new FieldCipher(new DataKeys(scene.Database, scene._client, "alias/data"));
        var organization = await Organizations.CreateAsync(scene.Database, "Commune de Test", live: false, CancellationToken.None);
        scene.Tenant = organization.Tenant;
        scene._app = await TestApi.StartAsync(scene.Database, scene.Clock, routes =>
        {
            BankProfileEndpoints.Map(routes);
            TreasuryAccountEndpoints.Map(routes);
            ChangeTreasuryAccount.Map(routes);
            CreatePayout.Map(routes);
            ReadPayouts.Map(routes);
            ReconciliationModule.MapRoutes(routes);
        }, services => services.AddSingleton(scene.Cipher));
        scene._api = scene._app.Client(organization.Key.Secret);
        var bank = await scene.PostAsync("/v1/bank-profiles", """{"name":"Bank","bic":"MODUDEFFXXX","rails":["sepa_credit_transfer"]}""", 201);
        _ = Id.TryParse<BankProfileId>((string?)bank["id"], out var profile);
        scene._profile = profile.Value;
        scene.Account = (string)(await scene.PostAsync("/v1/treasury-accounts",
            $$"""{"bankProfile":"{{bank["id"]}}","name":"Main","iban":"DE89370400440532013000","orderLimit":{"amount":100000,"currency":"EUR"} }""", 201))["id"]!;
        return scene;
    }

    /// <summary>A statement of the day with these lines, stored, taken in and reconciled, as the workflow does it.</summary>
    public async Task<List<string>> StatementAsync(params Said[] lines)
    {
        var (progress, ids) = await FileAsync(lines);
        await new ReconcileStatement(Database, Cipher).RunAsync(progress, default);
        return ids;
    }

    public async Task<(StatementProgress Progress, List<string> Lines)> FileAsync(params Said[] lines)
    {
        _ = Id.TryParse<TreasuryAccountId>(Account, out var account);
        // The newest of two statements of a day is the one that was read later.
        Clock.Advance(TimeSpan.FromSeconds(1));
        var (file, statement) = (Id.New<StatementFileId>(Clock), Id.New<StatementId>(Clock));
        var opening = _closing;
        _closing += lines.Sum(line => line.Minor);
        await Database.ExecuteAsync(Tenant, """
            insert into banking.bank_statements_raw (statement_file_id, tenant_id, bank_profile_id, state, file_name, object_key, size_bytes, sha256, received_at, updated_at)
            values ($1, $2, $3, 'parsed', 'test.sta', 'test', 1, sha256($1::text::bytea), $4, $4)
            """, [file.Value, Tenant.Value, _profile, Clock.GetUtcNow()], default);
        await Database.ExecuteAsync(Tenant, """
            insert into banking.bank_statements (statement_id, tenant_id, statement_file_id, position, standing, treasury_account_id, account_masked, account_key, currency, opening_minor, opening_on, closing_minor, closing_on, balanced)
            values ($1, $2, $3, 1, 'complete', $4, 'masked', 'test', 'EUR', $5, $6, $7, $6, true)
            """, [statement.Value, Tenant.Value, file.Value, account.Value, opening, Today, _closing], default);
        var ids = new List<string>();
        for (var entry = 0; entry < lines.Length; entry++)
        {
            var (line, id) = (lines[entry], Id.InOrder<StatementLineId>(Clock.GetUtcNow(), (uint)entry));
            var counterparty = line.Name is null && line.Iban is null ? null : await Cipher.SealAsync(Tenant, StatementWriter.CounterpartyField, $"{line.Name}\n{line.Iban}\n", default);
            await Database.ExecuteAsync(Tenant, """
                insert into banking.bank_statement_lines (line_id, tenant_id, statement_file_id, statement_id, entry, part, status, state, booked_on, value_on, amount_minor, currency, end_to_end_id,
                    bank_reference, customer_reference, remittance, counterparty_sealed, counterparty_masked, reversal, is_return, return_reason, original_reference)
                values ($1, $2, $3, $4, $5, 1, 'booked', 'unmatched', $6, $6, $7, 'EUR', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
                """, [id.Value, Tenant.Value, file.Value, statement.Value, entry + 1, Today.AddDays(line.Days), line.Minor, line.EndToEndId, line.BankReference, line.CustomerReference, line.Remittance,
                counterparty, line.Iban is null ? null : BankAccounts.Mask(line.Iban), line.Reversal, line.Returns is not null, line.Returns is "" ? null : line.Returns, line.OriginalReference], default);
            ids.Add(id.ToString());
        }
        return (await new StoreStatement(Database).RunAsync(new(Tenant.ToString(), file.ToString(), "test", false), default), ids);
    }

    public Task<ReconcileReport> RunAsync() => new ReconcileLines(Database).RunAsync(Tenant, LineScope.Everything, default);

    /// <returns>The id of an expected item.</returns>
    public async Task<string> ExpectAsync(long minor, string more = "") => (string)(await PostAsync("/v1/expected-items",
        $$"""{"direction":"{{(minor > 0 ? "in" : "out")}}","amount":{"amount":{{Math.Abs(minor)}},"currency":"EUR"}{{more}} }""", 201))["id"]!;

    /// <summary>A payout whose slices the bank has accepted.</summary>
    public async Task<JsonNode> SentPayoutAsync(long minor)
    {
        var payout = await PostAsync("/v1/payouts",
            $$"""{"treasuryAccount":"{{Account}}","amount":{"amount":{{minor}},"currency":"EUR"},"creditor":{"name":"Example Supplier","iban":"{{CustomerIban}}"} }""", 201);
        await Fresh.AsSuperuserAsync("update banking.payout_slices set state = 'sent', claimed_at = updated_at where state = 'pending'");
        return payout;
    }

    public async Task<JsonNode> PostAsync(string path, string body, int status = 200) => await SendAsync(HttpMethod.Post, path, body, status);

    public async Task<JsonNode> PutAsync(string path, string body, int status = 200) => await SendAsync(HttpMethod.Put, path, body, status);

    public async Task<JsonNode> PatchAsync(string path, string body, int status = 200) => await SendAsync(HttpMethod.Patch, path, body, status);

    public async Task<JsonNode> GetAsync(string path, int status = 200) => await SendAsync(HttpMethod.Get, path, null, status);

    /// <summary>Who wants to see every answer: status and code of a refusal, or the state of the line.</summary>
    public async Task<string> TryAsync(string path, string body)
    {
        var (status, answer) = await AskAsync(HttpMethod.Post, path, body);
        return status == 200 ? (string)answer["data"]!["state"]! : $"{status} {answer["error"]!["code"]}";
    }

    public Task<JsonNode> LineAsync(string id) => GetAsync($"/v1/statement-lines/{id}");

    public async Task<string> StateAsync(string id) => (string)(await LineAsync(id))["state"]!;

    /// <summary>Ledger balances with debits positive, and whether the bank agrees.</summary>
    public async Task<string> BooksAsync()
    {
        var comparison = await GetAsync($"/v1/treasury-accounts/{Account}/balance-comparison");
        return $"bank {comparison["bank"]!["closing"]!["amount"]} ledger {comparison["atBank"]!["ledger"]!["amount"]} transit {comparison["inTransit"]!["ledger"]!["amount"]} "
            + $"unexplained {comparison["unexplained"]!["ledger"]!["amount"]} difference {comparison["difference"]!["amount"]}";
    }

    public Task<List<string>> EventsAsync(string like) => Fresh.LinesAsync($"select type || ' ' || (data->>'state') from notify.events where type like '{like}' order by position");

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await _app.DisposeAsync();
        await Fresh.DisposeAsync();
        _client.Dispose();
        await _kms.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, string? body, int status)
    {
        var (got, answer) = await AskAsync(method, path, body);
        Assert.True(got == status, $"{method} {path} answered {got}: {answer.ToJsonString()}");
        return status < 300 ? answer["data"]! : answer["error"]!;
    }

    private async Task<(int, JsonNode)> AskAsync(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (method == HttpMethod.Post) request.Headers.Add("Idempotency-Key", $"key-{Interlocked.Increment(ref _key)}");
        using var response = await _api.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}

/// <summary>What a bank says of one booking.</summary>
internal sealed record Said(long Minor)
{
    public int Days { get; init; }
    public string? EndToEndId { get; init; }
    public string? BankReference { get; init; }
    public string? CustomerReference { get; init; }
    public string? Remittance { get; init; }
    public string? Name { get; init; }
    public string? Iban { get; init; }
    public bool Reversal { get; init; }

    /// <summary>That it gives a payment back, and why; empty when the bank does not say why.</summary>
    public string? Returns { get; init; }
    public string? OriginalReference { get; init; }
}
