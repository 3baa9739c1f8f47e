using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Modupay.Banking.Connectors;
using Modupay.Formats;
using Modupay.Local.Cloud;
using Modupay.Local.Simulators;

namespace Modupay.JourneyTests.Banking;

public sealed class SimulatedBankTests(CoordinationTable table) : IClassFixture<CoordinationTable>
{
    [Fact]
    public async Task What_the_bank_acknowledged_survives_a_restart_and_so_does_its_address()
    {
        await using var rig = await BankRig.StartAsync(table);
        var (order, connector) = (BankRig.Order(), rig.Connector());
        var first = Assert.IsType<BankAnswer.Accepted>(await connector.SendAsync(order, default));
        await rig.Bank.ScriptAsync(["refuse:AC06"], default);
        var refused = BankRig.Order();
        await connector.SendAsync(refused, default);
        var address = rig.Bank.Url;

        await rig.Bank.DisposeAsync();
        await rig.StartBankAsync(0);

        Assert.Equal(address, rig.Bank.Url);
        Assert.Equal(first, await connector.FindAsync(order.EndToEndId, default));
        Assert.Equal(first, await connector.SendAsync(order, default));
        Assert.Equal("AC06", Assert.IsType<BankAnswer.Refused>(await connector.FindAsync(refused.EndToEndId, default)).Code);
        Assert.Equal(BankRig.Opening - order.Amount.Minor, await rig.Bank.BalanceAsync(BankRig.Iban, default));
        var held = (await rig.Bank.FindOrderAsync(order.EndToEndId, default))!;
        Assert.Equal((2, 1), (held.TimesReceived, held.TimesExecuted));
    }

    [Fact]
    public async Task A_line_that_a_crash_cut_short_is_forgotten_and_a_damaged_one_is_named()
    {
        using var folder = TemporaryFolder.Create();
        var options = new SimulatedBankOptions(folder.Path) { Secret = "x" };
        await using (var bank = await SimulatedBank.StartAsync(options, default)) await bank.OpenAccountAsync(BankRig.Iban, "EUR", 100, default);
        var books = Path.Combine(folder.Path, "books.jsonl");
        await File.AppendAllTextAsync(books, "{\"is\":\"account_ope");

        await using (var bank = await SimulatedBank.StartAsync(options, default))
        {
            Assert.Equal(100, await bank.BalanceAsync(BankRig.Iban, default));
            await bank.AddNoiseAsync(BankRig.Iban, 1, default);
        }

        await using (var bank = await SimulatedBank.StartAsync(options, default)) Assert.NotEqual(100, await bank.BalanceAsync(BankRig.Iban, default));
        await File.AppendAllTextAsync(books, "{\"is\":\"account_ope\n");
        Assert.Contains("line 3", (await Assert.ThrowsAsync<CannotStartException>(() => SimulatedBank.StartAsync(options, default))).Message);
    }

    [Fact]
    public async Task A_statement_is_a_real_file_in_which_every_order_is_found_among_the_noise()
    {
        await using var rig = await BankRig.StartAsync(table);
        var connector = rig.Connector();
        var orders = new[] { BankRig.Order(12_345), BankRig.Order(1_000_000, "RF18539007547034"), BankRig.Order(1, "Facture n° 12 – équipement, merci !") };
        var references = new List<string>();
        foreach (var order in orders)
        {
            references.Add(((BankAnswer.Accepted)await connector.SendAsync(order, default)).BankReference);
            await rig.Bank.AddNoiseAsync(BankRig.Iban, 4, default);
        }

        var first = Read(await rig.Bank.CloseDayAsync(BankRig.Iban, default));
        Assert.Equal((Standing.Complete, (bool?)true), (first.End.Standing, first.End.Balanced));
        Assert.Equal(BankRig.Opening, first.Opening!.AmountMinor);
        Assert.Equal(await rig.Bank.BalanceAsync(BankRig.Iban, default), first.Closing!.AmountMinor);
        Assert.Equal(BankRig.Iban, first.Header.Iban);
        Assert.Equal(15, first.Lines.Count);
        foreach (var (order, reference) in orders.Zip(references))
        {
            var line = Assert.Single(first.Lines, line => line.EndToEndId == order.EndToEndId);
            Assert.Equal((-order.Amount.Minor, reference, BankRig.CreditorIban), (line.AmountMinor, line.BankReference, line.Counterparty.Iban));
            Assert.Equal("FOURNISSEUR EXEMPLE", line.Counterparty.Name?.ToUpperInvariant());
            Assert.NotNull(line.ClientReference);
        }

        Assert.Equal("RF18539007547034", first.Lines.Single(line => line.EndToEndId == orders[1].EndToEndId).Remittance);
        Assert.Contains(first.Lines, line => line.MandateId is not null);
        Assert.Contains(first.Lines, line => line.AmountMinor > 0 && line.Remittance!.Contains("RECHNUNG", StringComparison.Ordinal));

        await rig.Bank.AddNoiseAsync(BankRig.Iban, 2, default);
        var second = Read(await rig.Bank.CloseDayAsync(BankRig.Iban, default));
        Assert.Equal(first.Closing.AmountMinor, second.Opening!.AmountMinor);
        Assert.Equal((2, (bool?)true), (second.Lines.Count, second.End.Balanced));
        Assert.Equal(first.Header.Sequence + 1, second.Header.Sequence);
        Assert.Empty(Read(await rig.Bank.CloseDayAsync(BankRig.Iban, default)).Lines);
    }

