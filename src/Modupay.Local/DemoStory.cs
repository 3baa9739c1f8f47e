using System.Text.Json.Nodes;
using Modupay.Kernel;

namespace Modupay.Local;

/// <summary>
/// The story that the demo tells and the journey test repeats: one payout of three orders of which one times out after the bank accepted it,
/// one whose dispatcher is killed in the middle, one that the bank refuses; then the bank's file, and the books.
/// </summary>
internal sealed class DemoStory(LocalCloud cloud, DemoOrganization organization, Verbs.DemoTrace trace)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private const string Creditor = "DE89370400440532013000"; // The example IBAN of the ISO 13616 registry.

    private JsonNode _payout = new JsonObject();
    private JsonNode _killed = new JsonObject();
    private JsonNode _refused = new JsonObject();
    private byte[] _file = [];
    private string _fileId = "";

    /// <returns>Whether every step was proven; the trace says which one was not.</returns>
    public async Task<bool> TellAsync(CancellationToken ct)
    {
        using var api = new ApiClient(cloud.ApiUrl, organization.ApiKey);
        try
        {
            await PayOutAsync(api, ct);
            await SurviveTheBankAsync(api, ct);
            await SurviveAKillAsync(api, ct);
            await TakeARefusalAsync(api, ct);
            await ReadTheBanksFileAsync(api, ct);
            await CheckTheBooksAsync(api, ct);
            return true;
        }
        catch (Verbs.NotProvenException)
        {
            return false;
        }
    }

    private async Task PayOutAsync(ApiClient api, CancellationToken ct)
    {
        await cloud.Bank.ScriptAsync(["accept", "not_processed", "timeout_after_accepting"], ct);
        var body = Order(2_500_000);
        await trace.StepAsync("POST /v1/payouts: 25 000.00 EUR, cut by the account's order limit", async () =>
        {
            var answer = await api.PostAsync("/v1/payouts", body, "demo-payout-1", ct);
            _payout = Expect(answer, 201);
            Same(3, _payout["slices"]!.AsArray().Count, "slices");
            return $"{_payout["id"]} {_payout["state"]}, slices of {string.Join(", ", _payout["slices"]!.AsArray().Select(slice => slice!["amount"]!["amount"]))} cents, reference {_payout["reference"]}";
        });
        await trace.StepAsync("the same request with the same key changes nothing", async () =>
        {
            var again = await api.PostAsync("/v1/payouts", body, "demo-payout-1", ct);
            Same((string)_payout["id"]!, (string)Expect(again, 201)["id"]!, "payout");
            Same(true, again.Replayed, "Idempotency-Replayed");
            return $"{again.Data!["id"]} again, Idempotency-Replayed: true";
        });
        await trace.StepAsync("the same key with another body is refused", async () =>
        {
            var other = await api.PostAsync("/v1/payouts", Order(2_500_001), "demo-payout-1", ct);
            Same(422, other.Status, "status");
            Same("idempotency_key_reused", other.Code, "code");
            return "422 idempotency_key_reused";
        });
    }

    private async Task SurviveTheBankAsync(ApiClient api, CancellationToken ct)
    {
        await trace.StepAsync("the bank accepts one order, is busy for one, and times out after accepting one", async () =>
        {
            await UntilAsync(async () => States(_payout = await ReadAsync(api, _payout, ct)).All(state => state == "sent"), "all slices to be sent", ct);
            var doubts = await EventsAsync(api, "slice.in_doubt.v1", ct);
            Same(1, doubts.Count, "slices that were in doubt");
            return $"slice {doubts[0]["data"]!["number"]} was in doubt and was asked about; all three are sent";
        });
        await trace.StepAsync("the bank holds each order exactly once", async () =>
        {
            foreach (var slice in _payout["slices"]!.AsArray()) await ExecutedOnceAsync((string)slice!["endToEndId"]!, ct);
            return "3 orders in the bank's books";
        });
    }

    private async Task SurviveAKillAsync(ApiClient api, CancellationToken ct)
    {
        if (cloud.Processes is not { } processes) return;
        await cloud.Bank.ScriptAsync(["hold"], ct);
        await trace.StepAsync("the dispatcher is killed after the bank accepted and before we wrote it down", async () =>
        {
            _killed = Expect(await api.PostAsync("/v1/payouts", Order(400_000), "demo-payout-2", ct), 201);
            var endToEndId = (string)_killed["slices"]![0]!["endToEndId"]!;
            await UntilAsync(async () => await cloud.Bank.FindOrderAsync(endToEndId, ct) is { Executed: true }, "the bank to accept", ct);
            Same("dispatching", States(await ReadAsync(api, _killed, ct)).Single(), "state of the slice");
            processes.Kill("payout-dispatch");
            await cloud.Bank.ReleaseAsync(ct);
            return $"slice {endToEndId} is dispatching, its process is dead";
        });
        await trace.StepAsync("after the restart the bank is asked, and nothing is sent twice", async () =>
        {
            await UntilAsync(async () => States(_killed = await ReadAsync(api, _killed, ct)).Single() == "sent", "the slice to be sent", ct);
            var order = await ExecutedOnceAsync((string)_killed["slices"]![0]!["endToEndId"]!, ct);
            Same(1, order.TimesReceived, "times the bank received it");
            return $"{_killed["slices"]![0]!["bankReference"]}: received once, executed once";
        });
    }

    private async Task TakeARefusalAsync(ApiClient api, CancellationToken ct)
    {
        await cloud.Bank.ScriptAsync(["refuse:AC04"], ct);
        await trace.StepAsync("an order the bank refuses fails with the bank's reason, and the ledger takes it back", async () =>
        {
            _refused = Expect(await api.PostAsync("/v1/payouts", Order(30_000), "demo-payout-3", ct), 201);
            await UntilAsync(async () => (string?)(_refused = await ReadAsync(api, _refused, ct))["state"] == "failed", "the payout to fail", ct);
            Same("AC04", (string?)_refused["slices"]![0]!["failure"]!["code"], "failure code");
            return $"{_refused["id"]} failed: {_refused["slices"]![0]!["failure"]!["code"]}";
        });
    }

    private async Task ReadTheBanksFileAsync(ApiClient api, CancellationToken ct)
    {
        await trace.StepAsync("the bank closes its day and writes an MT940 file among other bookings", async () =>
        {
            await cloud.Bank.AddNoiseAsync(organization.Iban, 7, ct);
            _file = await cloud.Bank.CloseDayAsync(organization.Iban, ct);
            return $"{_file.Length} bytes, {System.Text.Encoding.Latin1.GetString(_file).Split(":61:").Length - 1} bookings";
        });
        await trace.StepAsync("the file is dropped in the bucket; the workflow reads it and every order is settled", async () =>
        {
            await DropAsync("day-1.sta", ct);
            var file = await UntilFileAsync(api, "archived", ct);
            _fileId = (string)file["id"]!;
            var expected = cloud.Processes is null ? 3 : 4;
            var matched = await LinesAsync(api, "matched", ct);
            Same(expected, matched.Count, "matched lines");
            Same(7, (await LinesAsync(api, "unmatched", ct)).Count, "unmatched lines");
            Same(1_000_000, (int)file["coveragePpm"]!, "coverage");
            return $"{_fileId} sha256 {((string)file["sha256"]!)[..16]}…: {file["lineCount"]} lines, {matched.Count} matched by reference, 7 unexplained";
        });
        await trace.StepAsync("the payouts are settled", async () =>
        {
            Same("settled", (string?)(_payout = await ReadAsync(api, _payout, ct))["state"], "state");
            if (cloud.Processes is not null) Same("settled", (string?)(await ReadAsync(api, _killed, ct))["state"], "state");
            return $"{_payout["id"]} settled: {_payout["settledAmount"]!["amount"]} cents";
        });
        await trace.StepAsync("the same file again changes nothing", async () =>
        {
            var before = await BooksAsync(api, ct);
            await DropAsync("day-1-again.sta", ct);
            await UntilAsync(async () => cloud.Workflows.Of("statement-ingestion").All(run => run.Record.Status is not Runtime.StepFunctions.ExecutionStatus.Running) && !await InInboxAsync("day-1-again.sta", ct), "the second run to end", ct);
            Same(1, ((JsonArray)Expect(await api.GetAsync("/v1/statements", ct), 200)).Count, "statement files");
            Same(before, await BooksAsync(api, ct), "books");
            return "one statement file, the same balances";
        });
    }

    private async Task CheckTheBooksAsync(ApiClient api, CancellationToken ct)
    {
        await trace.StepAsync("the ledger, the statement and the bank agree to the cent", async () =>
        {
            var balances = Expect(await api.GetAsync($"/v1/treasury-accounts/{organization.TreasuryAccount}", ct), 200)["balances"]!;
            var statement = Expect(await api.GetAsync($"/v1/statements/{_fileId}", ct), 200)["statements"]![0]!;
            var bank = await cloud.Bank.BalanceAsync(organization.Iban, ct);
            Same(bank, (long)statement["closing"]!["amount"]!, "closing balance");
            Same(bank, (long)balances["atBank"]!["amount"]!, "ledger at bank");
            Same(0L, (long)balances["inTransit"]!["amount"]!, "ledger in transit");
            return $"{bank} cents at the bank, 0 in transit, {balances["unexplained"]!["amount"]} not yet explained";
        });
        await trace.StepAsync("payout.settled.v1 reached the webhook receiver with a valid signature", async () =>
        {
            var id = (string)_payout["id"]!;
            await UntilAsync(() => Task.FromResult(cloud.Receiver.Received.Any(webhook => webhook.Type == "payout.settled.v1" && webhook.Subject == id)), "the webhook", ct);
            var webhook = cloud.Receiver.Received.Single(received => received.Type == "payout.settled.v1" && received.Subject == id);
            Same(true, webhook.SignatureValid, "signature");
            Same(0, cloud.Receiver.Received.Count(received => !received.SignatureValid), "invalid signatures");
            return $"{webhook.Id} sequence {webhook.Sequence}, {cloud.Receiver.Received.Count} webhooks in all, every signature valid";
        });
    }

    private JsonObject Order(long minor) => new()
    {
        ["treasuryAccount"] = organization.TreasuryAccount,
        ["amount"] = new JsonObject { ["amount"] = minor, ["currency"] = "EUR" },
        ["creditor"] = new JsonObject { ["name"] = "Example Supplier", ["iban"] = Creditor },
        ["description"] = "Demo",
    };

    private Task DropAsync(string name, CancellationToken ct)
    {
        if (!Id.TryParse<OrganizationId>(organization.Organization, out var id) || !Id.TryParse<BankProfileId>(organization.BankProfile, out var bank)) throw new InvalidOperationException("The demo organization is broken.");
        return cloud.DropStatementAsync(id, bank, name, _file, ct);
    }

    private async Task<bool> InInboxAsync(string name, CancellationToken ct) =>
        (await cloud.Aws.S3.ListObjectsV2Async(new() { BucketName = "statement-inbox" }, ct)).S3Objects?.Any(item => item.Key.EndsWith(name, StringComparison.Ordinal)) is true;

    private async Task<JsonNode> UntilFileAsync(ApiClient api, string state, CancellationToken ct)
    {
        JsonNode? file = null;
        await UntilAsync(async () => (string?)(file = ((JsonArray)Expect(await api.GetAsync("/v1/statements?limit=1", ct), 200)).FirstOrDefault())?["state"] == state, $"the file to be {state}", ct);
        return file!;
    }

    private async Task<JsonArray> LinesAsync(ApiClient api, string state, CancellationToken ct) => (JsonArray)Expect(await api.GetAsync($"/v1/statements/{_fileId}/lines?state={state}&limit=100", ct), 200);

    private static async Task<List<JsonNode>> EventsAsync(ApiClient api, string type, CancellationToken ct) =>
        [.. ((JsonArray)Expect(await api.GetAsync($"/v1/events?type={type}", ct), 200)).Select(item => item!)];

    private async Task<string> BooksAsync(ApiClient api, CancellationToken ct) =>
        Expect(await api.GetAsync($"/v1/treasury-accounts/{organization.TreasuryAccount}", ct), 200)["balances"]!.ToJsonString() + Expect(await api.GetAsync("/v1/statements", ct), 200).ToJsonString();

    private async Task<Simulators.Bank.OrderView> ExecutedOnceAsync(string endToEndId, CancellationToken ct)
    {
        var order = await cloud.Bank.FindOrderAsync(endToEndId, ct) ?? throw new InvalidOperationException($"the bank does not know {endToEndId}");
        Same(1, order.TimesExecuted, $"executions of {endToEndId}");
        return order;
    }

    private static async Task<JsonNode> ReadAsync(ApiClient api, JsonNode payout, CancellationToken ct) => Expect(await api.GetAsync($"/v1/payouts/{payout["id"]}", ct), 200);

    private static IEnumerable<string> States(JsonNode payout) => payout["slices"]!.AsArray().Select(slice => (string)slice!["state"]!);

    private static JsonNode Expect(ApiAnswer answer, int status) =>
        answer.Status == status ? answer.Data! : throw new InvalidOperationException($"expected {status}, got {answer.Status}: {answer.Body?.ToJsonString()}");

    private static void Same<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual)) throw new InvalidOperationException($"{what}: expected {expected}, got {actual}");
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what, CancellationToken ct)
    {
        var deadline = LocalCloud.Time.GetUtcNow() + Patience;
        while (!await condition())
        {
            if (LocalCloud.Time.GetUtcNow() > deadline) throw new TimeoutException($"waited {Patience.TotalSeconds} s for {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(30), LocalCloud.Time, ct);
        }
    }
}
