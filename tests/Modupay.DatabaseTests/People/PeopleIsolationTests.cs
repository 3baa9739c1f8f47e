using Modupay.People;
using Modupay.Tenancy;
using Npgsql;

namespace Modupay.DatabaseTests.People;

/// <summary>What the application's role sees in SQL, whatever a statement asks for.</summary>
public sealed class PeopleIsolationTests : IAsyncLifetime
{
    private static readonly string[] OfPlatform = ["users", "recovery_codes", "sessions", "refresh_tokens", "password_resets", "lock_outs", "signing_keys"];
    private static readonly string[] OfOrganization = ["memberships", "invitations", "security_settings"];

    private PeopleScene _scene = null!;
    private OrganizationWithKey _other = null!;
    private Member _anna = null!, _bert = null!;

    public async Task InitializeAsync()
    {
        _scene = await PeopleScene.StartAsync();
        _other = await Organizations.CreateAsync(_scene.Database, "Other", live: false, default);
        _anna = await _scene.JoinAsync("anna@example.com");
        _bert = await _scene.JoinAsync("bert@example.com", organization: _other.Id);
        await _scene.EnrolAsync(_anna);
        await _scene.SendAsync("POST", "/v1/auth/password-reset", new System.Text.Json.Nodes.JsonObject { ["email"] = "anna@example.com" });
        foreach (var member in new[] { _anna, _bert }) await _scene.SendAsync("PUT", "/v1/security-settings", new System.Text.Json.Nodes.JsonObject { ["totpRequired"] = false }, member.Access);
        foreach (var table in OfPlatform.Concat(OfOrganization)) Assert.True(await _scene.Fresh.ScalarAsync<long>($"select count(*) from people.{table}") > 0, table);
    }

    [Fact]
    public async Task An_organizations_session_sees_no_identity_at_all()
    {
        foreach (var table in OfPlatform) Assert.Equal(0, await CountAsync(_scene.Organization.Tenant, table));
        foreach (var table in OfPlatform) Assert.True(await CountAsync(PlatformTenant.Id, table) > 0, table);
    }

    [Fact]
    public async Task An_organizations_session_sees_its_own_members_and_invitations_in_both_modes()
    {
        var live = await _scene.Parts.Tenants.LiveAsync(_scene.Organization.Id, default);
        foreach (var table in OfOrganization)
            foreach (var tenant in new[] { _scene.Organization.Tenant, live })
                Assert.Equal([_scene.Organization.Id.Value], await _scene.Database.ListAsync(tenant, $"select distinct organization_id from people.{table}", [], row => row.GetGuid(0), default));
        Assert.Equal(0, await CountAsync(default, "memberships"));
    }

    [Fact]
    public async Task A_person_reads_his_own_memberships_and_sessions_and_nobody_elses()
    {
        Assert.True(Id.TryParse<UserId>(_anna.User, out var anna));
        foreach (var table in new[] { "memberships", "sessions" })
            Assert.Equal([anna.Value], await _scene.Database.ListByAsync(LookUp.User, anna.Value.ToString(), $"select distinct user_id from people.{table}", [], row => row.GetGuid(0), default));
        foreach (var table in OfPlatform.Except(["sessions"]))
            Assert.Equal([0L], await _scene.Database.ListByAsync(LookUp.User, anna.Value.ToString(), $"select count(*) from people.{table}", [], row => row.GetInt64(0), default));
    }

    [Fact]
    public async Task Naming_a_person_lets_nobody_change_him()
    {
        Assert.True(Id.TryParse<UserId>(_anna.User, out var anna));
        foreach (var statement in new[] { "update people.memberships set role = 'owner'", "delete from people.memberships", "update people.sessions set ended_at = null, ended_reason = null" })
        {
            await _scene.Database.ListByAsync(LookUp.User, anna.Value.ToString(), statement + " returning 1", [], row => row.GetInt32(0), default);
            Assert.Empty(await _scene.Database.ListByAsync(LookUp.User, anna.Value.ToString(), statement + " returning 1", [], row => row.GetInt32(0), default));
        }
    }

    [Fact]
    public async Task A_membership_or_an_invitation_of_another_organization_cannot_be_written()
    {
        Assert.True(Id.TryParse<UserId>(_anna.User, out var anna));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => _scene.Database.ExecuteAsync(_scene.Organization.Tenant, MembershipSql.Insert,
            [_other.Id.Value, anna.Value, "owner", Array.Empty<Guid>(), _scene.Clock.GetUtcNow()], default));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        Assert.Equal(0, await _scene.Database.ExecuteAsync(_scene.Organization.Tenant, $"update people.invitations set revoked_at = now() where organization_id = '{_other.Id.Value}' and accepted_at is null", [], default));
    }

    [Fact]
    public async Task An_invitation_is_seen_by_its_token_only()
    {
        var token = OpaqueToken.Parse(OpaqueToken.Invitation, await _scene.InviteAsync("carl@example.com", organization: _other.Id))!;
        async Task<int> SeenAsync(byte[] hash) => (await _scene.Database.ListByAsync(LookUp.Invitation, Convert.ToHexStringLower(hash), "select invitation_id from people.invitations", [], row => row.GetGuid(0), default)).Count;
        Assert.Equal((1, 0), (await SeenAsync(token.Hash), await SeenAsync(new byte[32])));
    }

    private async Task<long> CountAsync(TenantId tenant, string table) => (await _scene.Database.ListAsync(tenant, $"select count(*) from people.{table}", [], row => row.GetInt64(0), default))[0];

    public async Task DisposeAsync() => await _scene.DisposeAsync();
}
