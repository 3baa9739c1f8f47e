using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Modupay.Aws;
using Modupay.Data;
using Modupay.Local;

namespace Modupay.JourneyTests.Journeys;

/// <summary>Passwords and bank credentials are replaced while requests flow, and no request notices.</summary>
public sealed class RotationTests
{
    private readonly ConcurrentQueue<string> _lines = new();

    [Fact]
    public async Task Rotating_every_password_and_the_banks_credential_under_traffic_loses_no_request()
    {
        await using var cloud = await LocalCloud.StartAsync(new LocalCloudOptions { Ephemeral = true, InProcess = true, Output = (source, line) => _lines.Enqueue($"{source}\t{line}") }, default);
        var organization = await DemoOrganization.EnsureAsync(cloud, default);
        using var stop = new CancellationTokenSource();
        var (answers, payouts) = (new ConcurrentBag<int>(), new ConcurrentBag<string>());
        var seen = new List<string>();
        var traffic = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            using var api = new ApiClient(cloud.ApiUrl, organization.ApiKey);
            while (!stop.IsCancellationRequested) await PayAsync(api, organization, answers, payouts);
        })).ToList();

        // Each login takes its turn twice, so that what every pool started with is wrong by now, and more connections than before have to be made.
        foreach (var role in new[] { "app", "relay", "app", "relay", "owner" }) seen.Add(await RotateAsync(cloud, role));
        await BurstAsync(cloud, organization, answers, payouts, 24);

        // The bank changes first, the holder of its credential a moment later: until then it refuses.
        var secret = new string('7', 64);
        cloud.Bank.ReplaceSecret(secret);
        await cloud.Aws.Secrets.PutCurrentAsync($"{LocalCloud.SecretPrefix}/bank/sandbox/hmac", secret, default);
        seen.Add(secret);
        await BurstAsync(cloud, organization, answers, payouts, 12);
        await stop.CancelAsync();
        await Task.WhenAll(traffic);

        Assert.True(answers.Count > 60, $"Only {answers.Count} requests were made.");
        Assert.Equal([201], answers.Distinct());
        await AllSentAsync(cloud, organization, payouts);
        Assert.Empty(await MigratorFunction.MigrateAsync(cloud.SettingsOf("migrator"), LocalCloud.Time, default));
        Assert.DoesNotContain(_lines, line => seen.Any(value => line.Contains(value, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_login_takes_turns_with_its_twin_and_a_rotation_that_stopped_is_taken_up_again()
    {
        await using var cloud = await LocalCloud.StartAsync(new LocalCloudOptions { Ephemeral = true, InProcess = true }, default);
        var name = $"{LocalCloud.SecretPrefix}/database/app";
        var first = DatabaseLogin.Parse(cloud.Secrets.Value(name));
        var run = cloud.Secrets.Rotate!;
        var died = new TaskCompletionSource();
        cloud.Secrets.Rotate = (step, ct) =>
        {
            if (step.Step != "testSecret") return run(step, ct);
            died.TrySetResult();
            throw new TimeoutException("The function died.");
        };
        await cloud.Aws.Secrets.RotateSecretAsync(name, default);
        await died.Task;
        Assert.Equal(first, DatabaseLogin.Parse(cloud.Secrets.Value(name)));
        Assert.Equal(2, (await cloud.Aws.Secrets.StagesAsync(name, default)).Count);

        cloud.Secrets.Rotate = run;
        await RotateAsync(cloud, "app");
        Assert.Equal("modupay_app_b", DatabaseLogin.Parse(cloud.Secrets.Value(name)).Username);
        Assert.Equal(2, (await cloud.Aws.Secrets.StagesAsync(name, default)).Count);
        await RotateAsync(cloud, "app");
        var third = DatabaseLogin.Parse(cloud.Secrets.Value(name));
        Assert.Equal("modupay_app", third.Username);
        Assert.NotEqual(first.Password, third.Password);
    }

    private static async Task<string> RotateAsync(LocalCloud cloud, string role)
    {
        var name = $"{LocalCloud.SecretPrefix}/database/{role}";
        var before = cloud.Secrets.Value(name);
        await cloud.Aws.Secrets.RotateSecretAsync(name, default);
        await Eventually.IsAsync(() => cloud.Secrets.Value(name) != before, () => $"{role} was not rotated.");
        return DatabaseLogin.Parse(cloud.Secrets.Value(name)).Password;
    }

    private static Task BurstAsync(LocalCloud cloud, DemoOrganization organization, ConcurrentBag<int> answers, ConcurrentBag<string> payouts, int clients) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            using var api = new ApiClient(cloud.ApiUrl, organization.ApiKey);
            for (var i = 0; i < 2; i++) await PayAsync(api, organization, answers, payouts);
        })));

    private static async Task PayAsync(ApiClient api, DemoOrganization organization, ConcurrentBag<int> answers, ConcurrentBag<string> payouts)
    {
        var answer = await api.PostAsync("/v1/payouts", new JsonObject
        {
            ["treasuryAccount"] = organization.TreasuryAccount,
            ["amount"] = new JsonObject { ["amount"] = 100, ["currency"] = "EUR" },
            ["creditor"] = new JsonObject { ["name"] = "Example Supplier", ["iban"] = "DE89370400440532013000" },
        }, Guid.CreateVersion7(LocalCloud.Time.GetUtcNow()).ToString(), default);
        answers.Add(answer.Status);
        if (answer.Data is { } payout) payouts.Add((string)payout["id"]!);
    }

    private static async Task AllSentAsync(LocalCloud cloud, DemoOrganization organization, ConcurrentBag<string> payouts)
    {
        using var api = new ApiClient(cloud.ApiUrl, organization.ApiKey);
        foreach (var payout in payouts)
            await Eventually.IsAsync(async () => (await api.GetAsync($"/v1/payouts/{payout}", default)).Data!["slices"]!.AsArray().All(slice => (string)slice!["state"]! is "sent" or "settled"), () => $"{payout} was not sent.");
    }
}
