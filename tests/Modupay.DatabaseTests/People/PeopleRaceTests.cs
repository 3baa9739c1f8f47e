using System.Text.Json.Nodes;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.People;

/// <summary>What happens when two do at once what one may do once.</summary>
public sealed class PeopleRaceTests : IAsyncLifetime
{
    private PeopleScene _scene = null!;

    public async Task InitializeAsync() => _scene = await PeopleScene.StartAsync();

    [Fact]
    public async Task Of_many_refreshes_with_one_token_the_last_successor_alone_works()
    {
        var anna = await _scene.JoinAsync("anna@example.com");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _scene.RefreshAsync(anna.Refresh)));
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(8, answers.Select(answer => answer.Text("data.refreshToken")).Distinct(StringComparer.Ordinal).Count());

        var current = await _scene.Fresh.ScalarAsync<byte[]>("select current_hash from people.sessions");
        var works = Assert.Single(answers.Select(answer => answer.Text("data.refreshToken")), token => Modupay.People.OpaqueToken.Parse("mp_refresh_", token)!.Hash.SequenceEqual(current));
        Assert.Equal(200, (await _scene.RefreshAsync(works)).Status);
        // One of the others was taken by somebody: the family ends.
        Assert.Equal("refresh_token_invalid", (await _scene.RefreshAsync(answers.Select(answer => answer.Text("data.refreshToken")).First(token => token != works))).Code);
        Assert.Equal("reuse", await _scene.Fresh.ScalarAsync<string>("select ended_reason from people.sessions"));
    }

    [Fact]
    public async Task Of_many_acceptances_of_one_invitation_one_succeeds()
    {
        var token = await _scene.InviteAsync("anna@example.com");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["name"] = $"Anna {i}", ["password"] = $"{PeopleScene.Password} {i}" })));
        Assert.Single(answers, answer => answer.Status == 201);
        Assert.All(answers.Where(answer => answer.Status != 201), answer => Assert.Contains(answer.Code, new[] { "link_invalid", "invalid_credentials", "too_many_attempts" }));
        Assert.Equal((1, 1, 1), (await CountAsync("users"), await CountAsync("memberships"), await CountAsync("sessions")));
    }

    [Fact]
    public async Task Two_owners_who_leave_at_once_do_not_both_leave()
    {
        for (var round = 0; round < 5; round++)
        {
            var organization = await Organizations.CreateAsync(_scene.Database, $"Round {round}", live: false, default);
            var (one, two) = (await _scene.JoinAsync($"one{round}@example.com", organization: organization.Id), await _scene.JoinAsync($"two{round}@example.com", organization: organization.Id));
            var answers = await Task.WhenAll(
                _scene.SendAsync("DELETE", $"/v1/members/{one.User}", token: one.Access),
                round % 2 == 0 ? _scene.SendAsync("DELETE", $"/v1/members/{two.User}", token: two.Access) : _scene.SendAsync("PATCH", $"/v1/members/{two.User}", new JsonObject { ["role"] = "viewer" }, two.Access));
            Assert.Equal(["200 ", "409 last_owner"], answers.Select(answer => $"{answer.Status} {answer.Code}").Order(StringComparer.Ordinal));
            Assert.Equal(1, await _scene.Fresh.ScalarAsync<long>($"select count(*) from people.memberships where role = 'owner' and organization_id = '{organization.Id.Value}'"));
        }
    }

    [Fact]
    public async Task One_code_in_many_logins_at_once_opens_one_of_them()
    {
        var anna = await _scene.JoinAsync("anna@example.com");
        var (seed, codes) = await _scene.EnrolAsync(anna);
        _scene.Clock.Advance(TimeSpan.FromSeconds(30));
        var code = _scene.CodeOf(seed);
        var byApp = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _scene.LoginAsync(anna.Email, totp: code)));
        Assert.Single(byApp, answer => answer.Status == 200);
        _scene.Clock.Advance(TimeSpan.FromHours(1));
        var byPaper = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _scene.LoginAsync(anna.Email, recoveryCode: codes[0])));
        Assert.Single(byPaper, answer => answer.Status == 200);
    }

    [Fact]
    public async Task Guessing_at_once_is_counted_one_by_one()
    {
        await _scene.JoinAsync("anna@example.com");
        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => _scene.LoginAsync("anna@example.com", $"guess number {i:00}")));
        Assert.Equal((6, 18), (answers.Count(answer => answer.Code == "invalid_credentials"), answers.Count(answer => answer.Code == "too_many_attempts")));
    }

    private Task<long> CountAsync(string table) => _scene.Fresh.ScalarAsync<long>($"select count(*) from people.{table}");

    public async Task DisposeAsync() => await _scene.DisposeAsync();
}
