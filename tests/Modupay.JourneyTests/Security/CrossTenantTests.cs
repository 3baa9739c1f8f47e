using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.JourneyTests.Journeys;
using Modupay.Kernel;
using Modupay.Local;
using Modupay.People;
using Modupay.Tenancy;

namespace Modupay.JourneyTests.Security;

/// <summary>
/// Strangers who know every id of an organization try each of them in every place the API has for one. Nothing of the organization may come back, nothing
/// of it may change, and nothing of theirs may point to it.
/// </summary>
[Collection(Journeys.Journeys.Name)]
public sealed class CrossTenantTests(RunningCloud running) : IAsyncLifetime
{
    private const int Shares = 3;

    private IReadOnlyList<ApiOperation> _operations = [];
    private Services _services = null!;
    private Intruder _intruder = null!;

    public async Task InitializeAsync()
    {
        _operations = await ApiDocument.ReadAsync(running.Cloud.ApiUrl);
        _services = await Services.OpenAsync(running.Cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, CancellationToken.None);
        _intruder = new Intruder(running.Cloud.ApiUrl);
    }

    public async Task DisposeAsync()
    {
        _intruder.Dispose();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Nobody_reads_or_changes_what_is_another_tenants()
    {
        var victim = await Victim.CreateAsync(running, _services, _operations);
        await using var superuser = await Victim.SuperuserAsync(running);
        var rows = await VictimsRows.ReadAsync(superuser, victim);
        var strangers = await StrangersAsync(victim);
        // An attack with nothing to steal proves nothing.
        Assert.True(rows.Count > 30 && victim.Ids.Count > 15 && victim.Cursors.Count > 3 && victim.Made.Count > 4, $"{rows.Count} rows, ids {string.Join(' ', victim.Ids)}, {victim.Cursors.Count} cursors, {victim.Made.Count} requests");

        var leaks = new List<string>();
        await victim.QuietAsync(superuser);
        foreach (var (i, stranger) in strangers.Index())
        {
            var before = await ChecksumsAsync();
            // What a stranger writes comes last: an id that he took for a name would be in what he reads of his own.
            Attempt[] reading = [.. InPaths(victim, stranger, i % Shares), .. InQueries(victim, stranger, i % Shares), .. WithItsCursors(victim, stranger), .. InItsName(victim, stranger)];
            Attempt[] writing = [.. WithItsIdempotencyKeys(victim, stranger), .. InBodies(victim, stranger, i % Shares)];
            foreach (var answer in (await _intruder.SendAllAsync(reading)).Concat(await _intruder.SendAllAsync(writing)))
            {
                // A text of one's own comes back as it was sent. An id in the address is a question, and no success may answer it.
                var told = rows.ToldBy(answer.Text, stranger.SameOrganization, sent: Written(answer.Attempt) + (answer.Succeeded ? "" : answer.Attempt.Address));
                if (told is not null) leaks.Add($"{stranger.Name}: told {told}: {answer}");
                else if (answer.Status >= 500) leaks.Add($"{stranger.Name}: failed: {answer}");
                else if (answer.Headers.Contains("Idempotency-Replayed")) leaks.Add($"{stranger.Name}: replayed: {answer}");
                else if (answer.Succeeded && answer.Attempt.What.StartsWith("path", StringComparison.Ordinal) && rows.Has(answer.Attempt.What.Split(' ')[^1], stranger.SameOrganization)) leaks.Add($"{stranger.Name}: let in: {answer}");
                else if (answer.Attempt.What == "in its name" && (answer.Status, answer.Code) is not ((401, _) or (403, "organization_not_yours" or "forbidden"))) leaks.Add($"{stranger.Name}: acted: {answer}");
            }
            // A stranger who was thrown out half-way did not try the rest.
            Assert.Equal(200, (await _intruder.SendAsync(new("still there", "GET", "/v1/organizations", stranger.Key, Headers: stranger.Headers))).Status);
            foreach (var (changed, after) in before.Zip(await ChecksumsAsync()).Where(sum => sum.First.Value != sum.Second.Value)) leaks.Add($"{stranger.Name}: changed {changed.Key}: {changed.Value} to {after.Value}");

            Task<SortedDictionary<string, string>> ChecksumsAsync() => OwnedRows.ChecksumsAsync(superuser, victim.Tenant.Value, stranger.SameOrganization ? null : victim.Organization.Value);
        }
        foreach (var answer in await _intruder.SendAllAsync([.. await AsRemovedMemberAsync(victim)]))
            if (answer.Code != "unauthenticated") leaks.Add($"a removed member: {answer}");
        // His sessions are the platform's rows and not the organization's: whether strangers ended one is seen by using it.
        Assert.Equal(200, (await _intruder.SendAsync(new("still there", "GET", "/v1/me", victim.Owner))).Status);
        leaks.AddRange(await rows.ReferredToByOthersAsync(superuser, victim));
        Assert.True(leaks.Count == 0, $"{leaks.Count} leaks:\n{string.Join('\n', leaks.Take(40))}");
        Assert.Contains(running.Lines, line => line.Contains("accepted", StringComparison.Ordinal)); // The logs that are searched are the real ones.
        LoggedSecrets.AreAbsent(running, [.. ApiSchemas.Canaries, .. strangers.Select(stranger => stranger.Key), victim.Owner, victim.Demo.ApiKey, victim.Demo.Iban, victim.Demo.WebhookEndpoint]);
    }

    /// <param name="Headers">Sent with every request: in which mode a person works, and whom he says he acts for.</param>
    private sealed record Stranger(string Name, string Key, bool SameOrganization, (string Name, string Value)[] Headers)
    {
        public bool IsPerson => TokenReader.LooksLikeToken(Key);
    }

    private async Task<List<Stranger>> StrangersAsync(Victim victim)
    {
        await using var superuser = await Victim.SuperuserAsync(running);
        var database = _services.Database;
        var other = await Organizations.CreateAsync(database, "Another organization", live: false, CancellationToken.None);
        var partner = await Organizations.CreateAsync(database, "A partner of others", live: false, CancellationToken.None, OrganizationKind.Partner);
        // People are strangers of their own: what the keys above wrote would be theirs too.
        var home = await Organizations.CreateAsync(database, "A person's organization", live: false, CancellationToken.None);
        var persons = await Organizations.CreateAsync(database, "A person's partner", live: false, CancellationToken.None, OrganizationKind.Partner);
        var managed = await Organizations.CreateAsync(database, "An organization of that partner", live: false, CancellationToken.None, partner: persons.Id);
        return
        [
            new("its other mode", await TestKeys.InsertAsync(database, new(await Victim.TenantAsync(superuser, victim.Organization, "live")), live: true, Roles.Organization), SameOrganization: true, []),
            new("another organization", await TestKeys.InsertAsync(database, other.Tenant, live: false, Roles.Organization), SameOrganization: false, []),
            new("another's partner", await TestKeys.InsertAsync(database, partner.Tenant, live: false, Roles.Organization), SameOrganization: false, []),
            new("a person of another organization", (await TestPeople.JoinAsync(_services, home.Id, Role.Owner)).Token, SameOrganization: false, [(TokenCallers.ModeHeader, "test")]),
            new("a person of another's partner", (await TestPeople.JoinAsync(_services, persons.Id, Role.Owner)).Token, SameOrganization: false, [(TokenCallers.ModeHeader, "test"), (Partnership.Header, managed.Id.ToString())]),
        ];
    }

    /// <summary>Whoever was a member until a moment ago holds a token that is signed, not expired and good for nothing.</summary>
    private async Task<IEnumerable<Attempt>> AsRemovedMemberAsync(Victim victim)
    {
        var member = await TestPeople.JoinAsync(_services, victim.Organization, Role.Owner);
        Assert.Equal(200, (await _intruder.SendAsync(new("remove", "DELETE", $"/v1/members/{member.Id}", victim.Owner))).Status);
        var removed = new Stranger("a removed member", member.Token, SameOrganization: false, [(TokenCallers.ModeHeader, "test")]);
        return _operations.Where(operation => !operation.IsOpen).Select(operation => Request("removed", operation, operation.Address(victim.Ids[0]), removed, operation.Sample()));
    }

    /// <summary>
    /// Each id, of the right kind or not, and the ids beside it, which are easily guessed from it. How a tenant's rows are kept from another's does not
    /// depend on who asks, so a person tries what is about people, and his share of the rest.
    /// </summary>
    private IEnumerable<Attempt> InPaths(Victim victim, Stranger stranger, int share) =>
        from operation in _operations
        where operation.PathParameters.Count > 0
        from id in stranger.IsPerson
            ? victim.Ids.Where(IsOfPeople).Union(Some(victim.Ids, share))
            : victim.Ids.Concat(victim.Ids.Where((_, i) => i % 2 == 0).Select(Beside))
        select Request($"path {id}", operation, operation.Address(id), stranger, operation.Sample());

    private IEnumerable<Attempt> InQueries(Victim victim, Stranger stranger, int share) =>
        from operation in _operations
        where operation.PathParameters.Count == 0
        from parameter in operation.QueryParameters
        from id in Some(victim.Ids, share)
        select Request($"query {parameter}", operation, $"{operation.Path}?{parameter}={id}", stranger, operation.Sample());

    /// <summary>Each place for a text holds the id in turn, with the rest of the body as it should be; and then all of them at once.</summary>
    private IEnumerable<Attempt> InBodies(Victim victim, Stranger stranger, int share) =>
        from operation in _operations
        where operation.JsonBody is not null
        from id in Some(victim.Ids, share)
        from body in BodiesWith(operation.Sample()!, id)
        select Request($"body {id}", operation, operation.Address("xx_00000000000000000000000000"), stranger, body);

    private static IEnumerable<Attempt> WithItsCursors(Victim victim, Stranger stranger) =>
        victim.Cursors.Select(page => new Attempt("its cursor", "GET", $"{page.List.Path}?cursor={page.Cursor}", stranger.Key, Headers: stranger.Headers));

    private static IEnumerable<Attempt> WithItsIdempotencyKeys(Victim victim, Stranger stranger) => victim.Made.Select(made => made with { What = "its idempotency key", Key = stranger.Key, Headers = [.. made.Headers ?? [], .. stranger.Headers] });

    private IEnumerable<Attempt> InItsName(Victim victim, Stranger stranger) => stranger.SameOrganization ? [] :
        from operation in _operations
        where !operation.IsOpen
        let request = Request("in its name", operation, operation.Address(victim.Ids[0]), stranger, operation.Sample())
        from named in new (string, string)[][]
        {
            [(Partnership.Header, victim.Organization.ToString())],
            [(Partnership.Header, victim.Organization.ToString()), (TokenCallers.ModeHeader, "live")],
            [(Partnership.Header, victim.Organization.ToString().ToUpperInvariant()), (TokenCallers.ModeHeader, "test")],
        }
        select request with { Headers = [.. (request.Headers ?? []).Where(header => named.All(other => other.Item1 != header.Name)), .. named] };

    private static Attempt Request(string what, ApiOperation operation, string address, Stranger stranger, JsonNode? body) => new(what, operation.Method, address, stranger.Key,
        body is not null ? Attempt.Bytes(body) : operation.TakesFile ? Encoding.UTF8.GetBytes("x") : null, operation.TakesFile ? "application/octet-stream" : "application/json",
        [.. stranger.Headers, .. operation.TakesKey ? new[] { ("Idempotency-Key", $"{operation.Method}-{address.GetHashCode(StringComparison.Ordinal)}-{body?.ToJsonString().GetHashCode(StringComparison.Ordinal)}") } : []]);

    /// <summary>A third of the ids for each stranger, so that together they try them all.</summary>
    private static IEnumerable<string> Some(IReadOnlyList<string> ids, int share) => ids.Where((_, i) => i % Shares == share);

    private static IEnumerable<JsonNode> BodiesWith(JsonNode sample, string id)
    {
        var places = JsonPlaces.Of(sample).Where(place => place.Value is JsonValue value && value.GetValueKind() == System.Text.Json.JsonValueKind.String).ToList();
        var all = sample.DeepClone();
        foreach (var place in places)
        {
            yield return JsonPlaces.With(sample, place.Path, id);
            all = JsonPlaces.With(all, place.Path, id);
        }
        if (places.Count > 1) yield return all;
    }

    private static bool IsOfPeople(string id) => id.Split('_')[0] is var kind && (kind == UserId.Prefix || kind == InvitationId.Prefix || kind == SessionId.Prefix);

    private static string Written(Attempt attempt) => attempt.Body is null ? "" : Encoding.UTF8.GetString(attempt.Body);

    private static string Beside(string id)
    {
        var text = id.Split('_')[1];
        var last = "0123456789abcdefghjkmnpqrstvwxyz";
        return id[..^1] + last[(last.IndexOf(text[^1], StringComparison.Ordinal) + 1) % last.Length];
    }
}
