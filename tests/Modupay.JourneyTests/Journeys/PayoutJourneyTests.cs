using Modupay.Local;
using Modupay.Local.Verbs;

namespace Modupay.JourneyTests.Journeys;

/// <summary>The story the README tells, walked in the same order.</summary>
[Collection(Journeys.Name)]
public sealed class PayoutJourneyTests(RunningCloud running)
{
    [Fact]
    public async Task A_payout_survives_its_bank_and_a_kill_and_is_proven_by_the_banks_file()
    {
        var organization = await DemoOrganization.CreateAsync(running.Cloud, CancellationToken.None);
        var told = new List<string>();
        var trace = new DemoTrace(told.Add);
        Assert.True(await new DemoStory(running.Cloud, organization, trace).TellAsync(CancellationToken.None), $"{trace.Failure}\n{string.Join('\n', told)}\n{string.Join('\n', running.Lines.TakeLast(60))}");
        Assert.Equal(14, trace.Count);

        Assert.Contains(running.Lines, line => line.Contains("accepted", StringComparison.Ordinal)); // The logs that are searched are the real ones.
        // Functions that write nothing leave nothing to look through.
        Assert.NotEmpty(running.Lines);
        LoggedSecrets.AreAbsent(running,
        [
            organization.ApiKey, organization.Iban, organization.WebhookEndpoint, "DE89370400440532013000", "Example Supplier",
            running.Cloud.Secrets.Value($"{LocalCloud.SecretPrefix}/bank/sandbox/hmac"), running.Cloud.Secrets.Value($"{LocalCloud.SecretPrefix}/database/app").Split('"')[7],
        ]);
    }
}
