using System.Text.Json.Nodes;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Tenancy;

/// <summary>Who makes, sees and changes whom, among the platform, two partners and their organizations.</summary>
public sealed class OrganizationTests : IAsyncLifetime
{
    private TenancyScene _scene = null!;
    private string _partner = "", _other = "", _mine = "", _theirs = "", _free = "";
    private HttpClient _partnerKey = null!;

    public async Task InitializeAsync()
    {
        _scene = await TenancyScene.StartAsync();
        _partner = await MakeAsync(_scene.Operator, "/v1/partners", """{"name":"Integrator"}""");
        _other = await MakeAsync(_scene.Operator, "/v1/partners", """{"name":"Other integrator"}""");
        _theirs = await MakeAsync(_scene.Operator, "/v1/organizations", $$"""{"name":"Of the other","partner":"{{_other}}"}""");
        _free = await MakeAsync(_scene.Operator, "/v1/organizations", """{"name":"Without partner"}""");
        _partnerKey = await ClientOfAsync(_partner, live: false);
        _mine = await MakeAsync(_partnerKey, "/v1/organizations", """{"name":"Commune de Test"}""");
    }

    public async Task DisposeAsync()
    {
        _partnerKey.Dispose();
        await _scene.DisposeAsync();
    }

    [Fact]
    public async Task A_partner_sees_its_own_organizations_and_no_others()
    {
        Assert.Equal([_mine], await ListAsync(_partnerKey));
        Assert.Equal(200, (await TenancyScene.SendAsync(_partnerKey, "GET", $"/v1/organizations/{_mine}")).Status);
        Assert.Equal(200, (await TenancyScene.SendAsync(_partnerKey, "GET", $"/v1/organizations/{_partner}")).Status);
        using var live = await ClientOfAsync(_partner, live: true);
        foreach (var stranger in new[] { _theirs, _free, _other, PlatformOrganization.Id.ToString() })
        {
            Assert.Equal(404, (await TenancyScene.SendAsync(_partnerKey, "GET", $"/v1/organizations/{stranger}")).Status);
            Assert.Equal(404, (await TenancyScene.SendAsync(live, "PATCH", $"/v1/organizations/{stranger}", """{"name":"Taken over"}""")).Status);
        }
    }

    [Fact]
    public async Task An_operator_sees_everybody() =>
        Assert.Equal([_mine, _free, _theirs], await ListAsync(_scene.Operator));

    [Fact]
    public async Task An_organization_sees_itself_and_makes_none()
    {
        using var organization = await ClientOfAsync(_mine, live: true);
        Assert.Equal([_mine], await ListAsync(organization));
        var refused = await TenancyScene.SendAsync(organization, "POST", "/v1/organizations", """{"name":"A child"}""");
        Assert.Equal((403, "forbidden"), (refused.Status, Code(refused.Body)));
    }

    [Fact]
    public async Task A_partner_makes_organizations_for_itself_only()
    {
        var refused = await TenancyScene.SendAsync(_partnerKey, "POST", "/v1/organizations", $$"""{"name":"Smuggled","partner":"{{_other}}"}""");
        Assert.Equal((403, "organization_not_yours"), (refused.Status, Code(refused.Body)));
    }

    [Fact]
    public async Task A_partner_acts_for_its_organization_by_header_and_for_nobody_elses()
    {
        var department = await TenancyScene.SendAsync(_partnerKey, "POST", "/v1/departments", """{"name":"Cantine","code":"CANTINE"}""", _mine);
        Assert.Equal(201, department.Status);
        using var organization = await ClientOfAsync(_mine, live: false);
        Assert.Equal("CANTINE", (string?)(await TenancyScene.SendAsync(organization, "GET", "/v1/departments")).Body["data"]![0]!["code"]);
        Assert.Empty((JsonArray)(await TenancyScene.SendAsync(_partnerKey, "GET", "/v1/departments")).Body["data"]!);

        foreach (var stranger in new[] { _theirs, _free, _other, "org_00000000000000000000000000", "nonsense", PlatformOrganization.Id.ToString() })
        {
            var refused = await TenancyScene.SendAsync(_partnerKey, "GET", "/v1/departments", null, stranger);
            Assert.Equal((403, "organization_not_yours"), (refused.Status, Code(refused.Body)));
        }
        var notAPartner = await TenancyScene.SendAsync(organization, "GET", "/v1/departments", null, _theirs);
        Assert.Equal((403, "organization_not_yours"), (notAPartner.Status, Code(notAPartner.Body)));
    }

