using System.Text.Json.Nodes;
using Modupay.Local;
using Modupay.Local.Simulators;

namespace Modupay.JourneyTests.Journeys;

/// <summary>A bank that offers files by SFTP: a real server with a key of its own, looked into and fetched from by the scheduled job.</summary>
[Collection(Journeys.Name)]
public sealed class PickUpJourneyTests(RunningCloud running)
{
    [Fact]
    public async Task A_file_that_a_bank_offers_by_sftp_becomes_lines_once()
    {
        var demo = await DemoOrganization.CreateAsync(running.Cloud, CancellationToken.None);
        using var api = new ApiClient(running.Cloud.ApiUrl, demo.ApiKey);
        var outbox = Directory.CreateDirectory(Path.Combine(running.Cloud.SftpBank.Folder, "statements")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outbox, "readme.txt"), "not a statement");
        await File.WriteAllBytesAsync(Path.Combine(outbox, "day.sta"), await running.Cloud.Bank.CloseDayAsync(demo.Iban, CancellationToken.None));
        var path = $"/v1/bank-profiles/{demo.BankProfile}/pick-up";
        await api.SendAsync(HttpMethod.Put, path, new JsonObject { ["connectorId"] = SftpBank.Connector, ["remoteDirectory"] = "/statements", ["filePattern"] = "*.sta" }, null, CancellationToken.None);

        var files = await UntilAsync(async () => (await ListAsync(api, "/v1/statements")) is { Count: > 0 } some && (string)some[0]!["state"]! is not ("received" or "parsing") ? some : null);
        Assert.Equal("day.sta", (string)Assert.Single(files)!["fileName"]!);
        await UntilAsync(async () => (int)(await api.GetAsync(path, CancellationToken.None)).Data!["fetched"]! == 1 ? new JsonArray() : null);

        // Two runs later, there is nothing new.
        for (var run = 0; run < 2; run++)
        {
            Assert.Null((await running.Cloud.Schedules.TriggerAsync("statement-pick-up", CancellationToken.None))!.Error);
            await Task.Delay(TimeSpan.FromSeconds(1.5));
        }
        Assert.Single(await ListAsync(api, "/v1/statements"));
        var pickUp = (await api.GetAsync(path, CancellationToken.None)).Data!;
        Assert.Equal((0, 1, 0), ((int)pickUp["waiting"]!, (int)pickUp["fetched"]!, (int)pickUp["failed"]!));
        Assert.True(File.Exists(Path.Combine(outbox, "day.sta")));
    }

    private async Task<JsonArray> UntilAsync(Func<Task<JsonArray?>> ask)
    {
        for (var left = 360; left > 0; left--)
        {
            if (await ask() is { } found) return found;
            if (left % 4 == 0) await running.Cloud.Schedules.TriggerAsync("statement-pick-up", CancellationToken.None);
            await Task.Delay(TimeSpan.FromSeconds(0.5));
        }
        throw new TimeoutException(string.Join('\n', running.Lines.TakeLast(40)));
    }

    private static async Task<JsonArray> ListAsync(ApiClient api, string path) => (await api.GetAsync(path, CancellationToken.None)).Data!.AsArray();
}
