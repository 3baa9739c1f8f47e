using Microsoft.Extensions.Logging.Abstractions;
using Modupay.JourneyTests.Journeys;
using Modupay.Local;
using Modupay.Tenancy;

namespace Modupay.JourneyTests.Security;

/// <summary>Everything around the body, for every operation: queries, paths, methods, headers and credentials.</summary>
[Collection(Journeys.Journeys.Name)]
public sealed class BadRequestTests(RunningCloud running) : IAsyncLifetime
{
    private const string Nobody = "xx_00000000000000000000000000";

    private static readonly string[] Queries =
    [
        "", "%00", "a%00b", "%ff%fe", "%c0%af", "%ed%a0%80", "%", "%zz", "%0d%0aX-Injected:%20yes", "%27%20or%201=1%20--", "%24%7Bjndi:ldap://x%7D", "%e2%80%ae", "%F0%9F%91%A9", "-1", "0", "101", "1e400", "NaN", "99999999999999999999", "1.5", "0x10",
        "null", "true", "[]", "..%2f..%2fetc%2fpasswd", "2026-13-45", "0001-01-01", "9999-12-31", "2026-01-01T00:00:00", "-infinity", new('x', 4000),
    ];

    private static readonly string[] BadLimits = ["-1", "0", "101", "1e400", "NaN", "99999999999999999999", "1.5", "0x10", "null", "%00", "1%202", "abc"];

