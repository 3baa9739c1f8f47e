using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.JourneyTests.Journeys;
using Modupay.Kernel;
using Modupay.Local;
using Modupay.Tenancy;

namespace Modupay.JourneyTests.Security;

/// <summary>
/// Strangers who know every id of an organization try each of them in every place the API has for one. Nothing of the organization may come back, nothing
/// of it may change, and nothing of theirs may point to it.
/// </summary>
[Collection(Journeys.Journeys.Name)]
public sealed class CrossTenantTests(RunningCloud running) : IAsyncLifetime
{
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
        var victim = await Victim.CreateAsync(running, _services.Database, _operations);
        await using var superuser = await Victim.SuperuserAsync(running);
        var rows = await VictimsRows.ReadAsync(superuser, victim);
        var strangers = await StrangersAsync(victim);
        // An attack with nothing to steal proves nothing.
        Assert.True(rows.Count > 30 && victim.Ids.Count > 15 && victim.Cursors.Count > 3 && victim.Made.Count > 4, $"{rows.Count} rows, ids {string.Join(' ', victim.Ids)}, {victim.Cursors.Count} cursors, {victim.Made.Count} requests");

        var leaks = new List<string>();
        foreach (var (i, stranger) in strangers.Index())
        {
            await victim.QuietAsync(superuser);
            var before = await ChecksumsAsync();
            // What a stranger writes comes last: an id that he took for a name would be in what he reads of his own.
            Attempt[] reading = [.. InPaths(victim, stranger), .. InQueries(victim, stranger, i), .. WithItsCursors(victim, stranger), .. InItsName(victim, stranger)];
            Attempt[] writing = [.. WithItsIdempotencyKeys(victim, stranger), .. InBodies(victim, stranger, i)];
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
            Assert.Equal(200, (await _intruder.SendAsync(new("still there", "GET", "/v1/organizations", stranger.Key))).Status);
            foreach (var (changed, after) in before.Zip(await ChecksumsAsync()).Where(sum => sum.First.Value != sum.Second.Value)) leaks.Add($"{stranger.Name}: changed {changed.Key}: {changed.Value} to {after.Value}");

            Task<SortedDictionary<string, string>> ChecksumsAsync() => OwnedRows.ChecksumsAsync(superuser, victim.Tenant.Value, stranger.SameOrganization ? null : victim.Organization.Value);
        }
        leaks.AddRange(await rows.ReferredToByOthersAsync(superuser, victim));
        Assert.True(leaks.Count == 0, $"{leaks.Count} leaks:\n{string.Join('\n', leaks.Take(40))}");
        Assert.Contains(running.Lines, line => line.Contains("accepted", StringComparison.Ordinal)); // The logs that are searched are the real ones.
        LoggedSecrets.AreAbsent(running, [.. ApiSchemas.Canaries, .. strangers.Select(stranger => stranger.Key), victim.Demo.ApiKey, victim.Demo.Iban, victim.Demo.WebhookEndpoint]);
    }

    private sealed record Stranger(string Name, string Key, bool SameOrganization);

    private async Task<List<Stranger>> StrangersAsync(Victim victim)
    {
        await using var superuser = await Victim.SuperuserAsync(running);
        var database = _services.Database;
        var other = await Organizations.CreateAsync(database, "Another organization", live: false, CancellationToken.None);
        var partner = await Organizations.CreateAsync(database, "A partner of others", live: false, CancellationToken.None, OrganizationKind.Partner);
        return
        [
            new("its other mode", await TestKeys.InsertAsync(database, new(await Victim.TenantAsync(superuser, victim.Organization, "live")), live: true, Roles.Organization), SameOrganization: true),
            new("another organization", await TestKeys.InsertAsync(database, other.Tenant, live: false, Roles.Organization), SameOrganization: false),
            new("another's partner", await TestKeys.InsertAsync(database, partner.Tenant, live: false, Roles.Organization), SameOrganization: false),
        ];
    }

    /// <summary>Each id, of the right kind or not, and the ids beside it, which are easily guessed from it.</summary>
    private IEnumerable<Attempt> InPaths(Victim victim, Stranger stranger) =>
        from operation in _operations
        where operation.PathParameters.Count > 0
        from id in victim.Ids.Concat(victim.Ids.Where((_, i) => i % 2 == 0).Select(Beside))
        select Request($"path {id}", operation, operation.Address(id), stranger, operation.Sample());

    private IEnumerable<Attempt> InQueries(Victim victim, Stranger stranger, int turn) =>
        from operation in _operations
        where operation.PathParameters.Count == 0
        from parameter in operation.QueryParameters
        from id in Some(victim.Ids, turn)
        select Request($"query {parameter}", operation, $"{operation.Path}?{parameter}={id}", stranger, operation.Sample());

    /// <summary>Each place for a text holds the id in turn, with the rest of the body as it should be; and then all of them at once.</summary>
    private IEnumerable<Attempt> InBodies(Victim victim, Stranger stranger, int turn) =>
        from operation in _operations
        where operation.JsonBody is not null
        from id in Some(victim.Ids, turn)
        from body in BodiesWith(operation.Sample()!, id)
        select Request($"body {id}", operation, operation.Address("xx_00000000000000000000000000"), stranger, body);

    private static IEnumerable<Attempt> WithItsCursors(Victim victim, Stranger stranger) =>
        victim.Cursors.Select(page => new Attempt("its cursor", "GET", $"{page.List.Path}?cursor={page.Cursor}", stranger.Key));

    private static IEnumerable<Attempt> WithItsIdempotencyKeys(Victim victim, Stranger stranger) => victim.Made.Select(made => made with { What = "its idempotency key", Key = stranger.Key });

    private IEnumerable<Attempt> InItsName(Victim victim, Stranger stranger) => stranger.SameOrganization ? [] :
        from operation in _operations
        where !operation.IsOpen
        let request = Request("in its name", operation, operation.Address(victim.Ids[0]), stranger, operation.Sample())
        select request with { Headers = [.. request.Headers ?? [], ("Modupay-Organization", victim.Organization.ToString())] };

    private static Attempt Request(string what, ApiOperation operation, string address, Stranger stranger, JsonNode? body) => new(what, operation.Method, address, stranger.Key,
        body is not null ? Attempt.Bytes(body) : operation.TakesFile ? Encoding.UTF8.GetBytes("x") : null, operation.TakesFile ? "application/octet-stream" : "application/json",
        operation.TakesKey ? [("Idempotency-Key", $"{operation.Method}-{address.GetHashCode(StringComparison.Ordinal)}-{body?.ToJsonString().GetHashCode(StringComparison.Ordinal)}")] : null);

    /// <summary>A third of the ids for each stranger, so that together they try them all.</summary>
    private static IEnumerable<string> Some(IReadOnlyList<string> ids, int turn) => ids.Where((_, i) => i % 3 == turn);

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

    private static string Written(Attempt attempt) => attempt.Body is null ? "" : Encoding.UTF8.GetString(attempt.Body);

    private static string Beside(string id)
    {
        var text = id.Split('_')[1];
        var last = "0123456789abcdefghjkmnpqrstvwxyz";
        return id[..^1] + last[(last.IndexOf(text[^1], StringComparison.Ordinal) + 1) % last.Length];
    }
}
