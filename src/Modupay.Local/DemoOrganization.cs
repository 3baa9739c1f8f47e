using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Local.Cloud;
using Modupay.Tenancy;

namespace Modupay.Local;

/// <summary>
/// An organization to play with: a key, a bank that is the simulator, a treasury account with money in it, and an endpoint for webhooks. Made
/// once through the API and remembered in the data folder, because a key is shown only once.
/// </summary>
internal sealed record DemoOrganization(string Organization, string ApiKey, string BankProfile, string TreasuryAccount, string Iban, string WebhookEndpoint)
{
    /// <summary>One order carries at most this; a payout above it is cut into slices.</summary>
    public const long OrderLimitMinor = 1_000_000;

    public const long OpeningBalanceMinor = 50_000_000;

    public static async Task<DemoOrganization> EnsureAsync(LocalCloud cloud, CancellationToken ct)
    {
        var file = Path.Combine(cloud.DataPath, "demo.json");
        if (File.Exists(file))
        {
            var known = Read(JsonNode.Parse(await File.ReadAllTextAsync(file, ct))!);
            await ConnectAsync(cloud, known, ct);
            return known;
        }
        var made = await CreateAsync(cloud, ct);
        await PrivateFile.WriteAsync(file, made.ToJson().ToJsonString(), ct);
        return made;
    }

    public static async Task<DemoOrganization> CreateAsync(LocalCloud cloud, CancellationToken ct, long balanceMinor = OpeningBalanceMinor)
    {
        OrganizationWithKey organization;
        await using (var services = await Services.OpenAsync(cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, ct))
            organization = await Organizations.CreateAsync(services.Database, "Demo organization", live: false, ct);

        using var api = new ApiClient(cloud.ApiUrl, organization.Key.Secret);
        // The simulated bank opens one account per organization; the number is derived from the organization, so that it is the same after a restart.
        var iban = Formats.Iban.FromAccount("DE", $"10000000{Math.Abs(organization.Id.Value.GetHashCode()) % 10_000_000_000L:0000000000}").Value;
        var bank = await api.CreateAsync("/v1/bank-profiles", new JsonObject { ["name"] = "Simulated Bank", ["bic"] = "MODUDEFFXXX", ["rails"] = new JsonArray("sepa_credit_transfer"), ["dialect"] = "german" }, ct);
        await api.CreateAsync("/v1/connectors", new JsonObject { ["bankProfile"] = Id(bank), ["kind"] = "rest", ["configuration"] = cloud.Bank.ConnectorConfiguration() }, ct);
        var treasury = await api.CreateAsync("/v1/treasury-accounts", new JsonObject
        {
            ["bankProfile"] = Id(bank),
            ["name"] = "Demo treasury",
            ["iban"] = iban,
            ["orderLimit"] = new JsonObject { ["amount"] = OrderLimitMinor, ["currency"] = "EUR" },
        }, ct);
        var endpoint = await api.CreateAsync("/v1/webhook-endpoints", new JsonObject { ["url"] = cloud.Receiver.Url + "/webhooks", ["eventTypes"] = new JsonArray("*") }, ct);
        cloud.Receiver.Trust((string)endpoint["secret"]!);
        await cloud.Bank.OpenAccountAsync(iban, "EUR", balanceMinor, ct);
        return new(organization.Id.ToString(), organization.Key.Secret, Id(bank), Id(treasury), iban, (string)endpoint["secret"]!);
    }

    /// <summary>After a restart: the receiver has forgotten whom it trusts and listens elsewhere.</summary>
    private static async Task ConnectAsync(LocalCloud cloud, DemoOrganization known, CancellationToken ct)
    {
        cloud.Receiver.Trust(known.WebhookEndpoint);
        await Task.CompletedTask.WaitAsync(ct);
    }

    private static string Id(JsonNode data) => (string)data["id"]!;

    private JsonObject ToJson() => new()
    {
        ["organization"] = Organization,
        ["apiKey"] = ApiKey,
        ["bankProfile"] = BankProfile,
        ["treasuryAccount"] = TreasuryAccount,
        ["iban"] = Iban,
        ["webhookSecret"] = WebhookEndpoint,
    };

    private static DemoOrganization Read(JsonNode json) => new((string)json["organization"]!, (string)json["apiKey"]!, (string)json["bankProfile"]!, (string)json["treasuryAccount"]!,
        (string)json["iban"]!, (string)json["webhookSecret"]!);
}
