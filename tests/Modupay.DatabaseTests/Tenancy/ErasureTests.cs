using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Modupay.Audit;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Ledger.Proof;
using Modupay.Privacy;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Tenancy;

/// <summary>A person is erased over HTTP, and everything that must stay does.</summary>
public sealed class ErasureTests : IAsyncLifetime
{
    private const string Iban = "DE89370400440532013000";
    private const string AnotherIban = "FR1420041010050500013M02606";
    private VaultScene _scene = null!;
    private TestApi _app = null!;
    private HttpClient _api = null!;
    private string _account = "";

    public async Task InitializeAsync()
    {
        _scene = await VaultScene.StartAsync();
        _app = await TestApi.StartAsync(_scene.Database, _scene.Clock, routes =>
        {
            BankProfileEndpoints.Map(routes);
            TreasuryAccountEndpoints.Map(routes);
            CreatePayout.Map(routes);
            DecidePayout.Map(routes);
            ReadPayouts.Map(routes);
            AuditModule.MapRoutes(routes);
            PrivacyModule.MapRoutes(routes);
        }, services => services.AddSingleton(_scene.Cipher));
        _api = _app.Client(_scene.Organization.Key.Secret);
        var bank = (await PostAsync("/v1/bank-profiles", """{"name":"Bank","bic":"DEUTDEFF","rails":["sepa_credit_transfer"]}""")).Body["data"]!["id"];
        _account = (await PostAsync("/v1/treasury-accounts",
            $$"""{"bankProfile":"{{bank}}","name":"Main","iban":"DE02120300000000202051","orderLimit":{"amount":100000,"currency":"EUR"},"approvalRequired":true}""")).Body["data"]!["id"]!.GetValue<string>();
    }

    public async Task DisposeAsync()
    {
        _api.Dispose();
        await _app.DisposeAsync();
        await _scene.DisposeAsync();
    }

    [Fact]
    public async Task Nobody_is_erased_while_money_is_on_its_way_to_him()
    {
        var payout = await PayoutAsync(Iban);
        var (status, body) = await EraseAsync(Iban);
        Assert.Equal((409, "data_subject_in_use"), (status, body["error"]!["code"]!.GetValue<string>()));
        Assert.Contains(payout, body["error"]!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_an_erasure_nothing_of_the_person_can_be_read_and_ledger_and_audit_log_are_intact()
    {
        var payout = await PayoutAsync(Iban);
        var other = await PayoutAsync(AnotherIban);
        await _scene.Cipher.OpenAsync(_scene.Tenant, Creditor.Field, await SealedAsync(payout), default);
        Assert.Equal(200, (await PostAsync($"/v1/payouts/{payout}/cancel", null)).Status);

        var (status, body) = await EraseAsync("DE89 3704 0044 0532 0130 00");
        Assert.Equal((200, 1), (status, body["data"]!["payouts"]!.GetValue<int>()));
        var subject = body["data"]!["id"]!.GetValue<string>();

        var shown = (await GetAsync($"/v1/payouts/{payout}"))["data"]!;
        Assert.Equal("erased", shown["creditor"]!["iban"]!.GetValue<string>());
        Assert.Null(shown["description"]);
        Assert.NotEqual("erased", (await GetAsync($"/v1/payouts/{other}"))["data"]!["creditor"]!["iban"]!.GetValue<string>());
        await Assert.ThrowsAsync<ErasedException>(async () => await _scene.Cipher.OpenAsync(_scene.Tenant, Creditor.Field, await SealedAsync(payout), default));
        await _scene.Cipher.OpenAsync(_scene.Tenant, Creditor.Field, await SealedAsync(other), default);
        Assert.Equal(1L, await _scene.Fresh.ScalarAsync<long>("select count(*) from tenancy.data_subjects where key_sealed is null and reference_hash is null and erased_at is not null"));

        Assert.True((await GetAsync("/v1/audit-logs/verification"))["data"]!["intact"]!.GetValue<bool>());
        Assert.Empty((await _scene.Database.ReadAsync(_scene.Tenant, session => Verification.RunAsync(session, null, [], default), default)).Findings);
        Assert.Equal(subject, (await GetAsync("/v1/audit-logs?action=data_subject.erased"))["data"]![0]!["target"]!["id"]!.GetValue<string>());

        // The account number means nobody any more; the id says that it was done; and he may come back as somebody new.
        Assert.Equal(404, (await EraseAsync(Iban)).Status);
        Assert.Equal(0, (await PostAsync("/v1/data-subjects/erase", $$"""{"id":"{{subject}}"}""")).Body["data"]!["payouts"]!.GetValue<int>());
        await PayoutAsync(Iban);
        Assert.Equal(3L, await _scene.Fresh.ScalarAsync<long>("select count(*) from tenancy.data_subjects"));
    }

    [Fact]
    public async Task Another_process_reads_an_erased_person_for_five_minutes_at_most()
    {
        var payout = await PayoutAsync(Iban);
        var elsewhere = _scene.AnotherProcess();
        var value = await SealedAsync(payout);
        await elsewhere.OpenAsync(_scene.Tenant, Creditor.Field, value, default);
        await PostAsync($"/v1/payouts/{payout}/cancel", null);
        Assert.Equal(200, (await EraseAsync(Iban)).Status);
        _scene.Clock.Advance(DataKeys.Remembered + TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<ErasedException>(() => elsewhere.OpenAsync(_scene.Tenant, Creditor.Field, value, default));
    }

    [Fact]
    public async Task Payouts_to_one_account_are_of_one_person_also_when_they_come_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => PayoutAsync(Iban)));
        Assert.Equal(1L, await _scene.Fresh.ScalarAsync<long>("select count(*) from tenancy.data_subjects"));
    }

