using System.Text.Json.Nodes;
using Modupay.Local;

namespace Modupay.JourneyTests.Journeys;

/// <summary>Data survives a restart; a folder in use and a port in use are said in one sentence.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task What_was_paid_out_is_still_known_after_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("modupay-restart-");
        // Whoever may reach the folder is decided by the platform itself; PostgreSQL runs as another user when the tests run as root.
        File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);
        try
        {
            string payout;
            DemoOrganization organization;
            await using (var first = await StartAsync(folder.FullName))
            {
                organization = await DemoOrganization.EnsureAsync(first, CancellationToken.None);
                using var api = new ApiClient(first.ApiUrl, organization.ApiKey);
                payout = (string)(await api.CreateAsync("/v1/payouts", new JsonObject
                {
                    ["treasuryAccount"] = organization.TreasuryAccount,
                    ["amount"] = new JsonObject { ["amount"] = 4200, ["currency"] = "EUR" },
                    ["creditor"] = new JsonObject { ["name"] = "Example Supplier", ["iban"] = "DE89370400440532013000" },
                }, CancellationToken.None))["id"]!;
                var second = await Assert.ThrowsAsync<Modupay.Local.Cloud.CannotStartException>(() => StartAsync(folder.FullName));
                Assert.DoesNotContain('\n', second.Message);
            }
            await using var again = await StartAsync(folder.FullName);
            Assert.Equal(organization, await DemoOrganization.EnsureAsync(again, CancellationToken.None));
            using var sameKey = new ApiClient(again.ApiUrl, organization.ApiKey);
            Assert.Equal(4200, (long)(await sameKey.GetAsync($"/v1/payouts/{payout}", CancellationToken.None)).Data!["amount"]!["amount"]!);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<LocalCloud> StartAsync(string folder) => LocalCloud.StartAsync(new LocalCloudOptions { DataPath = folder, InProcess = true }, CancellationToken.None);
}