    [Fact]
    public async Task A_partners_test_key_reaches_the_test_side_of_its_organization()
    {
        await TenancyScene.SendAsync(_partnerKey, "POST", "/v1/api-keys", """{"name":"Made in test"}""", _mine);
        using var test = await ClientOfAsync(_mine, live: false);
        using var live = await ClientOfAsync(_mine, live: true);
        Assert.Contains("Made in test", (await TenancyScene.SendAsync(test, "GET", "/v1/api-keys")).Body.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Made in test", (await TenancyScene.SendAsync(live, "GET", "/v1/api-keys")).Body.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_live_too_is_not_changed_by_who_may_touch_nothing_live()
    {
        using var test = await ClientOfAsync(_mine, live: false);
        foreach (var (method, path, body) in new (string, string, object)[] { ("PATCH", "", """{"name":"Tested"}"""), ("PUT", "/logo", new byte[] { 0xff, 0xd8, 0xff }) })
            foreach (var client in new[] { test, _partnerKey })
            {
                var refused = await TenancyScene.SendAsync(client, method, $"/v1/organizations/{_mine}{path}", body);
                Assert.Equal((403, "live_mode_required"), (refused.Status, Code(refused.Body)));
            }
        Assert.Equal("Commune de Test", (string?)(await TenancyScene.SendAsync(test, "GET", $"/v1/organizations/{_mine}")).Body["data"]!["name"]);
    }

    [Fact]
    public async Task Branding_is_changed_field_by_field_and_a_logo_is_a_picture()
    {
        using var organization = await ClientOfAsync(_mine, live: true);
        var branding = await TenancyScene.SendAsync(organization, "PATCH", $"/v1/organizations/{_mine}", """{"displayName":"Mairie","primaryColor":"#0A1B2C","languages":["fr","pt-BR"]}""");
        Assert.Equal("Mairie #0a1b2c fr,pt-BR", Branding(branding.Body));
        var cleared = await TenancyScene.SendAsync(organization, "PATCH", $"/v1/organizations/{_mine}", """{"primaryColor":""}""");
        Assert.Equal("Mairie  fr,pt-BR", Branding(cleared.Body));

        byte[] png = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3];
        Assert.True((bool)(await TenancyScene.SendAsync(organization, "PUT", $"/v1/organizations/{_mine}/logo", png)).Body["data"]!["branding"]!["hasLogo"]!);
        using var logo = await organization.GetAsync($"/v1/organizations/{_mine}/logo");
        Assert.Equal("image/png", logo.Content.Headers.ContentType?.ToString());
        Assert.Equal(png, await logo.Content.ReadAsByteArrayAsync());
        Assert.Equal(422, (await TenancyScene.SendAsync(organization, "PUT", $"/v1/organizations/{_mine}/logo", "<svg onload='alert(1)'/>"u8.ToArray())).Status);
        Assert.Equal(413, (await TenancyScene.SendAsync(organization, "PUT", $"/v1/organizations/{_mine}/logo", new byte[200_000])).Status);
        Assert.Equal(404, (await TenancyScene.SendAsync(organization, "PUT", $"/v1/organizations/{_theirs}/logo", png)).Status);
    }

    [Theory]
    [InlineData("""{"primaryColor":"red"}""", "primaryColor")]
    [InlineData("""{"languages":[]}""", "languages")]
    [InlineData("""{"languages":["fr","fr"]}""", "languages")]
    [InlineData("""{"name":" "}""", "name")]
    [InlineData("""{"displayName":"a\u0007b"}""", "displayName")]
    public async Task What_cannot_be_shown_is_refused(string body, string field)
    {
        var refused = await TenancyScene.SendAsync(_scene.Operator, "PATCH", $"/v1/organizations/{_mine}", body);
        Assert.Equal((422, field), (refused.Status, (string?)refused.Body["error"]!["errors"]![0]!["field"]));
    }

    [Fact]
    public async Task Two_departments_cannot_share_a_code_and_an_archived_one_is_hidden_until_asked_for()
    {
        using var organization = await ClientOfAsync(_mine, live: false);
        var made = await TenancyScene.SendAsync(organization, "POST", "/v1/departments", """{"name":"Piscine","code":"P1"}""");
        Assert.Equal((409, "department_code_taken"), await OutcomeAsync(organization, "POST", "/v1/departments", """{"name":"Patinoire","code":"P1"}"""));
        var id = (string)made.Body["data"]!["id"]!;
        Assert.NotNull((await TenancyScene.SendAsync(organization, "PATCH", $"/v1/departments/{id}", """{"archived":true}""")).Body["data"]!["archivedAt"]);
        Assert.Empty((JsonArray)(await TenancyScene.SendAsync(organization, "GET", "/v1/departments")).Body["data"]!);
        Assert.Single((JsonArray)(await TenancyScene.SendAsync(organization, "GET", "/v1/departments?archived=true")).Body["data"]!);
        Assert.Equal(404, (await TenancyScene.SendAsync(_partnerKey, "GET", $"/v1/departments/{id}")).Status);
    }

    private async Task<HttpClient> ClientOfAsync(string organization, bool live)
    {
        Assert.True(Id.TryParse<OrganizationId>(organization, out var id));
        var tenant = await _scene.Fresh.ScalarAsync<Guid>($"select tenant_id from tenancy.tenants where organization_id = '{id.Value}' and mode = '{(live ? "live" : "test")}'");
        return _scene.Client(await TestKeys.InsertAsync(_scene.Fresh.App, new(tenant), live, Roles.ForKeys));
    }

    private static async Task<string> MakeAsync(HttpClient client, string path, string body)
    {
        var (status, answer) = await TenancyScene.SendAsync(client, "POST", path, body);
        Assert.True(status == 201, answer.ToJsonString());
        return (string)answer["data"]!["id"]!;
    }

    private static async Task<IEnumerable<string>> ListAsync(HttpClient client) =>
        ((JsonArray)(await TenancyScene.SendAsync(client, "GET", "/v1/organizations")).Body["data"]!).Select(item => (string)item!["id"]!);

    private static async Task<(int, string?)> OutcomeAsync(HttpClient client, string method, string path, string body)
    {
        var (status, answer) = await TenancyScene.SendAsync(client, method, path, body);
        return (status, Code(answer));
    }

    private static string? Code(JsonNode body) => (string?)body["error"]?["code"];

    private static string Branding(JsonNode body) =>
        $"{body["data"]!["branding"]!["displayName"]} {body["data"]!["branding"]!["primaryColor"]} {string.Join(',', (JsonArray)body["data"]!["branding"]!["languages"]!)}";
}