    [Fact]
    public async Task Who_is_erased_while_he_is_being_paid_is_one_or_the_other()
    {
        for (var round = 0; round < 5; round++)
        {
            var before = await PayoutAsync(Iban);
            Assert.Equal(200, (await PostAsync($"/v1/payouts/{before}/cancel", null)).Status);
            var answers = await AtOnce.RunAsync(async i => i % 4 == 0 ? (await EraseAsync(Iban)).Status : (await PayoutAsync(Iban)).Length);
            Assert.All(answers.Where((_, i) => i % 4 == 0), status => Assert.Contains(status, new[] { 200, 404, 409 }));
            Assert.Equal(0L, await _scene.Fresh.ScalarAsync<long>(
                "select count(*) from banking.payouts p join tenancy.data_subjects s on s.subject_id = p.creditor_subject_id where s.erased_at is not null and p.state in ('created', 'approved', 'processing')"));
            await _scene.Fresh.AsSuperuserAsync("update banking.payouts set state = 'canceled' where state = 'created'");
        }
    }

    [Fact]
    public async Task A_payout_that_is_approved_and_canceled_at_once_is_one_or_the_other()
    {
        for (var round = 0; round < 5; round++)
        {
            var payout = await PayoutAsync(Iban);
            var answers = await AtOnce.RunAsync(i => PostAsync($"/v1/payouts/{payout}/{(i % 2 == 0 ? "approve" : "cancel")}", null));
            // Whatever came first can be repeated, and the other one can not be done any more.
            var refused = answers.Select((answer, i) => (i % 2, answer.Status)).Where(answer => answer.Status != 200).ToList();
            Assert.Equal((AtOnce.Many / 2, 1), (refused.Count, refused.Distinct().Count()));
            Assert.Equal(409, refused[0].Status);
        }
        Assert.Equal(0L, await _scene.Fresh.ScalarAsync<long>("""
            select count(*) from banking.payouts p
            where (state = 'processing') <> exists (select from reconciliation.expected_items i join banking.payout_slices s on s.slice_id = i.subject_id where s.payout_id = p.payout_id)
            """));
    }

    [Fact]
    public async Task Personal_data_in_the_audit_log_is_shown_until_its_person_is_erased_and_the_chain_holds()
    {
        var subject = (await _scene.Database.TransactAsync<SubjectId>(_scene.Tenant, async unit =>
        {
            var person = await DataSubjects.OfAsync(unit, _scene.Cipher, DataSubjects.User, "usr_7", default);
            AuditLog.Record(unit, Actor.OfSystem("test"), AuditActions.UserInvited, "usr_7", new PersonalData(person.Id, person.Seal(AuditLog.PersonalField, "ada@example.org"u8)));
            return person.Id;
        }, default)).Value;
        var entry = (await GetAsync("/v1/audit-logs?action=user.invited"))["data"]![0]!;
        Assert.Equal("ada@example.org", entry["personal"]!.GetValue<string>());
        Assert.DoesNotContain("ada@", await _api.GetStringAsync("/v1/audit-logs?format=csv"), StringComparison.Ordinal);

        Assert.Equal(200, (await PostAsync("/v1/data-subjects/erase", $$"""{"id":"{{subject}}"}""")).Status);
        Assert.Equal("erased", (await GetAsync($"/v1/audit-logs/{entry["id"]}"))["data"]!["personal"]!.GetValue<string>());
        Assert.True((await GetAsync("/v1/audit-logs/verification"))["data"]!["intact"]!.GetValue<bool>());
    }

