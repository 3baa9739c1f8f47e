using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Modupay.JourneyTests.Journeys;
using Modupay.Kernel;
using Modupay.Local;
using Modupay.Tenancy;
using Npgsql;

namespace Modupay.JourneyTests.Security;

/// <summary>An organization with something of everything: what the demo makes, a statement of its bank, and whatever else the API makes out of a sample.</summary>
internal sealed partial class Victim(RunningCloud running, DemoOrganization demo, OrganizationId organization, TenantId tenant, string key, string ownersToken, IReadOnlyList<ApiOperation> operations)
{
    private const int MostOfAKind = 2;

    private readonly Intruder _owner = new(running.Cloud.ApiUrl);
    private readonly Dictionary<string, string> _resources = new(StringComparer.Ordinal);

    public OrganizationId Organization => organization;
    public TenantId Tenant => tenant;
    public DemoOrganization Demo => demo;

    /// <summary>The access token of the person who owns the organization.</summary>
    public string Owner => ownersToken;

    /// <summary>The requests that made something, with their idempotency keys.</summary>
    public List<Attempt> Made { get; } = [];

    /// <summary>Two ids of each kind that its owner sees.</summary>
    public IReadOnlyList<string> Ids { get; private set; } = [];

    public IReadOnlyList<(ApiOperation List, string Cursor)> Cursors { get; private set; } = [];

    public static async Task<Victim> CreateAsync(RunningCloud running, Services services, IReadOnlyList<ApiOperation> operations)
    {
        var demo = await DemoOrganization.CreateAsync(running.Cloud, CancellationToken.None);
        Assert.True(Id.TryParse<OrganizationId>(demo.Organization, out var organization));
        await using var superuser = await SuperuserAsync(running);
        var tenant = new TenantId(await TenantAsync(superuser, organization, "test"));
        var key = await TestKeys.InsertAsync(services.Database, tenant, live: false, Roles.Organization);
        var victim = new Victim(running, demo, organization, tenant, key, (await TestPeople.JoinAsync(services, organization, Role.Owner)).Token, operations);
        await victim.PayAndReadTheBankAsync();
        await victim.InviteAsync();
        // Twice, because what the first round makes is what the second refers to.
        for (var round = 0; round < 2; round++)
        {
            await victim.HarvestAsync();
            await victim.MakeSamplesAsync(round);
        }
        await victim.QuietAsync(superuser);
        await victim.HarvestAsync();
        victim._owner.Dispose();
        return victim;
    }

