using System.Net;
using System.Text.Json.Nodes;
using Modupay.People;
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

    [Fact]
    public async Task Of_many_letters_used_at_once_one_sets_the_password()
    {
        var anna = await _scene.JoinAsync("anna@example.com");
        for (var round = 0; round < 3; round++)
        {
            var letters = Enumerable.Range(0, AtOnce.Many).Select(_ => OpaqueToken.Create(OpaqueToken.Reset)).ToList();
            var hash = await _scene.Parts.Users.HashOfAsync(EmailAddress.Parse(anna.Email).Value, default);
            foreach (var letter in letters)
                await _scene.Database.ListAsync(PlatformTenant.Id, PasswordResetSql.Insert, [hash, letter.Hash, _scene.Clock.GetUtcNow(), _scene.Clock.GetUtcNow().AddMinutes(30)], row => row.GetGuid(0), default);

            var answers = await AtOnce.RunAsync(i =>
                _scene.SendAsync("POST", "/v1/auth/password-reset/confirm", new JsonObject { ["token"] = letters[i].Text, ["password"] = $"quiet lantern pavement {round} {i}" }));

            Assert.Equal(["200", .. Enumerable.Repeat("422 link_invalid", AtOnce.Many - 1)], answers.Select(Said).Order(StringComparer.Ordinal));
        }
        Assert.Equal(0, await _scene.Fresh.DeadlocksAsync());
    }

    [Fact]
    public async Task Who_tries_and_who_has_just_succeeded_do_not_wait_for_each_other_in_a_circle()
    {
        var lockOuts = new LockOuts(_scene.Database, _scene.Cipher);
        // An account that is locked after the address, which is the other order than in which they are named.
        AttemptSubjects subjects;
        for (var i = 0; ; i++)
        {
            subjects = await lockOuts.SubjectsAsync(EmailAddress.Parse($"anna{i}@example.com").Value, IPAddress.Loopback, default);
            if (string.CompareOrdinal(Convert.ToHexString(subjects.Address!), Convert.ToHexString(subjects.Account)) < 0) break;
        }
        for (var round = 0; round < 20; round++)
        {
            await AtOnce.RunAsync(async _ =>
            {
                var taken = await lockOuts.TakeAsync(subjects.All, default);
                if (taken.Problem is not null) return false;
                await _scene.Database.TransactAsync<bool>(PlatformTenant.Id, async unit =>
                {
                    await LockOuts.ClearAsync(unit, taken.Value, default);
                    return true;
                }, default);
                return true;
            }, callers: 5);
        }
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<int>("select sum(failures)::integer from people.lock_outs"));
        Assert.Equal(0, await _scene.Fresh.DeadlocksAsync());
    }

    [Fact]
    public async Task A_success_ends_the_wait_that_it_caused_and_no_other()
    {
        var lockOuts = new LockOuts(_scene.Database, _scene.Cipher);
        var mine = await TakeAsync("anna@example.com");
        for (var i = 0; i < LockOut.Address.Free - 1; i++) await TakeAsync($"victim{i}@example.com");
        var last = await TakeAsync("another@example.com");
        Assert.True(last.Locks);

        await ClearAsync(mine);
        Assert.Equal("too_many_attempts", (await lockOuts.TakeAsync((await SubjectsAsync("victim@example.com")).All, default)).Problem?.Error.Code);
        await ClearAsync(last);
        Assert.False((await TakeAsync("victim@example.com")).Locks);

        Task<AttemptSubjects> SubjectsAsync(string email) => lockOuts.SubjectsAsync(EmailAddress.Parse(email).Value, IPAddress.Loopback, default);

        async Task<Attempt> TakeAsync(string email) => (await lockOuts.TakeAsync((await SubjectsAsync(email)).All, default)).Value;

        Task ClearAsync(Attempt attempt) => _scene.Database.TransactAsync<bool>(PlatformTenant.Id, async unit =>
        {
            await LockOuts.ClearAsync(unit, attempt, default);
            return true;
        }, default);
    }

    [Fact]
    public async Task An_invitation_that_is_withdrawn_while_it_is_accepted_is_one_or_the_other()
    {
        var owner = await _scene.JoinAsync("owner@example.com");
        for (var round = 0; round < 6; round++)
        {
            var token = await _scene.InviteAsync($"guest{round}@example.com");
            var id = (await _scene.SendAsync("GET", "/v1/invitations", token: owner.Access)).Text("data.0.id");
            var answers = await AtOnce.RunAsync(i => i == 0
                ? _scene.SendAsync("DELETE", $"/v1/invitations/{id}", token: owner.Access)
                : _scene.SendAsync("POST", "/v1/invitations/accept", new JsonObject { ["token"] = token, ["name"] = "Guest", ["password"] = PeopleScene.Password }), callers: 2);
            Assert.Contains(string.Join(", ", answers.Select(Said)), new[] { "200, 422 link_invalid", "409 invitation_state, 201" });
        }
        Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>("""
            select count(*) from people.memberships m join people.users u using (user_id) join people.invitations i on i.email_hash = u.email_hash where i.revoked_at is not null
            """));
    }

    [Fact]
    public async Task Of_many_who_invite_one_person_at_once_one_does()
    {
        var owner = await _scene.JoinAsync("owner@example.com");
        for (var round = 0; round < 3; round++)
        {
            var answers = await AtOnce.RunAsync(_ => _scene.SendAsync("POST", "/v1/invitations", new JsonObject { ["email"] = $"guest{round}@example.com", ["role"] = "viewer" }, owner.Access));
            Assert.Equal(["201", .. Enumerable.Repeat("409 invitation_exists", AtOnce.Many - 1)], answers.Select(Said).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Who_is_erased_by_many_at_once_leaves_once()
    {
        var operatorOf = await _scene.JoinAsync("operator@example.com", Role.Operator, PlatformOrganization.Id);
        await _scene.JoinAsync("owner@example.com");
        for (var round = 0; round < 5; round++)
        {
            var anna = await _scene.JoinAsync($"anna{round}@example.com", Role.Viewer);
            var answers = await AtOnce.RunAsync(_ => _scene.SendAsync("POST", "/v1/people/erase", new JsonObject { ["id"] = anna.User }, operatorOf.Access));
            Assert.All(answers, answer => Assert.Equal((200, anna.User), (answer.Status, answer.Status == 200 ? answer.Text("data.id") : answer.Body.ToJsonString())));
            Assert.Equal(["data_subject.erased 1", "user.removed 1"], await _scene.Fresh.LinesAsync(
                $"select action || ' ' || count(*) from audit.entries where target_id = '{anna.User}' and action = 'user.removed' or changes::text like '%{anna.User}%' and action = 'data_subject.erased' group by action order by 1"));
        }
    }

    [Fact]
    public async Task Processes_that_start_at_once_agree_on_the_key_that_signs()
    {
        await _scene.Fresh.AsSuperuserAsync("delete from people.signing_keys");
        var sets = await AtOnce.RunAsync(async _ => string.Join(' ', (await _scene.NewParts().Keys.PublishedAsync(default)).Keys.Select(key => key.Kid)));
        Assert.Single(sets.Distinct(StringComparer.Ordinal));
        Assert.Equal(1, await _scene.Fresh.ScalarAsync<long>("select count(*) from people.signing_keys where current_from is not null"));
    }

    [Fact]
    public async Task Whoever_logs_out_everywhere_leaves_no_session_that_was_just_being_refreshed()
    {
        for (var round = 0; round < 2; round++)
        {
            var anna = await _scene.JoinAsync($"anna{round}@example.com");
            Assert.True(Id.TryParse<UserId>(anna.User, out var user));
            var tokens = new List<string>();
            for (var i = 0; i < AtOnce.Many; i++) tokens.Add((await _scene.LoginAsync(anna.Email)).Text("data.refreshToken"));
            var answers = await AtOnce.RunAsync(i => i % 4 == 0 ? _scene.SendAsync("POST", "/v1/auth/logout-everywhere", token: anna.Access) : _scene.RefreshAsync(tokens[i]));
            Assert.All(answers, answer => Assert.Contains(Said(answer), new[] { "200", "401 refresh_token_invalid", "401 unauthenticated" }));
            Assert.Equal(0, await _scene.Fresh.ScalarAsync<long>($"select count(*) from people.sessions where user_id = '{user.Value}' and ended_at is null"));
        }
        Assert.Equal(0, await _scene.Fresh.DeadlocksAsync());
    }

    private static string Said(Answer answer) => answer.Code is { } code ? $"{answer.Status} {code}" : $"{answer.Status}";

    private Task<long> CountAsync(string table) => _scene.Fresh.ScalarAsync<long>($"select count(*) from people.{table}");

    public async Task DisposeAsync() => await _scene.DisposeAsync();
}
