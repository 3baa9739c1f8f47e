using System.Text.Json.Nodes;
using Modupay.People;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.People;

/// <summary>Somebody who logs in asks to be forgotten, and an operator does it.</summary>
public sealed class PersonErasureTests : IAsyncLifetime
{
    private const string Name = "Anna Beispiel", Email = "anna@example.com";

    private PeopleScene _scene = null!;
    private Member _operator = null!;
    private Member _owner = null!;

    public async Task InitializeAsync()
    {
        _scene = await PeopleScene.StartAsync();
        _operator = await _scene.JoinAsync("operator@example.com", Role.Operator, PlatformOrganization.Id);
        _owner = await _scene.JoinAsync("owner@example.com");
    }

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task Nothing_of_an_erased_person_can_be_read_and_every_log_stays_intact()
    {
        var anna = await _scene.JoinAsync(Email, Role.Viewer, name: Name);
        await _scene.EnrolAsync(anna);
        await _scene.SendAsync("POST", "/v1/auth/password-reset", new JsonObject { ["email"] = Email });
        var reset = PeopleScene.TokenIn(await _scene.LetterAsync());
        Assert.Equal(401, (await _scene.LoginAsync(Email, "not her password")).Status);
        // A key that a process remembers opens nothing after the process that erased her forgot it.
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Status);