    [Fact]
    public async Task The_remittance_is_wrapped_in_subfields_of_27_characters_as_german_banks_do()
    {
        await using var rig = await BankRig.StartAsync(table);
        var order = BankRig.Order(remittance: "Invoice 2026-0042 of the first of March, with many thanks");
        await rig.Connector().SendAsync(order, default);
        var text = Encoding.ASCII.GetString(await rig.Bank.CloseDayAsync(BankRig.Iban, default)).Replace("\r\n", "", StringComparison.Ordinal);
        var parts = text[text.IndexOf(":86:", StringComparison.Ordinal)..].Split('?');
        Assert.Equal("20EREF+" + order.EndToEndId[..Math.Min(22, order.EndToEndId.Length)], parts[2].TrimEnd());
        Assert.Contains(parts, part => part.StartsWith("21", StringComparison.Ordinal) || part.Contains("KREF+", StringComparison.Ordinal));
        Assert.Contains(parts, part => part.Contains("SVWZ+Invoice 2026-0042", StringComparison.Ordinal));
        Assert.All(parts.Skip(2).Where(part => part[0] == '2'), part => Assert.InRange(part.Length, 3, 29));
    }

    [Fact]
    public async Task Everything_can_be_switched_over_http()
    {
        using var folder = TemporaryFolder.Create();
        await using var bank = await SimulatedBank.StartAsync(new SimulatedBankOptions(folder.Path) { Secret = "first secret" }, default);
        await using var rig = BankRig.WithoutBank(table);
        using var http = new HttpClient { BaseAddress = new Uri(bank.Url) };
        var order = BankRig.Order(500);

        await PostAsync(http, "/simulator/accounts", new() { ["iban"] = BankRig.Iban, ["currency"] = "EUR", ["balanceMinor"] = 1_000 });
        await PostAsync(http, "/simulator/faults", new() { ["faults"] = new JsonArray("refuse:AC04"), ["amountMinor"] = 499 });
        await PostAsync(http, "/simulator/faults", new() { ["faults"] = new JsonArray("hold"), ["endToEndId"] = order.EndToEndId });
        var connector = rig.Connector(bank.Url);
        Assert.Equal("AC04", Assert.IsType<BankAnswer.Refused>(await connector.SendAsync(BankRig.Order(499), default)).Code);

        var sending = connector.SendAsync(order, default);
        JsonNode? held;
        while ((held = await OrderAsync(http, order.EndToEndId)) is null) await Task.Delay(10);
        Assert.Equal(1, (int)held["timesExecuted"]!);
        Assert.False(sending.IsCompleted);
        await PostAsync(http, "/simulator/release", []);
        Assert.IsType<BankAnswer.Accepted>(await sending);

        await PostAsync(http, "/simulator/noise", new() { ["iban"] = BankRig.Iban, ["bookings"] = 2 });
        using var statement = await http.PostAsJsonAsync("/simulator/statements", new JsonObject { ["iban"] = BankRig.Iban });
        Assert.Equal(3, Read(await statement.Content.ReadAsByteArrayAsync()).Lines.Count);

        await PostAsync(http, "/simulator/reset", []);
        Assert.Null(await OrderAsync(http, order.EndToEndId));
        using var mistake = await http.PostAsJsonAsync("/simulator/faults", new JsonObject { ["faults"] = new JsonArray("explode") });
        Assert.Equal(HttpStatusCode.BadRequest, mistake.StatusCode);
    }

    [Fact]
    public async Task A_slow_answer_is_still_an_answer()
    {
        await using var rig = await BankRig.StartAsync(table);
        await rig.Bank.ScriptAsync(["slow:100"], default);
        Assert.IsType<BankAnswer.Accepted>(await rig.Connector().SendAsync(BankRig.Order(), default));
    }

    private static ParsedStatement Read(byte[] file)
    {
        var parsed = StatementFile.Parse(file);
        Assert.Empty(parsed.Problems);
        return Assert.Single(parsed.Statements);
    }

    private static async Task PostAsync(HttpClient http, string path, JsonObject body)
    {
        using var answer = await http.PostAsJsonAsync(path, body);
        Assert.Equal((HttpStatusCode.NoContent, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    private static async Task<JsonNode?> OrderAsync(HttpClient http, string endToEndId)
    {
        using var answer = await http.GetAsync("/simulator/orders?endToEndId=" + endToEndId);
        return answer.IsSuccessStatusCode ? JsonNode.Parse(await answer.Content.ReadAsStringAsync()) : null;
    }
}
