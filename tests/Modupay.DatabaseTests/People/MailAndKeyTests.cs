using System.Text.Json.Nodes;
using Modupay.Notifications.Mail;
using Modupay.People;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.People;

/// <summary>Letters are delivered once each, and signing keys follow one another without a token falling between them.</summary>
public sealed class MailAndKeyTests : IAsyncLifetime
{
    private PeopleScene _scene = null!;

    public async Task InitializeAsync() => _scene = await PeopleScene.StartAsync();

    [Fact]
    public async Task A_letter_is_sent_once_however_often_its_message_comes_and_forgotten_then()
    {
        var draft = await _scene.Parts.Invitations.DraftAsync(_scene.Organization.Id, EmailAddress.Parse("anna@example.com").Value, Role.Owner, default);
        await _scene.Database.TransactAsync<bool>(draft.Letter.Tenant, async unit =>
        {
            await draft.Letter.PostAsync(unit, default);
            return true;
        }, default);
        var messages = _scene.TakeMails();
        Assert.DoesNotContain("anna@", Assert.Single(messages).Body, StringComparison.Ordinal);

        Assert.Empty(await _scene.DeliverAsync([.. messages, .. messages]));
        Assert.Empty(await _scene.DeliverAsync(messages));
        Assert.Single(_scene.Mailbox.Kept);
        Assert.Equal("invitation local-000001 forgotten", Assert.Single(await _scene.Fresh.LinesAsync("select kind || ' ' || provider_id || case when content_sealed is null then ' forgotten' else '' end from notify.mails")));
    }

    [Fact]
    public async Task A_letter_that_the_mail_service_refuses_comes_back_and_holds_up_no_other()
    {
        async Task PostAsync(string to)
        {
            var letter = await new Mails(_scene.Cipher).SealAsync(_scene.Organization.Tenant, new("test", to, "Subject", "Text", "<p>Text</p>"), default);
            await _scene.Database.TransactAsync<bool>(letter.Tenant, async unit =>
            {
                await letter.PostAsync(unit, default);
                return true;
            }, default);
        }
        await PostAsync("not an address");
        await PostAsync("anna@example.com");
        var messages = _scene.TakeMails();
        Assert.Equal([messages[0].Id.ToString()], await _scene.DeliverAsync(messages));
        Assert.Equal(["anna@example.com"], _scene.Mailbox.Kept.Select(mail => mail.To));
    }

    [Fact]
    public async Task The_next_key_signs_after_its_time_and_tokens_of_the_one_before_live_on()
    {
        var anna = await _scene.JoinAsync("anna@example.com");
        var published = await KeysAsync();
        Assert.Equal(2, published.Count);
        Assert.Equal(published[0], KidOf(anna.Access));

        await PeopleUpkeep.RunAsync(_scene.Database, _scene.Parts.Keys, default);
        Assert.Equal(published[0], KidOf((await _scene.LoginAsync(anna.Email)).Text("data.accessToken")));

        _scene.Clock.Advance(SigningKeyState.Signs);
        var before = await _scene.LoginAsync(anna.Email);
        // Another process rolls; this one learns of it within a minute, and trusts both meanwhile.
        await PeopleUpkeep.RunAsync(_scene.Database, _scene.NewParts().Keys, default);
        await PeopleUpkeep.RunAsync(_scene.Database, _scene.NewParts().Keys, default);
        _scene.Clock.Advance(TimeSpan.FromMinutes(1));
        var after = await _scene.LoginAsync(anna.Email);
        Assert.Equal((published[0], published[1]), (KidOf(before.Text("data.accessToken")), KidOf(after.Text("data.accessToken"))));
        foreach (var login in new[] { before, after }) Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/me", token: login.Text("data.accessToken"))).Status);
        Assert.Equal(2, (await KeysAsync()).Count);

        _scene.Clock.Advance(SigningKeyState.Retires);
        Assert.Equal([published[1]], await KeysAsync());
        Assert.Equal(2, (await _scene.Fresh.LinesAsync("select action from audit.entries where action = 'signing_key.rolled'")).Count);
    }

