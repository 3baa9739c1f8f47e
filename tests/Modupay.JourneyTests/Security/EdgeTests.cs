using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Deployment;
using Modupay.JourneyTests.Journeys;
using Modupay.Local;
using Modupay.Tenancy;

namespace Modupay.JourneyTests.Security;

/// <summary>A key that may be used from one network only, by callers who write headers themselves and by CloudFront, which proves that it did.</summary>
[Collection(Journeys.Journeys.Name)]
public sealed class EdgeTests(RunningCloud running)
{
    [Fact]
    public async Task An_address_before_the_gateways_is_believed_from_cloudfront_only()
    {
        await using var services = await Services.OpenAsync(running.Cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, CancellationToken.None);
        var organization = await Organizations.CreateAsync(services.Database, "Behind the edge", live: false, CancellationToken.None);
        var key = await TestKeys.InsertAsync(services.Database, organization.Tenant, live: false, Roles.Integration, "203.0.113.0/24");
        var secrets = Manifest.EdgeSecrets.Select(name => running.Cloud.Secrets.Value($"{running.Cloud.SettingsOf("api").SecretPrefix}/{name}")).ToList();
        using var intruder = new Intruder(running.Cloud.ApiUrl);

        foreach (var secret in secrets)
        {
            Assert.Equal(200, (await FromAsync("10.0.0.1, 203.0.113.9", secret)).Status);
            Assert.Equal("address_not_allowed", (await FromAsync("203.0.113.9, 10.0.0.1", secret)).Code);
        }
        foreach (var invented in new[] { null, "", "x", secrets[0][..^1], secrets[0] + "0", secrets[0].ToUpperInvariant() })
            Assert.Equal("address_not_allowed", (await FromAsync("203.0.113.9", invented)).Code);
        LoggedSecrets.AreAbsent(running, secrets);

        Task<Answer> FromAsync(string forwarded, string? proof) => intruder.SendAsync(new("from " + forwarded, "GET", "/v1/payouts", key,
            Headers: [("X-Forwarded-For", forwarded), .. proof is null ? Array.Empty<(string, string)>() : [(Manifest.EdgeHeader, proof)]]));
    }
}