    private static readonly string[] BadCursors = ["x", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAA%00A", "%ff", "AAAAAAAAAAAAAAAAAAAA%3D%3D", "po_01890000000000000000000000", "%27--"];

    private static readonly string[] Ids =
    [
        "%2e%2e", "%2e%2e%2f%2e%2e", "..%2f..", "%00", "po_%00", "a%2fb", "a%5cb", "%ff", "%ed%a0%80", "%", "%zz", "%0d%0aX-Injected:%20yes", "%20", "po_", "po_zzzzzzzzzzzzzzzzzzzzzzzzzz", "po_8zzzzzzzzzzzzzzzzzzzzzzzzz", "PO_00000000000000000000000000",
        "po_iiiiiiiiiiiiiiiiiiiiiiiiii", "po_\u0660\u0660", "00000000-0000-0000-0000-000000000000", "1%20or%201=1", "%27;--", "*", "$1", "%E2%80%AE", new('x', 3000),
    ];

    private IReadOnlyList<ApiOperation> _operations = [];
    private Services _services = null!;
    private Intruder _intruder = null!;
    private OrganizationWithKey _organization = null!;
    private string _key = "";
    private string _person = "";

    public async Task InitializeAsync()
    {
        _operations = await ApiDocument.ReadAsync(running.Cloud.ApiUrl);
        _services = await Services.OpenAsync(running.Cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, CancellationToken.None);
        _intruder = new Intruder(running.Cloud.ApiUrl);
        _organization = await Organizations.CreateAsync(_services.Database, "Bad requests", live: false, CancellationToken.None);
        _key = await TestKeys.InsertAsync(_services.Database, _organization.Tenant, live: false, Roles.Organization);
        _person = (await TestPeople.JoinAsync(_services, _organization.Id, Role.Owner)).Token;
    }

    public async Task DisposeAsync()
    {
        _intruder.Dispose();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Queries_are_read_or_refused() => await ExpectAsync(Civility.Manners,
    [
        .. from operation in _operations
           from parameter in operation.QueryParameters
           from value in Queries
           select Request($"{parameter}={Short(value)}", operation, $"{operation.Address(Nobody)}?{parameter}={value}") with { Key = _person },
        .. from operation in _operations
           from query in new[] { "?&&&=&", "?limit", "?limit=1&limit=2&limit=3", "?%00=1", "?" + string.Join('&', Enumerable.Range(0, 500).Select(i => $"q{i}=1")), "?cursor=&cursor=", "?__proto__[x]=1", "?access_token=" + _key }
           where operation.Method == "GET"
           select Request(Short(query), operation, operation.Address(Nobody) + query),
    ]);

    [Fact]
    public async Task Queries_that_nobody_reads_are_refused() => await ExpectAsync(Civility.Refusal,
    [
        .. from operation in _operations
           from query in new[] { "surprise=1", "id=1", "database=x", "caller=x", "ct=1" }
           select Request(query, operation, $"{operation.Address(Nobody)}?{query}") with { Key = _person },
    ]);

    [Fact]
    public async Task Limits_and_cursors_that_are_none_are_refused() => await ExpectAsync(Civility.Refusal,
    [
        .. from operation in _operations
           where operation.IsList
           from query in BadLimits.Select(limit => "limit=" + limit).Concat(BadCursors.Select(cursor => "cursor=" + cursor))
           select Request(query, operation, $"{operation.Address(Nobody)}?{query}") with { Key = _person },
    ]);

    [Fact]
    public async Task Ids_that_are_none_are_refused() => await ExpectAsync(Civility.Refusal,
    [
        .. from operation in _operations
           where operation.PathParameters.Count > 0
           from id in Ids
           select Request($"id {Short(id)}", operation, operation.Address(id)) with { Key = _person },
    ]);

    [Fact]
    public async Task Paths_that_lead_elsewhere_lead_nowhere() => await ExpectAsync(Civility.Refusal,
    [
        .. from operation in _operations
           from path in new[] { "//v1" + operation.Path[3..], "/v1/" + operation.Path[3..], "/v1/./.%2e" + operation.Path[3..], "/%2e%2e/%2e%2e/etc" + operation.Path, "/v1%2f" + operation.Path[4..], operation.Path + "%00", operation.Path + "/..%2f..%2fhealth/deep", operation.Path + ".json", operation.Path + ";a=b", "/V2" + operation.Path[3..] }
           select Request("path " + path, operation, path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)),
        new Attempt("very long", "GET", "/v1/" + new string('a', 7000), _key),
        new Attempt("very deep", "GET", "/v1" + string.Concat(Enumerable.Repeat("/a", 3000)), _key),
    ]);

    [Fact]
    public async Task Methods_that_are_not_documented_are_refused()
    {
        var paths = _operations.GroupBy(operation => operation.Path, StringComparer.Ordinal).ToList();
        await ExpectAsync(Civility.Refusal,
        [
            .. from path in paths
               from method in new[] { "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "POST", "DELETE", "PATCH", "PROPFIND", "MODUPAY" }
               where path.All(operation => operation.Method != method)
               select new Attempt("method " + method, method, path.First().Address(Nobody), _key),
            // A browser asks first whether another site may call: no site may.
            .. from path in paths
               select new Attempt("preflight", "OPTIONS", path.First().Address(Nobody), null, Headers: [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization")]),
        ]);
        var readings = _operations.Where(operation => operation is { Method: "GET", PathParameters.Count: 0 }).ToList();
        var overridden = await _intruder.SendAllAsync([.. readings.Select(operation => Request("override", operation, operation.Path) with { Headers = [("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "DELETE"), ("X-Method-Override", "POST"), ("Origin", "https://evil.example")] })]);
        var plain = await _intruder.SendAllAsync([.. readings.Select(operation => Request("plain", operation, operation.Path))]);
        Assert.Equal(plain.Select(answer => answer.Status), overridden.Select(answer => answer.Status));
        Assert.All(overridden, answer => Assert.Null(Civility.Manners(answer)));
    }

    [Fact]
    public async Task Idempotency_keys_that_are_none_are_refused() => await ExpectAsync(Civility.Refusal,
    [
        .. from operation in _operations
           where operation.TakesKey
           from key in new[] { new string('k', 256), new string('k', 4000), "", " ", "a b", "a\tb", "k\u00e9y", "\"\"", "k\u007f" }
           select Request($"Idempotency-Key {Short(key)}", operation, operation.Address(Nobody)) with { Headers = [("Idempotency-Key", key)] },
    ]);

    [Fact]
    public async Task Credentials_that_are_none_open_nothing()
    {
        const string Forged = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ1c3JfMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAiLCJleHAiOjQxMDI0NDQ4MDB9.";
        string[] credentials =
        [
            "Bearer", "Bearer ", "Basic " + Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(_key + ":")), _key, "bearer" + _key, "Token " + _key, "Bearer " + _key.ToUpperInvariant(), "Bearer " + _key[..^1], "Bearer " + _key + "0", "Bearer " + _key.Replace("_test_", "_live_", StringComparison.Ordinal),
            "Bearer " + _key + "," + _key, $"Bearer \"{_key}\"", "Bearer mp_test_" + new string('0', 64), "Bearer mp_live_" + new string('0', 64), "Bearer mp_test_'; select 1 --", "Bearer mp_test_" + new string('a', 5000), "Bearer " + Forged, "Bearer " + Forged + "AAAA", "Bearer a.b.c", "Bearer ..", "Bearer null", "Bearer \u00e9",
        ];
        var attempts = (from operation in _operations
                        where !operation.IsOpen
                        let request = Request("credential", operation, operation.Address(Nobody))
                        from credential in credentials
                        select request with { What = Short(credential), Key = null, Headers = [.. request.Headers ?? [], ("Authorization", credential)] }).ToList();
        await ExpectAsync(answer => answer.Status == 401 && answer.Code == "unauthenticated" ? Civility.Refusal(answer) : $"let in: {answer}", attempts);
        LoggedSecrets.AreAbsent(running, [_key, _key[..^1], Forged]);
    }

    [Fact]
    public async Task Request_ids_are_returned_only_when_they_are_harmless()
    {
        foreach (var (sent, returned) in new[] { ("order-1:2.3_4", true), ("a b", false), ("<script>", false), (new string('x', 101), false), ("caf\u00e9", false), ("a\tb", false), ("${jndi:x}", false) })
        {
            var answer = await _intruder.SendAsync(new("request id", "GET", "/v1/payouts", _key, Headers: [("X-Request-Id", sent)]));
            Assert.Null(Civility.Manners(answer));
            Assert.Equal(returned, answer.Headers.GetValues("X-Request-Id").Single() == sent);
        }
    }

    private Attempt Request(string what, ApiOperation operation, string address) => new(what, operation.Method, address, _key,
        operation.Method is "GET" or "DELETE" ? null : operation.TakesFile ? [] : Attempt.Bytes(operation.Sample()), operation.TakesFile ? "application/octet-stream" : "application/json",
        operation.TakesKey ? [("Idempotency-Key", $"bad-{address.GetHashCode(StringComparison.Ordinal)}")] : null);

    /// <summary>Whatever was refused left nothing behind.</summary>
    private async Task ExpectAsync(Func<Answer, string?> judge, IReadOnlyList<Attempt> attempts)
    {
        await using var superuser = await Victim.SuperuserAsync(running);
        var before = await OwnedRows.ChecksumsAsync(superuser, _organization.Tenant.Value, _organization.Id.Value);
        var answers = await _intruder.SendAllAsync(attempts);
        var wrong = answers.Select(judge).OfType<string>().ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {attempts.Count}:\n{string.Join('\n', wrong.Take(40))}");
        if (answers.All(answer => answer.Status >= 400)) Assert.Equal(before, await OwnedRows.ChecksumsAsync(superuser, _organization.Tenant.Value, _organization.Id.Value));
    }

    private static string Short(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