    [Fact]
    public async Task A_key_that_is_feared_lost_is_trusted_by_nobody_within_a_minute_and_sessions_go_on()
    {
        var anna = await _scene.JoinAsync("anna@example.com");
        var published = await KeysAsync();
        Assert.NotNull(await _scene.NewParts().Keys.ReplaceAsync(Actor.OfSystem("test"), default));
        _scene.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: anna.Access)).Status);
        Assert.Equal([published[1]], await KeysAsync());
        var refreshed = (await _scene.RefreshAsync(anna.Refresh)).Text("data.accessToken");
        Assert.Equal(published[1], KidOf(refreshed));
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/me", token: refreshed)).Status);

        // There is no third key to go to, and the second goes on.
        Assert.Null(await _scene.NewParts().Keys.ReplaceAsync(Actor.OfSystem("test"), default));
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/me", token: refreshed)).Status);
        Assert.Equal(["tokens-1 to tokens-2, trusted for 00:00:00"],
            await _scene.Fresh.LinesAsync("select changes -> 'key' ->> 'before' || ' to ' || (changes -> 'key' ->> 'after') || ', trusted for ' || (changes -> 'trustedFor' ->> 'after') from audit.entries where action = 'signing_key.rolled' and changes -> 'key' ->> 'before' is not null"));
    }

    [Fact]
    public async Task A_key_that_only_a_table_knows_replaces_none()
    {
        var anna = await _scene.JoinAsync("anna@example.com");
        Assert.NotNull(await _scene.Parts.Keys.ReplaceAsync(Actor.OfSystem("test"), default));
        var token = (await _scene.RefreshAsync(anna.Refresh)).Text("data.accessToken");
        await _scene.Fresh.AsSuperuserAsync("insert into people.signing_keys (kid, tenant_id, name, published_at) select 'third', tenant_id, 'tokens-3', published_at from people.signing_keys limit 1");
        Assert.Null(await _scene.Parts.Keys.ReplaceAsync(Actor.OfSystem("test"), default));
        Assert.Equal(200, (await _scene.SendAsync("GET", "/v1/me", token: token)).Status);
    }

    [Fact]
    public async Task A_row_in_the_table_makes_no_key_trusted()
    {
        var anna = await _scene.JoinAsync("anna@example.com");
        using var forged = System.Security.Cryptography.RSA.Create(2048);
        var kid = Jwk.Of(forged.ExportParameters(false)).Kid;
        await _scene.Fresh.AsSuperuserAsync($"insert into people.signing_keys (kid, tenant_id, name, published_at) values ('{kid}', '{PlatformTenant.Id.Value}', 'tokens-9', now())");
        _scene.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.True(Id.TryParse<UserId>(anna.User, out var user));
        var session = new SessionId(await _scene.Fresh.ScalarAsync<Guid>("select session_id from people.sessions"));
        var input = _scene.Parts.Tokens.New(user, session, _scene.Organization.Id, "owner", ["pwd"]).SigningInput(kid, "https://pay.example.com");
        var token = AccessToken.Join(input, forged.SignData(System.Text.Encoding.ASCII.GetBytes(input), System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1));
        Assert.Equal(401, (await _scene.SendAsync("GET", "/v1/me", token: token)).Status);
        Assert.Equal(2, (await KeysAsync()).Count);
    }

    private async Task<List<string>> KeysAsync()
    {
        return [.. (await _scene.SendAsync("GET", "/.well-known/jwks.json")).Body["keys"]!.AsArray().Select(key => (string)key!["kid"]!)];
    }

    private static string KidOf(string token) => TokenReader.KeyIdOf(token).Value;

    public async Task DisposeAsync() => await _scene.DisposeAsync();
}
