using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Modupay.Formats;
using Modupay.Local;

namespace Modupay.JourneyTests.Journeys;

/// <summary>A bank carries an order out and gives its money back; the file that says so is read before the one with the order.</summary>
[Collection(Journeys.Name)]
public sealed class ReturnJourneyTests(RunningCloud running)
{
    private const long Minor = 70_000;

    [Fact]
    public async Task An_order_whose_money_comes_back_is_returned_with_the_banks_reason_and_nobody_has_to_say_so()
    {
        var demo = await DemoOrganization.CreateAsync(running.Cloud, CancellationToken.None);
        using var api = new ApiClient(running.Cloud.ApiUrl, demo.ApiKey);
        var payout = await api.CreateAsync("/v1/payouts", new JsonObject
        {
            ["treasuryAccount"] = demo.TreasuryAccount,
            ["amount"] = new JsonObject { ["amount"] = Minor, ["currency"] = "EUR" },
            ["creditor"] = new JsonObject { ["name"] = "Example Supplier", ["iban"] = "DE89370400440532013000" },
        }, CancellationToken.None);
        var path = $"/v1/payouts/{payout["id"]}";
        var sent = await UntilAsync(api, path, now => (string)now["slices"]![0]!["state"]! == "sent");

        await UploadAsync(demo, "return.xml", Return(demo.Iban, (string)sent["slices"]![0]!["endToEndId"]!));
        await UntilAsync(api, "/v1/statements", files => files.AsArray().Any(file => (string)file!["state"]! == "archived"));
        Assert.Equal("sent", (string)(await api.GetAsync(path, CancellationToken.None)).Data!["slices"]![0]!["state"]!);

        await UploadAsync(demo, "day.sta", await running.Cloud.Bank.CloseDayAsync(demo.Iban, CancellationToken.None));
        var returned = await UntilAsync(api, path, now => (string)now["slices"]![0]!["state"]! == "returned");
        Assert.Equal(("failed", "AC04", 0L), ((string)returned["state"]!, (string)returned["slices"]![0]!["failure"]!["code"]!, (long)returned["settledAmount"]!["amount"]!));

        var lines = (await api.GetAsync("/v1/statement-lines?state=matched", CancellationToken.None)).Data!.AsArray();
        Assert.Equal(["return AC04 true", "end_to_end_id  false"], lines.OrderByDescending(line => (long)line!["amount"]!["amount"]!)
            .Select(line => $"{line!["matches"]![0]!["rule"]} {line["returnReason"]} {line["isReturn"]}"));
    }

    private async Task UploadAsync(DemoOrganization demo, string name, byte[] content)
    {
        using var http = new HttpClient { BaseAddress = new Uri(running.Cloud.ApiUrl) };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/statements?bankProfile={demo.BankProfile}&fileName={name}") { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", demo.ApiKey);
        using var response = await http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<JsonNode> UntilAsync(ApiClient api, string path, Func<JsonNode, bool> holds)
    {
        for (var left = 120; left > 0; left--)
        {
            if ((await api.GetAsync(path, CancellationToken.None)).Data is { } now && holds(now)) return now;
            await Task.Delay(TimeSpan.FromSeconds(0.5));
        }
        throw new TimeoutException(string.Join('\n', running.Lines.TakeLast(40)));
    }

    private static byte[] Return(string iban, string endToEndId)
    {
        var (day, amount) = (DateOnly.FromDateTime(LocalCloud.Time.GetUtcNow().UtcDateTime), MinorUnits.Print(Minor, 2));
        static string Balance(string kind, string minor, DateOnly day) =>
            $"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{minor}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day:yyyy-MM-dd}</Dt></Dt></Bal>";
        return Encoding.UTF8.GetBytes($"""
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
            {Balance("OPBD", "0.00", day)}{Balance("CLBD", amount, day)}
            <Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day:yyyy-MM-dd}</Dt></BookgDt>
            <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>
            <NtryDtls><TxDtls><Refs><EndToEndId>{endToEndId}</EndToEndId></Refs><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>
            </Stmt></BkToCstmrStmt></Document>
            """);
    }
}
