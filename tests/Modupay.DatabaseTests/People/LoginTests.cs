using System.Text.Json.Nodes;
using Modupay.People;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.People;

/// <summary>Coming in, staying in and leaving, over HTTP.</summary>
public sealed class LoginTests : IAsyncLifetime
{
    private const string Anna = "anna@example.com";
    private PeopleScene _scene = null!;

    public async Task InitializeAsync() => _scene = await PeopleScene.StartAsync();

    [Fact]
    public async Task An_invited_person_chooses_a_password_and_is_logged_in()
    {
        var token = await _scene.InviteAsync(Anna, Role.Admin);
        var shown = await _scene.SendAsync("POST", "/v1/invitations/look-up", new JsonObject { ["token"] = token });
        Assert.Equal(("Commune de Test", Anna, "admin", "false"), (shown.Text("data.organization"), shown.Text("data.email"), shown.Text("data.role"), shown.Text("data.knownAccount")));

        var weak = await _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["name"] = "Anna", ["password"] = "short" });
        Assert.Equal("invalid_request", weak.Code);
        var nameless = await _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["password"] = PeopleScene.Password });
        Assert.Equal("name", nameless.Text("error.errors.0.field"));

        var accepted = await _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["name"] = "Anna", ["password"] = PeopleScene.Password });
        Assert.Equal((201, "Bearer", "3600", "admin"), (accepted.Status, accepted.Text("data.tokenType"), accepted.Text("data.expiresIn"), accepted.Text("data.role")));
        var me = await _scene.SendAsync("GET", "/v1/me", token: accepted.Text("data.accessToken"));
        Assert.Equal((Anna, "Anna", "admin", "false", "False"), (me.Text("data.email"), me.Text("data.name"), me.Text("data.role"), me.Text("data.totpEnabled"), me.Body["data"]!["live"]!.GetValue<bool>().ToString()));

        Assert.Equal("link_invalid", (await _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["name"] = "Eve", ["password"] = PeopleScene.Password })).Code);
        Assert.Equal(["login.succeeded user", "user.invited system", "user.joined user"], await _scene.AuditAsync());
    }

    [Fact]
    public async Task Nothing_of_a_person_can_be_read_in_a_table()
    {
        var anna = await _scene.JoinAsync(Anna, name: "Annabelle Beispiel");
        await _scene.EnrolAsync(anna);
        var dump = string.Join('\n', await _scene.Fresh.LinesAsync("""
            select row_to_json(t)::text from people.users t union all select row_to_json(t)::text from people.sessions t union all select row_to_json(t)::text from people.invitations t
            union all select row_to_json(t)::text from people.refresh_tokens t union all select row_to_json(t)::text from notify.mails t union all select row_to_json(t)::text from platform.outbox t
            union all select row_to_json(t)::text from audit.entries t union all select row_to_json(t)::text from people.recovery_codes t union all select row_to_json(t)::text from platform.idempotency_keys t
            """));
        Assert.Contains("AQAAAAI", dump, StringComparison.Ordinal); // The password's hash is there, so the dump is the real one.
        foreach (var secret in new[] { Anna, "Annabelle", PeopleScene.Password, anna.Refresh, anna.Access.Split('.')[2] }) Assert.DoesNotContain(secret, dump, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_unknown_address_and_a_wrong_password_are_answered_alike_and_locked_alike()
    {
        await _scene.JoinAsync(Anna);
        foreach (var email in new[] { Anna, "nobody@example.com" })
        {
            for (var i = 0; i < 6; i++) Assert.Equal((401, "invalid_credentials"), Pair(await _scene.LoginAsync(email, "wrong password here")));
            var locked = await _scene.LoginAsync(email, "wrong password here");
            Assert.Equal((429, "too_many_attempts"), Pair(locked));
            // The right password is not even looked at.
            var right = await _scene.LoginAsync(email);
            Assert.Equal(("15", locked.Code, locked.RetryAfter), (locked.RetryAfter, right.Code, right.RetryAfter));
        }
        _scene.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(200, (await _scene.LoginAsync(Anna)).Status);
        // Success forgets the account's failures.
        for (var i = 0; i < 5; i++) Assert.Equal(401, (await _scene.LoginAsync(Anna, "wrong password here")).Status);
        Assert.Equal(200, (await _scene.LoginAsync(Anna)).Status);
        var audit = await _scene.AuditAsync();
        Assert.Equal((15, 2), (audit.Count(line => line == "login.failed user"), audit.Count(line => line == "login.locked user")));
    }

    [Fact]
    public async Task A_second_factor_is_asked_for_works_once_and_can_be_replaced_by_a_recovery_code()
    {
        var anna = await _scene.JoinAsync(Anna);
        var (seed, codes) = await _scene.EnrolAsync(anna);
        Assert.Equal("totp_required", (await _scene.LoginAsync(Anna)).Code);
        Assert.Equal("invalid_credentials", (await _scene.LoginAsync(Anna, totp: _scene.CodeOf(seed))).Code); // The code that enrolled it is spent.

        _scene.Clock.Advance(TimeSpan.FromSeconds(30));
        var code = _scene.CodeOf(seed);
        Assert.Equal("invalid_credentials", (await _scene.LoginAsync(Anna, "wrong password here", code)).Code);
        var login = await _scene.LoginAsync(Anna, totp: code);
        Assert.Equal((200, "pwd otp mfa"), (login.Status, string.Join(' ', login.Body["data"]!["methods"]!.AsArray())));
        Assert.Equal("invalid_credentials", (await _scene.LoginAsync(Anna, totp: code)).Code);

        Assert.Equal(200, (await _scene.LoginAsync(Anna, recoveryCode: codes[3].ToLowerInvariant())).Status);
        Assert.Equal("invalid_credentials", (await _scene.LoginAsync(Anna, recoveryCode: codes[3])).Code);
        Assert.Equal("9", (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Text("data.recoveryCodesLeft"));

        _scene.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("totp_required", (await _scene.SendAsync("POST", "/v1/me/totp/disable", new JsonObject { ["password"] = PeopleScene.Password }, anna.Access)).Code);
        Assert.Equal(200, (await _scene.SendAsync("POST", "/v1/me/totp/disable", new JsonObject { ["password"] = PeopleScene.Password, ["totp"] = _scene.CodeOf(seed) }, anna.Access)).Status);
        Assert.Equal("Your second factor was switched off", (await _scene.LetterAsync()).Subject);
        Assert.Equal(200, (await _scene.LoginAsync(Anna)).Status);
    }

    [Fact]
    public async Task A_refresh_token_works_once_and_its_second_use_ends_the_session()
    {
        var anna = await _scene.JoinAsync(Anna);
        var second = await _scene.RefreshAsync(anna.Refresh);
        Assert.Equal((200, anna.User), (second.Status, second.Text("data.user")));
        _scene.Clock.Advance(TimeSpan.FromSeconds(5));

        // The answer was lost: the same token earns another successor, and the lost one is spent.
        var repeated = await _scene.RefreshAsync(anna.Refresh);
        Assert.Equal(200, repeated.Status);
        _scene.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/me", token: repeated.Text("data.accessToken"))).Status);
        Assert.Equal((401, "refresh_token_invalid"), Pair(await _scene.RefreshAsync(anna.Refresh)));

        Assert.Equal("refresh_token_invalid", (await _scene.RefreshAsync(repeated.Text("data.refreshToken"))).Code);
        _scene.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: repeated.Text("data.accessToken"))).Status);
        Assert.Single(await _scene.AuditAsync(), line => line.StartsWith("token.reuse_detected", StringComparison.Ordinal));
        Assert.Equal("refresh_token_invalid", (await _scene.RefreshAsync("mp_refresh_" + new string('A', 43))).Code);
    }

    [Fact]
    public async Task Leaving_everywhere_ends_every_session_and_every_access_token()
    {
        var anna = await _scene.JoinAsync(Anna);
        var other = await _scene.LoginAsync(Anna);
        var bert = await _scene.JoinAsync("bert@example.com", Role.Viewer);
        Assert.Equal(2, (await _scene.SendAsync("GET", "/v1/me/sessions", token: anna.Access)).Count);

        Assert.Equal(200, (await _scene.SendAsync("POST", "/v1/auth/logout-everywhere", "{}", anna.Access)).Status);
        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Status); // At once where it was asked for,
        _scene.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: other.Text("data.accessToken"))).Status); // and within seconds everywhere.
        Assert.Equal("refresh_token_invalid", (await _scene.RefreshAsync(other.Text("data.refreshToken"))).Code);
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/me", token: bert.Access)).Status);
    }

    [Fact]
    public async Task A_session_is_ended_by_its_owner_only()
    {
        var anna = await _scene.JoinAsync(Anna);
        var bert = await _scene.JoinAsync("bert@example.com", Role.Viewer);
        var sessions = await _scene.SendAsync("GET", "/v1/me/sessions", token: anna.Access);
        Assert.Equal(("127.0.0.1", "true"), (sessions.Text("data.0.address"), sessions.Text("data.0.current")));
        Assert.Equal(404, (await _scene.SendAsync("DELETE", "/v1/me/sessions/" + sessions.Text("data.0.id"), token: bert.Access)).Status);
        Assert.Equal(200, (await _scene.SendAsync("DELETE", "/v1/me/sessions/" + sessions.Text("data.0.id"), token: anna.Access)).Status);
        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Status);
        Assert.Equal(200, (await _scene.SendAsync("POST", "/v1/auth/logout", "{}", bert.Access)).Status);
        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: bert.Access)).Status);
    }

    [Fact]
    public async Task A_forgotten_password_is_set_anew_by_a_letter_and_every_session_ends()
    {
        var anna = await _scene.JoinAsync(Anna);
        for (var i = 0; i < 6; i++) await _scene.LoginAsync(Anna, "wrong password here");
        var nobody = await _scene.SendAsync("POST", "/v1/auth/password-reset", new JsonObject { ["email"] = "nobody@example.com" });
        var asked = await _scene.SendAsync("POST", "/v1/auth/password-reset", new JsonObject { ["email"] = "Anna@Example.com" });
        Assert.Equal((202, 202, nobody.Body["data"]!.ToJsonString()), (nobody.Status, asked.Status, asked.Body["data"]!.ToJsonString()));
        var letters = _scene.Mailbox.Kept.Count;
        var token = PeopleScene.TokenIn(await _scene.LetterAsync());
        Assert.Equal(letters + 1, _scene.Mailbox.Kept.Count); // The letter to nobody went nowhere.

        const string fresh = "quiet lantern pavement";
        Assert.Equal("invalid_request", (await ConfirmAsync(token, "short")).Code);
        Assert.Equal(200, (await ConfirmAsync(token, fresh)).Status);
        Assert.Equal("link_invalid", (await ConfirmAsync(token, fresh)).Code);
        Assert.Equal(401, (await _scene.LoginAsync(Anna)).Status);
        Assert.Equal(200, (await _scene.LoginAsync(Anna, fresh)).Status); // The lock went with the old password.
        _scene.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Status);
        Assert.Equal("refresh_token_invalid", (await _scene.RefreshAsync(anna.Refresh)).Code);
        Assert.Equal("Your password was changed", (await _scene.LetterAsync()).Subject);
    }

    [Fact]
    public async Task A_link_to_a_new_password_lives_half_an_hour_and_a_mailbox_gets_three_in_a_row()
    {
        await _scene.JoinAsync(Anna);
        for (var i = 0; i < 4; i++) Assert.Equal(202, (await _scene.SendAsync("POST", "/v1/auth/password-reset", new JsonObject { ["email"] = Anna })).Status);
        Assert.Equal("too_many_attempts", (await _scene.SendAsync("POST", "/v1/auth/password-reset", new JsonObject { ["email"] = Anna })).Code);
        var token = PeopleScene.TokenIn(await _scene.LetterAsync());
        _scene.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal("link_invalid", (await ConfirmAsync(token, "quiet lantern pavement")).Code);
    }

    [Fact]
    public async Task Changing_the_password_ends_the_other_sessions_and_asks_for_the_old_one()
    {
        var anna = await _scene.JoinAsync(Anna);
        var other = await _scene.LoginAsync(Anna);
        Task<Answer> ChangeAsync(string current) => _scene.SendAsync("POST", "/v1/auth/password", new JsonObject { ["currentPassword"] = current, ["newPassword"] = "quiet lantern pavement" }, anna.Access);
        Assert.Equal("invalid_credentials", (await ChangeAsync("wrong password here")).Code);
        Assert.Equal(200, (await ChangeAsync(PeopleScene.Password)).Status);
        _scene.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Status);
        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: other.Text("data.accessToken"))).Status);
    }

    [Fact]
    public async Task A_hash_of_an_older_cost_is_replaced_at_the_next_login()
    {
        var anna = await _scene.JoinAsync(Anna);
        const string hash = "select password_hash from people.users";
        var before = await _scene.Fresh.ScalarAsync<string>(hash);
        var costly = _scene.NewParts(iterations: 2000);
        Assert.Null((await costly.Logins.LoginAsync(EmailAddress.Parse(anna.Email).Value, new(PeopleScene.Password, null, null), null, new(new(null, "r"), null), default)).Problem);
        var after = await _scene.Fresh.ScalarAsync<string>(hash);
        Assert.NotEqual(before, after);
        Assert.Equal(PasswordCheck.Right, new Passwords(2000).Verify(after, PeopleScene.Password));
    }

    private Task<Answer> ConfirmAsync(string token, string password) => _scene.SendAsync("POST", "/v1/auth/password-reset/confirm", new JsonObject { ["token"] = token, ["password"] = password });

    private static (int, string?) Pair(Answer answer) => (answer.Status, answer.Code);

    public async Task DisposeAsync() => await _scene.DisposeAsync();
}