    public static async Task<NpgsqlConnection> SuperuserAsync(RunningCloud running)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(running.Cloud.Postgres.ConnectionString("modupay")) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public static async Task<Guid> TenantAsync(NpgsqlConnection superuser, OrganizationId organization, string mode)
    {
        await using var command = new NpgsqlCommand("select tenant_id from tenancy.tenants where organization_id = $1 and mode = $2", superuser) { Parameters = { new() { Value = organization.Value }, new() { Value = mode } } };
        return (Guid)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>What becomes of a payout goes on for a while after the request: waits until nothing of it moves any more.</summary>
    public async Task QuietAsync(NpgsqlConnection superuser)
    {
        var before = await OwnedRows.ChecksumsAsync(superuser, tenant.Value, organization.Value);
        var still = 0;
        await Eventually.IsAsync(async () =>
        {
            await Task.Delay(500);
            var now = await OwnedRows.ChecksumsAsync(superuser, tenant.Value, organization.Value);
            still = now.SequenceEqual(before) ? still + 1 : 0;
            before = now;
            return still == 4;
        }, () => "The organization does not come to rest.");
    }

    private async Task InviteAsync()
    {
        var invitation = new JsonObject { ["email"] = ApiSchemas.Email, ["role"] = "viewer" };
        var answer = await _owner.SendAsync(new("invite", "POST", "/v1/invitations", ownersToken, Attempt.Bytes(invitation), "application/json", [("Idempotency-Key", "victim-invitation")]));
        Assert.True(answer.Succeeded, answer.ToString());
    }

    private async Task PayAndReadTheBankAsync()
    {
        for (var i = 1; i <= 2; i++)
        {
            await MakeAsync("/v1/payouts", $"victim-payout-{i}", new JsonObject
            {
                ["treasuryAccount"] = demo.TreasuryAccount,
                ["amount"] = new JsonObject { ["amount"] = 1000 * i, ["currency"] = "EUR" },
                ["creditor"] = new JsonObject { ["name"] = ApiSchemas.Name, ["iban"] = ApiSchemas.Iban },
            }, required: true);
        }
        await running.Cloud.Bank.AddNoiseAsync(demo.Iban, 3, CancellationToken.None);
        Assert.True(Id.TryParse<BankProfileId>(demo.BankProfile, out var bank));
        await running.Cloud.DropStatementAsync(organization, bank, "victim.sta", await running.Cloud.Bank.CloseDayAsync(demo.Iban, CancellationToken.None), CancellationToken.None);
        foreach (var code in new[] { "victim:left", "victim:right" })
            await MakeAsync("/v1/ledger/accounts", code, new JsonObject { ["code"] = code, ["name"] = "Victim", ["currency"] = "EUR", ["normalSide"] = "debit" }, required: false);
        await MakeAsync("/v1/ledger/journals", "victim-journal", new JsonObject
        {
            ["source"] = "victim",
            ["effectiveOn"] = "2026-01-02",
            ["postings"] = new JsonArray(Posting("victim:left", 100), Posting("victim:right", -100)),
        }, required: false);
        await Eventually.IsAsync(async () => (await _owner.SendAsync(new("statements", "GET", "/v1/statements", key))).Text.Contains("\"archived\"", StringComparison.Ordinal), () => "The statement was not read.");
    }

    /// <summary>Whatever can be made by a sample of its body is made; what is refused was no loss.</summary>
    private async Task MakeSamplesAsync(int round)
    {
        foreach (var operation in operations.Where(operation => operation is { Method: "POST", PathParameters.Count: 0, JsonBody: not null }))
            await MakeAsync(operation.Path, $"victim-sample-{round}-{operation.Path.GetHashCode(StringComparison.Ordinal)}", operation.Sample(name => _resources.GetValueOrDefault(name.EndsWith("Id", StringComparison.Ordinal) ? name[..^2] : name))!, required: false);
    }

    private async Task MakeAsync(string path, string idempotencyKey, JsonNode body, bool required)
    {
        var attempt = new Attempt("made by the victim", "POST", path, key, Attempt.Bytes(body), "application/json", [("Idempotency-Key", idempotencyKey)]);
        var answer = await _owner.SendAsync(attempt);
        if (answer.Succeeded) Made.Add(attempt);
        Assert.True(answer.Succeeded || !required && answer.Status < 500, answer.ToString());
    }

    private async Task HarvestAsync()
    {
        var (seen, cursors) = (new SortedSet<string>(StringComparer.Ordinal), new List<(ApiOperation, string)>());
        foreach (var personal in new[] { "/v1/me", "/v1/me/sessions" }) seen.UnionWith(IdsIn((await _owner.SendAsync(new("harvest", "GET", personal, ownersToken))).Text));
        foreach (var operation in operations.Where(operation => operation.Method == "GET" && operation.PathParameters.Count == 0))
        {
            var answer = await _owner.SendAsync(new("harvest", "GET", operation.Path + (operation.IsList ? "?limit=100" : ""), key));
            if (!answer.Succeeded) continue;
            seen.UnionWith(IdsIn(answer.Text));
            var items = (answer.Parsed?["data"] as JsonArray ?? []).Select(item => item is JsonObject found ? found["id"] : null).OfType<JsonValue>().Select(id => id.ToString()).ToList();
            if (items.Count > 0) _resources[operation.Resource] = items[0];
            foreach (var below in operations.Where(below => below.Method == "GET" && below.PathParameters.Count == 1 && below.Path.StartsWith(operation.Path + "/{", StringComparison.Ordinal)))
                foreach (var item in items.Take(MostOfAKind)) seen.UnionWith(IdsIn((await _owner.SendAsync(new("harvest", "GET", below.Address(item), key))).Text));
            if (!operation.IsList) continue;
            var page = await _owner.SendAsync(new("harvest", "GET", operation.Path + "?limit=1", key));
            if ((string?)page.Parsed?["meta"]?["nextCursor"] is { } cursor) cursors.Add((operation, cursor));
        }
        Cursors = cursors;
        Ids = [.. seen.GroupBy(id => id.Split('_')[0], StringComparer.Ordinal).SelectMany(kind => kind.Take(MostOfAKind))];
    }

    private static IEnumerable<string> IdsIn(string text) => TypedId().Matches(text).Select(match => match.Value);

    private static JsonObject Posting(string account, long minor) => new() { ["account"] = account, ["amount"] = new JsonObject { ["amount"] = minor, ["currency"] = "EUR" } };

    [GeneratedRegex("(?<![a-z0-9_])[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{26}(?![a-z0-9])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TypedId();
}
