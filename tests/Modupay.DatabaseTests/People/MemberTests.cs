using System.Text.Json.Nodes;
using Modupay.People;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.People;

/// <summary>Who is in an organization, who may change that, and what it changes.</summary>
public sealed class MemberTests : IAsyncLifetime
{
    private PeopleScene _scene = null!;
    private Member _owner = null!;

    public async Task InitializeAsync()
    {
        _scene = await PeopleScene.StartAsync();
        _owner = await _scene.JoinAsync("owner@example.com");
    }

    [Fact]
    public async Task An_owner_invites_by_letter_and_nobody_invites_above_himself()
    {
        var invited = await InviteAsync(_owner, "admin@example.com", "admin");
        Assert.Equal((201, "open", "admin@example.com"), (invited.Status, invited.Text("data.state"), invited.Text("data.email")));
        var letter = await _scene.LetterAsync();
        Assert.Equal(("admin@example.com", "Join Commune de Test on Modupay"), (letter.To, letter.Subject));
        Assert.Equal("invitation_exists", (await InviteAsync(_owner, "Admin@example.com", "viewer")).Code);
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>("select count(*) from platform.idempotency_keys where answer like '%@%'"));

        var admin = await AcceptAsync(PeopleScene.TokenIn(letter));
        Assert.Equal("role_above_own", (await InviteAsync(admin, "eve@example.com", "owner")).Code);
        Assert.Equal("invalid_request", (await InviteAsync(admin, "eve@example.com", "operator")).Code);
        Assert.Equal("already_member", (await InviteAsync(admin, "owner@example.com", "viewer")).Code);
        Assert.Equal(201, (await InviteAsync(admin, "viewer@example.com", "viewer")).Status);

