using System.Text.Json.Nodes;
using Modupay.Local;

namespace Modupay.JourneyTests.Journeys;

/// <summary>Time passes in the local cloud: a schedule finds the tenants, a queue carries the orders, a function does the work.</summary>
[Collection(Journeys.Name)]
public sealed class TenantJobJourneyTests(RunningCloud running)
{
    [Fact]
    public async Task A_journal_is_sealed_without_anybody_asking()
    {
        var organization = await DemoOrganization.CreateAsync(running.Cloud, CancellationToken.None);
        using var api = new ApiClient(running.Cloud.ApiUrl, organization.ApiKey);
        foreach (var (code, side) in new[] { ("cash/till", "debit"), ("payables/supplier", "credit") })
            await api.CreateAsync("/v1/ledger/accounts", new JsonObject { ["code"] = code, ["name"] = code, ["currency"] = "EUR", ["normalSide"] = side }, CancellationToken.None);
        var journal = (string)(await api.CreateAsync("/v1/ledger/journals", new JsonObject
        {
            ["source"] = "seal-me",
            ["effectiveOn"] = "2026-03-02",
            ["postings"] = new JsonArray(Posting("cash/till", 500), Posting("payables/supplier", -500)),
        }, CancellationToken.None))["journal"]!;

        var receipt = await Eventually.FindAsync(async () => (await api.GetAsync($"/v1/ledger/journals/{journal}/receipt", CancellationToken.None)).Data,
            () => string.Join('\n', running.Lines.Where(line => line.Contains("job", StringComparison.OrdinalIgnoreCase)).TakeLast(30)));
        Assert.Contains("seal-me", (string)receipt["journal"]!);
    }

    [Fact]
    public async Task A_daily_job_can_be_started_at_once()
    {
        await DemoOrganization.CreateAsync(running.Cloud, CancellationToken.None);

        var started = await running.Cloud.Schedules.TriggerAsync("idempotency-purge", CancellationToken.None);

        Assert.Null(started!.Error);
        Assert.True(int.Parse(System.Text.Encoding.UTF8.GetString(started.Payload.Span)) >= 1);
    }

    private static JsonObject Posting(string account, long minor) => new() { ["account"] = account, ["amount"] = new JsonObject { ["amount"] = minor, ["currency"] = "EUR" } };
}
