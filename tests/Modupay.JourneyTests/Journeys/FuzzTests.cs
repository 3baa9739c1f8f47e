using Modupay.Local;
using Modupay.Local.Fuzz;
using Modupay.Local.Verbs;

namespace Modupay.JourneyTests.Journeys;

[Collection(Journeys.Name)]
public sealed class FuzzTests(RunningCloud running)
{
    [Fact]
    public async Task No_malformed_request_is_answered_by_a_failure()
    {
        var organization = await DemoOrganization.CreateAsync(running.Cloud, CancellationToken.None);
        var fuzzer = await FuzzApi.PrepareAsync(running.Cloud.ApiUrl, organization.ApiKey, seed: 20, CancellationToken.None);
        var findings = await fuzzer.RunAsync(requests: 1200, parallel: 4, CancellationToken.None);
        Assert.Empty(findings);
        // It must have got past the door: refusals of every kind, and some requests that were well-formed after all.
        Assert.All([200, 400, 401, 404, 422], status => Assert.True(fuzzer.Statuses.GetValueOrDefault(status) > 10, $"{status}: {fuzzer.Statuses.GetValueOrDefault(status)}"));
    }
}