        var viewer = await AcceptAsync(PeopleScene.TokenIn(await _scene.LetterAsync()));
        Assert.Equal((403, "forbidden"), ((await InviteAsync(viewer, "eve@example.com", "viewer")).Status, (await InviteAsync(viewer, "eve@example.com", "viewer")).Code));
        Assert.Equal("forbidden", (await InviteAsync(_owner with { Access = _scene.Organization.Key.Secret }, "eve@example.com", "viewer")).Code);
        Assert.Equal(3, (await _scene.SendAsync("GET", "/v1/members", token: viewer.Access)).Count);
        Assert.Equal(2, (await _scene.SendAsync("GET", "/v1/invitations", token: viewer.Access)).Body["data"]!.AsArray().Count(item => (string)item!["invitedBy"]! != "system:test"));
    }

    [Fact]
    public async Task A_repeated_invitation_is_answered_alike_and_sends_no_second_letter()
    {
        var body = new JsonObject { ["email"] = "anna@example.com", ["role"] = "viewer" };
        var (one, two) = (await _scene.SendAsync("POST", "/v1/invitations", body, _owner.Access, ("Idempotency-Key", "k")), await _scene.SendAsync("POST", "/v1/invitations", body.DeepClone(), _owner.Access, ("Idempotency-Key", "k")));
        Assert.Equal((201, 201, "anna@example.com"), (one.Status, two.Status, two.Text("data.email")));
        Assert.Equal(one.Body["data"]!.ToJsonString(), two.Body["data"]!.ToJsonString());
        Assert.Single(_scene.TakeMails());
    }

    [Fact]
    public async Task Sending_again_ends_the_link_before_and_revoking_ends_them_all()
    {
        var id = (await InviteAsync(_owner, "anna@example.com", "viewer")).Text("data.id");
        var first = PeopleScene.TokenIn(await _scene.LetterAsync());
        Assert.Equal(200, (await _scene.SendAsync("POST", $"/v1/invitations/{id}/resend", "{}", _owner.Access)).Status);
        var second = PeopleScene.TokenIn(await _scene.LetterAsync());
        Assert.Equal("link_invalid", (await LookUpAsync(first)).Code);
        Assert.Equal(200, (await LookUpAsync(second)).Status);

        Assert.Equal("revoked", (await _scene.SendAsync("DELETE", $"/v1/invitations/{id}", token: _owner.Access)).Text("data.state"));
        Assert.Equal("link_invalid", (await LookUpAsync(second)).Code);
        Assert.Equal("invitation_state", (await _scene.SendAsync("POST", $"/v1/invitations/{id}/resend", "{}", _owner.Access)).Code);
        Assert.Equal(201, (await InviteAsync(_owner, "anna@example.com", "viewer")).Status);
    }

    [Fact]
    public async Task An_invitation_lives_seven_days()
    {
        await InviteAsync(_owner, "anna@example.com", "viewer");
        var token = PeopleScene.TokenIn(await _scene.LetterAsync());
        _scene.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await LookUpAsync(token)).Status);
        _scene.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("link_invalid", (await LookUpAsync(token)).Code);
        // And does not stand in the way of the next one.
        var owner = await _scene.LoginAsync(_owner.Email);
        Assert.Equal(201, (await InviteAsync(_owner with { Access = owner.Text("data.accessToken") }, "anna@example.com", "viewer")).Status);
    }

    [Fact]
    public async Task Somebody_who_is_known_joins_another_organization_with_the_password_he_has()
    {
        var other = await Organizations.CreateAsync(_scene.Database, "Other", live: false, default);
        var token = await _scene.InviteAsync(_owner.Email, Role.Viewer, other.Id);
        Assert.Equal("true", (await LookUpAsync(token)).Text("data.knownAccount"));
        Assert.Equal("invalid_credentials", (await _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["name"] = "Eve", ["password"] = "a password of her own" })).Code);
        var joined = await _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["password"] = PeopleScene.Password });
        Assert.Equal((201, other.Id.ToString(), _owner.User), (joined.Status, joined.Text("data.organization"), joined.Text("data.user")));

        var asked = await _scene.LoginAsync(_owner.Email);
        Assert.Equal("organization_required", asked.Code);
        Assert.Equal(new[] { _scene.Organization.Id.ToString(), other.Id.ToString() }.Order(StringComparer.Ordinal), asked.Body["error"]!["errors"]!.AsArray().Select(field => (string)field!["message"]!).Order(StringComparer.Ordinal));
        Assert.Equal("viewer", (await _scene.LoginAsync(_owner.Email, organization: other.Id.ToString())).Text("data.role"));
        Assert.Equal("not_a_member", (await _scene.LoginAsync(_owner.Email, organization: PlatformOrganization.Id.ToString())).Code);
        // Each organization sees what he is in it, and nothing of the other.
        Assert.Equal("owner", (await _scene.SendAsync("GET", "/v1/members", token: _owner.Access)).Text("data.0.role"));
        Assert.Equal("viewer", (await _scene.SendAsync("GET", "/v1/members", token: joined.Text("data.accessToken"))).Text("data.0.role"));
    }

    [Fact]
    public async Task A_demotion_and_a_removal_hold_within_seconds()
    {
        var anna = await _scene.JoinAsync("anna@example.com", Role.Admin);
        Assert.Equal(201, (await InviteAsync(anna, "x@example.com", "viewer")).Status);
        Assert.Equal("viewer", (await _scene.SendAsync("PATCH", $"/v1/members/{anna.User}", new JsonObject { ["role"] = "viewer" }, _owner.Access)).Text("data.role"));
        _scene.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("forbidden", (await InviteAsync(anna, "y@example.com", "viewer")).Code);
        Assert.Equal("viewer", (await _scene.RefreshAsync(anna.Refresh)).Text("data.role"));

        Assert.Equal(200, (await _scene.SendAsync("DELETE", $"/v1/members/{anna.User}", token: _owner.Access)).Status);
        _scene.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Status);
        Assert.Equal("not_a_member", (await _scene.LoginAsync(anna.Email)).Code);
        Assert.Equal(404, (await _scene.SendAsync("DELETE", $"/v1/members/{anna.User}", token: _owner.Access)).Status);
        Assert.Contains("user.removed user", await _scene.AuditAsync());
    }

    [Fact]
    public async Task The_last_owner_stays_and_an_admin_does_not_touch_him()
    {
        var admin = await _scene.JoinAsync("admin@example.com", Role.Admin);
        Assert.Equal("role_above_own", (await _scene.SendAsync("DELETE", $"/v1/members/{_owner.User}", token: admin.Access)).Code);
        Assert.Equal("last_owner", (await _scene.SendAsync("DELETE", $"/v1/members/{_owner.User}", token: _owner.Access)).Code);
        Assert.Equal("last_owner", (await _scene.SendAsync("PATCH", $"/v1/members/{_owner.User}", new JsonObject { ["role"] = "admin" }, _owner.Access)).Code);
        Assert.Equal(200, (await _scene.SendAsync("PATCH", $"/v1/members/{admin.User}", new JsonObject { ["role"] = "owner" }, _owner.Access)).Status);
        Assert.Equal(200, (await _scene.SendAsync("DELETE", $"/v1/members/{_owner.User}", token: _owner.Access)).Status);
    }

    [Fact]
    public async Task A_developer_works_in_test_mode_only_and_the_mode_is_the_callers_word()
    {
        var developer = await _scene.JoinAsync("dev@example.com", Role.Developer);
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/members", token: developer.Access)).Status);
        Assert.Equal(403, (await _scene.SendAsync("GET", "/v1/members", null, developer.Access, ("Modupay-Mode", "live"))).Status);
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/me", null, developer.Access, ("Modupay-Mode", "live"))).Status);
        Assert.Equal("invalid_request", (await _scene.SendAsync("GET", "/v1/me", null, developer.Access, ("Modupay-Mode", "prod"))).Code);
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/members", null, _owner.Access, ("Modupay-Mode", "live"))).Status);
    }

    [Fact]
    public async Task A_member_is_confined_to_departments_that_exist_and_sees_members_no_more()
    {
        var anna = await _scene.JoinAsync("anna@example.com", Role.Viewer);
        var department = Id.New<DepartmentId>(_scene.Clock);
        await _scene.Fresh.AsSuperuserAsync($"insert into tenancy.departments (department_id, organization_id, name, code, created_at) values ('{department.Value}', '{_scene.Organization.Id.Value}', 'Cantine', 'C1', now())");
        Task<Answer> ConfineAsync(string id) => _scene.SendAsync("PATCH", $"/v1/members/{anna.User}", new JsonObject { ["departments"] = new JsonArray(id) }, _owner.Access);

        Assert.Equal("invalid_request", (await ConfineAsync(Id.New<DepartmentId>(_scene.Clock).ToString())).Code);
        Assert.Equal("invalid_request", (await ConfineAsync("dep_1")).Code);
        Assert.Equal(department.ToString(), (await ConfineAsync(department.ToString())).Text("data.departments.0"));
        _scene.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(403, (await _scene.SendAsync("GET", "/v1/members", token: anna.Access)).Status);
        Assert.Equal(department.ToString(), (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Text("data.memberships.0.departments.0"));
    }

    [Fact]
    public async Task Where_a_second_factor_is_required_whoever_has_none_may_only_enrol_one()
    {
        var anna = await _scene.JoinAsync("anna@example.com", Role.Viewer);
        await _scene.EnrolAsync(_owner);
        Assert.Equal("true", (await _scene.SendAsync("PUT", "/v1/security-settings", new JsonObject { ["totpRequired"] = true }, _owner.Access)).Text("data.totpRequired"));
        _scene.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(403, (await _scene.SendAsync("GET", "/v1/members", token: anna.Access)).Status);
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/members", token: _owner.Access)).Status);
        await _scene.EnrolAsync(anna);
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/members", token: anna.Access)).Status);
    }

    [Fact]
    public async Task The_first_owner_is_invited_by_whoever_made_the_organization_and_only_while_there_is_none()
    {
        var partner = await Organizations.CreateAsync(_scene.Database, "Partner", live: true, default, OrganizationKind.Partner);
        var made = await Organizations.CreateAsync(_scene.Database, "Made by a partner", live: true, default, partner: partner.Id);
        var test = await TestKeys.InsertAsync(_scene.Database, await _scene.Parts.Tenants.OfAsync(partner.Id, live: false, default), live: false, Roles.ForKeys);
        Task<Answer> FirstAsync(OrganizationId organization, string token) => _scene.SendAsync("POST", $"/v1/organizations/{organization}/first-owner", new JsonObject { ["email"] = "boss@example.com" }, token);

        Assert.Equal(404, (await FirstAsync(made.Id, _owner.Access)).Status);
        // An owner would be more than a key of the organization itself, and more than a key that reaches nothing live.
        Assert.Equal(404, (await FirstAsync(made.Id, made.Key.Secret)).Status);
        Assert.Equal(404, (await FirstAsync(partner.Id, partner.Key.Secret)).Status);
        Assert.Equal("forbidden", (await FirstAsync(made.Id, test)).Code);
        Assert.Equal((201, "owner"), ((await FirstAsync(made.Id, partner.Key.Secret)) is var first ? first.Status : 0, first.Text("data.role")));
        var boss = await AcceptAsync(PeopleScene.TokenIn(await _scene.LetterAsync()));
        Assert.Equal("invitation_state", (await FirstAsync(made.Id, partner.Key.Secret)).Code);
        Assert.Equal("owner", (await _scene.SendAsync("GET", "/v1/me", token: boss.Access)).Text("data.role"));
    }

    private Task<Answer> InviteAsync(Member by, string email, string role) => _scene.SendAsync("POST", "/v1/invitations", new JsonObject { ["email"] = email, ["role"] = role }, by.Access);

    private Task<Answer> LookUpAsync(string token) => _scene.SendAsync("POST", "/v1/invitations/look-up", new JsonObject { ["token"] = token });

    private async Task<Member> AcceptAsync(string token)
    {
        var accepted = await _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["name"] = "Somebody", ["password"] = PeopleScene.Password });
        Assert.True(accepted.Status == 201, accepted.Body.ToJsonString());
        return new("", accepted.Text("data.user"), accepted.Text("data.accessToken"), accepted.Text("data.refreshToken"));
    }

    public async Task DisposeAsync() => await _scene.DisposeAsync();
}