    [Fact]
    public async Task The_log_tells_who_did_what_from_where_and_can_be_filtered_and_exported()
    {
        var payout = await PayoutAsync(Iban);
        await PostAsync($"/v1/payouts/{payout}/approve", null);
        var list = (await GetAsync($"/v1/audit-logs?target={payout}"))["data"]!.AsArray();
        Assert.Equal(["payout.approved", "payout.created"], list.Select(entry => entry!["action"]!.GetValue<string>()));
        Assert.Equal(("api_key", _scene.Organization.Key.Id.ToString(), "127.0.0.1"),
            (list[0]!["actor"]!["kind"]!.GetValue<string>(), list[0]!["actor"]!["id"]!.GetValue<string>(), list[0]!["actor"]!["address"]!.GetValue<string>()));
        Assert.Equal("created", list[0]!["changes"]!["state"]!["before"]!.GetValue<string>());

        Assert.Equal(2, (await GetAsync("/v1/audit-logs?limit=2"))["data"]!.AsArray().Count);
        Assert.Equal(4, (await GetAsync($"/v1/audit-logs?actor={_scene.Organization.Key.Id}&from=2026-03-02T09:00:00Z&to=2026-03-02T10:00:00%2B01:00"))["data"]!.AsArray().Count
            + (await GetAsync("/v1/audit-logs?from=2026-03-02T09:00:00Z&to=2026-03-02T09:00:01Z"))["data"]!.AsArray().Count);
        Assert.Empty((await GetAsync("/v1/audit-logs?action=payout.canceled"))["data"]!.AsArray());
        Assert.Equal(422, (int)(await _api.GetAsync("/v1/audit-logs?action=payout.stolen")).StatusCode);

        var csv = await _api.GetStringAsync("/v1/audit-logs?format=csv");
        Assert.Contains("payout.approved,payout,\"" + payout, csv, StringComparison.Ordinal);
        Assert.DoesNotContain("370400440532013000", csv, StringComparison.Ordinal);
        Assert.Single((await GetAsync("/v1/audit-logs?action=audit_log.exported"))["data"]!.AsArray());
    }

    [Fact]
    public async Task The_api_finds_that_the_log_was_cut_off_when_it_is_told_the_head_from_before()
    {
        await PayoutAsync(Iban);
        var head = (await GetAsync("/v1/audit-logs/verification"))["data"]!["head"]!.GetValue<string>();
        await _scene.Fresh.AsSuperuserAsync("delete from audit.entries where sequence = 3; update audit.heads set sequence = 2, hash = (select hash from audit.entries where sequence = 2)");
        Assert.True((await GetAsync("/v1/audit-logs/verification"))["data"]!["intact"]!.GetValue<bool>());
        var report = (await GetAsync($"/v1/audit-logs/verification?head={head}"))["data"]!;
        Assert.Equal((false, "entry_missing"), (report["intact"]!.GetValue<bool>(), report["findings"]![0]!["kind"]!.GetValue<string>()));
        Assert.Equal(422, (int)(await _api.GetAsync("/v1/audit-logs/verification?head=nonsense")).StatusCode);
    }

    [Fact]
    public async Task The_key_is_rotated_over_the_api_and_not_twice_in_a_row()
    {
        await PayoutAsync(Iban);
        _scene.Clock.Advance(KeyRotation.Settled);
        Assert.Equal(2, (await PostAsync("/v1/encryption-keys/rotate", null)).Body["data"]!["version"]!.GetValue<int>());
        Assert.Equal(409, (await PostAsync("/v1/encryption-keys/rotate", null)).Status);
        var keys = (await GetAsync("/v1/encryption-keys"))["data"]!.AsArray();
        Assert.Equal(["look_up 1", "seal 2", "seal 1"], keys.Select(key => $"{key!["purpose"]} {key["version"]}"));
    }

    private async Task<string> PayoutAsync(string iban)
    {
        var (status, body) = await PostAsync("/v1/payouts",
            $$"""{"treasuryAccount":"{{_account}}","amount":{"amount":5000,"currency":"EUR"},"creditor":{"name":"Ada Example","iban":"{{iban}}"},"description":"For Ada"}""");
        Assert.Equal(201, status);
        return body["data"]!["id"]!.GetValue<string>();
    }

    private Task<(int Status, JsonNode Body)> EraseAsync(string iban) => PostAsync("/v1/data-subjects/erase", $$"""{"iban":"{{iban}}"}""");

    private async Task<byte[]> SealedAsync(string payout)
    {
        Assert.True(Id.TryParse<PayoutId>(payout, out var id));
        return (await _scene.Database.ListAsync(_scene.Tenant, PayoutSql.Find, [id.Value], PayoutSql.ReadPayout, default))[0].CreditorSealed;
    }

    private async Task<(int Status, JsonNode Body)> PostAsync(string path, string? json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        request.Headers.Add("Idempotency-Key", Guid.CreateVersion7().ToString());
        using var response = await _api.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await _api.GetStringAsync(path))!;
}