        var erased = await EraseAsync(new() { ["email"] = Email.ToUpperInvariant() });
        Assert.Equal((200, anna.User), (erased.Status, erased.Text("data.id")));
        _scene.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Status);
        Assert.Equal("refresh_token_invalid", (await _scene.RefreshAsync(anna.Refresh)).Code);
        Assert.Equal("link_invalid", (await _scene.SendAsync("POST", "/v1/auth/password-reset/confirm", new JsonObject { ["token"] = reset, ["password"] = "quiet lantern pavement" })).Code);
        Assert.Equal("invalid_credentials", (await _scene.LoginAsync(Email)).Code);

        // Whoever has the whole database and every key of it, and even a process that read her a moment ago.
        var user = (await _scene.Database.ListAsync(PlatformTenant.Id, UserSql.Find, [new[] { UserOf(anna).Value }], User.Read, default))[0];
        foreach (var read in new Func<Task<string>>[] { async () => (await _scene.Parts.Users.OpenEmailAsync(user.EmailSealed, default)).Text, () => _scene.Parts.Users.OpenNameAsync(user.NameSealed, default) })
            await Assert.ThrowsAsync<ErasedException>(read);
        Assert.Equal(("", null, null), (user.PasswordHash, user.TotpSealed, user.TotpPendingSealed));
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>("select count(*) from people.recovery_codes"));
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>($"select count(*) from people.sessions where user_id = '{UserOf(anna).Value}' and (ended_at is null or address_sealed is not null or client is not null)"));
        var hash = Convert.ToHexString(await _scene.Parts.Users.HashOfAsync(EmailAddress.Parse(Email).Value, default));
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>($"select (select count(*) from people.users where email_hash = '\\x{hash}') + (select count(*) from people.invitations where email_hash = '\\x{hash}')"));

        // Who reads the lists of the organization meets a gap and no failure.
        Assert.Equal(1, (await _scene.SendAsync("GET", "/v1/members", token: _owner.Access)).Count);
        Assert.Contains("erased", (await _scene.SendAsync("GET", "/v1/invitations", token: _owner.Access)).Body["data"]!.AsArray().Select(item => (string)item!["email"]!));
        Assert.Equal(["data_subject.erased operator", "user.removed operator"], (await _scene.AuditAsync()).Where(line => line.EndsWith("operator", StringComparison.Ordinal) && !line.StartsWith("login", StringComparison.Ordinal) && !line.StartsWith("user.joined", StringComparison.Ordinal)));
        foreach (var tenant in new[] { PlatformTenant.Id, await _scene.Parts.Tenants.LiveAsync(_scene.Organization.Id, default) }) Assert.True(await _scene.AuditIntactAsync(tenant));

        // She is known by her id only, and twice is once.
        Assert.Equal(erased.Body["data"]!.ToJsonString(), (await EraseAsync(new() { ["id"] = anna.User })).Body["data"]!.ToJsonString());
        Assert.Equal(404, (await EraseAsync(new() { ["email"] = Email })).Status);
    }

    [Fact]
    public async Task Somebody_who_was_erased_may_come_back_as_somebody_new()
    {
        var anna = await _scene.JoinAsync(Email, Role.Viewer, name: Name);
        Assert.Equal(200, (await EraseAsync(new() { ["id"] = anna.User })).Status);
        var again = await _scene.JoinAsync(Email, Role.Viewer, name: Name);
        Assert.NotEqual(anna.User, again.User);
        Assert.Equal(Name, (await _scene.SendAsync("GET", "/v1/me", token: again.Access)).Text("data.name"));
    }

    [Fact]
    public async Task The_last_owner_of_an_organization_is_not_erased_and_stays_what_he_was_everywhere()
    {
        var other = await Organizations.CreateAsync(_scene.Database, "Autre commune", live: false, default);
        await JoinKnownAsync(_owner, other.Id, Role.Viewer);
        var refused = await EraseAsync(new() { ["id"] = _owner.User });
        Assert.Equal((409, "last_owner"), (refused.Status, refused.Code));
        Assert.Contains(_scene.Organization.Id.ToString(), refused.Body.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(2, (await _scene.SendAsync("GET", "/v1/me", token: _owner.Access)).Body["data"]!["memberships"]!.AsArray().Count);

        await _scene.JoinAsync("second@example.com");
        Assert.Equal(200, (await EraseAsync(new() { ["id"] = _owner.User })).Status);
        Assert.Equal(2, (await _scene.AuditAsync()).Count(line => line == "user.removed operator"));
        Assert.Equal(409, (await EraseAsync(new() { ["id"] = _operator.User })).Status);
    }

    [Fact]
    public async Task An_invitation_that_was_open_when_its_reader_was_erased_opens_nothing()
    {
        var anna = await _scene.JoinAsync(Email, Role.Viewer);
        var other = await Organizations.CreateAsync(_scene.Database, "Autre commune", live: false, default);
        var token = await _scene.InviteAsync(Email, Role.Owner, other.Id);
        Assert.Equal(200, (await EraseAsync(new() { ["id"] = anna.User })).Status);
        Assert.Equal("link_invalid", (await _scene.SendAsync("POST", "/v1/invitations/look-up", new JsonObject { ["token"] = token })).Code);
        Assert.Equal("link_invalid", (await _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["name"] = Name, ["password"] = PeopleScene.Password })).Code);
    }

    [Fact]
    public async Task Of_an_erasure_and_an_acceptance_at_once_the_person_is_erased_or_still_a_member_and_never_both()
    {
        for (var round = 0; round < 6; round++)
        {
            var email = $"anna{round}@example.com";
            var anna = await _scene.JoinAsync(email, Role.Viewer);
            var other = await Organizations.CreateAsync(_scene.Database, "Autre commune", live: false, default);
            var token = await _scene.InviteAsync(email, Role.Viewer, other.Id);
            var (accepted, erased) = (_scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["password"] = PeopleScene.Password }), EraseAsync(new() { ["id"] = anna.User }));
            Assert.True((await accepted).Status < 500 && (await erased).Status is 200 or 409, $"{(await accepted).Body} {(await erased).Body}");
            Assert.Equal(200, (await EraseAsync(new() { ["id"] = anna.User })).Status);
            Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>($"select count(*) from people.memberships where user_id = '{UserOf(anna).Value}'"));
        }
    }

    [Fact]
    public async Task Nobody_but_an_operator_erases_people()
    {
        var anna = await _scene.JoinAsync(Email, Role.Viewer);
        var viewer = await _scene.JoinAsync("watcher@example.com", Role.OperatorViewer, PlatformOrganization.Id);
        foreach (var token in new[] { _owner.Access, viewer.Access, anna.Access, _scene.Organization.Key.Secret })
            Assert.Equal(403, (await _scene.SendAsync("POST", "/v1/people/erase", new JsonObject { ["id"] = anna.User }, token)).Status);
        foreach (var bad in new[] { "{}", """{"id":"usr_1"}""", """{"email":"anna"}""", """{"id":"usr_00000000000000000000000000","email":"a@example.com"}""" })
            Assert.InRange((await _scene.SendAsync("POST", "/v1/people/erase", bad, _operator.Access)).Status, 400, 422);
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Status);
    }

    private Task<Answer> EraseAsync(JsonObject body) => _scene.SendAsync("POST", "/v1/people/erase", body, _operator.Access);

    private async Task JoinKnownAsync(Member member, OrganizationId organization, Role role)
    {
        var token = await _scene.InviteAsync(member.Email, role, organization);
        Assert.Equal(201, (await _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["password"] = PeopleScene.Password })).Status);
    }

    private static UserId UserOf(Member member) => Id.TryParse<UserId>(member.User, out var id) ? id : throw new InvalidOperationException(member.User);
}
