using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Aws;
using Modupay.Banking.Connectors;
using Modupay.Formats;
using Modupay.Kernel;

namespace Modupay.Local.Bench;

/// <summary>
/// Slices per second through the whole of the system (API, PostgreSQL, outbox, queue, dispatch function, connector, bank), against two parts of
/// that path alone in the same run: the signed order to the bank without anything around it, and a message through the queue without any work.
/// </summary>
internal static class DispatchBench
{
    private const int SlicesPerPayout = 250;
    private const int OrderLimit = 1_000_000;

    public static async Task<int> RunAsync(int slices, int sandboxes, CancellationToken ct)
    {
        await using var cloud = await LocalCloud.StartAsync(new LocalCloudOptions { Ephemeral = true, Sandboxes = sandboxes, Progress = Console.WriteLine }, ct);
        // Money enough for every order, whatever N is.
        var organization = await DemoOrganization.CreateAsync(cloud, ct, balanceMinor: (4L * slices + SlicesPerPayout) * OrderLimit);
        using var api = new ApiClient(cloud.ApiUrl, organization.ApiKey);
        await ThroughTheSystemAsync(api, organization, SlicesPerPayout, "warm-up", ct);

        var concurrency = sandboxes * 10;
        var bank = await RateAsync(slices, () => BankAloneAsync(cloud, organization, slices, concurrency, ct));
        var queue = await RateAsync(slices, () => QueueAloneAsync(cloud, slices, ct));
        var system = await RateAsync(slices, () => ThroughTheSystemAsync(api, organization, slices, "measured", ct));

        Console.WriteLine($"""

            {slices} slices, {sandboxes} sandboxes, {Environment.ProcessorCount} cores, throw-away disk

              the bank alone      {bank,8:0} orders/s     {system / bank,5:0.00}   ours ÷ this
              the queue alone     {queue,8:0} messages/s   {system / queue,5:0.00}   ours ÷ this
              the whole system    {system,8:0} slices/s
            """);
        return 0;
    }

    private static async Task<double> RateAsync(int count, Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        await work();
        return count / watch.Elapsed.TotalSeconds;
    }

    private static async Task ThroughTheSystemAsync(ApiClient api, DemoOrganization organization, int slices, string key, CancellationToken ct)
    {
        var payouts = new List<string>();
        for (var left = slices; left > 0; left -= SlicesPerPayout)
        {
            var answer = await api.PostAsync("/v1/payouts", new JsonObject
            {
                ["treasuryAccount"] = organization.TreasuryAccount,
                ["amount"] = new JsonObject { ["amount"] = (long)Math.Min(left, SlicesPerPayout) * OrderLimit, ["currency"] = "EUR" },
                ["creditor"] = new JsonObject { ["name"] = "Bench", ["iban"] = "DE89370400440532013000" },
            }, $"bench-{key}-{left}", ct);
            payouts.Add((string)(answer.Data ?? throw new InvalidOperationException(answer.Body?.ToJsonString()))["id"]!);
        }
        foreach (var payout in payouts)
        {
            while (true)
            {
                var states = (await api.GetAsync($"/v1/payouts/{payout}", ct)).Data!["slices"]!.AsArray().Select(slice => (string)slice!["state"]!).ToList();
                if (states.Contains("failed")) throw new InvalidOperationException($"A slice of {payout} failed, so there is nothing to measure.");
                if (states.TrueForAll(state => state == "sent")) break;
                await Task.Delay(TimeSpan.FromMilliseconds(50), LocalCloud.Time, ct);
            }
        }
    }

    private static async Task BankAloneAsync(LocalCloud cloud, DemoOrganization organization, int slices, int concurrency, CancellationToken ct)
    {
        await using var services = await Services.OpenAsync(cloud.SettingsOf("payout-dispatch"), LocalCloud.Time, NullLoggerFactory.Instance, ct);
        if (!Id.TryParse<TreasuryAccountId>(organization.TreasuryAccount, out var account) || !Id.TryParse<OrganizationId>(organization.Organization, out var id)) throw new InvalidOperationException();
        var tenant = await Tenancy.Organizations.TenantOfAsync(services.Database, id, live: false, ct);
        var connector = (await services.Connectors.ForTreasuryAccountAsync(tenant, account, ct)).Value;
        await Parallel.ForAsync(0, slices, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = ct }, async (_, token) =>
        {
            var slice = Id.New<SliceId>(LocalCloud.Time);
            RfReference.TryMake(Id.Base32(slice.Value)[^18..], out var reference);
            var answer = await connector.SendAsync(new BankOrder(slice, reference.Value, new Money(OrderLimit, Currency.Known("EUR")), organization.Iban, "Bench", "Bench", "DE89370400440532013000", null, reference.Value), token);
            if (answer is not BankAnswer.Accepted) throw new InvalidOperationException($"The bank answered {answer.Outcome}.");
        });
    }

    private static async Task QueueAloneAsync(LocalCloud cloud, int messages, CancellationToken ct)
    {
        var url = await cloud.Aws.Sqs.CreateQueueAsync("bench", new Dictionary<string, string>(StringComparer.Ordinal), ct);
        await cloud.Aws.Sqs.SendMessageBatchAsync(url, [.. Enumerable.Range(0, messages).Select(number => new SqsEntry($"m{number}", "a message of about the size of ours, with two ids of 30 characters"))], ct);
        for (var left = messages; left > 0;)
        {
            var received = await cloud.Aws.Sqs.ReceiveMessageAsync(url, 10, TimeSpan.FromSeconds(1), null, ct);
            await cloud.Aws.Sqs.DeleteMessageBatchAsync(url, [.. received.Select(message => new SqsReceipt(message.MessageId, message.ReceiptHandle))], ct);
            left -= received.Count;
        }
    }
}
