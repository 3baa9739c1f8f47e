using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.JourneyTests.Journeys;
using Modupay.Local;
using Modupay.Tenancy;

namespace Modupay.JourneyTests.Security;

/// <summary>
/// Bodies that cannot be read, and values that do not belong where they stand, for every operation that reads JSON. They come from an owner, because a
/// key is refused by what only people do before its body is looked at.
/// </summary>
[Collection(Journeys.Journeys.Name)]
public sealed class BadBodyTests(RunningCloud running)
{
    private const string Nobody = "xx_00000000000000000000000000";
    private const string Placeholder = "@@@";

    /// <summary>Whole bodies, none of which is JSON that anything here reads.</summary>
    private static IEnumerable<(string What, byte[] Body, string? Type)> Unreadable(JsonNode sample)
    {
        var good = Attempt.Bytes(sample);
        yield return ("300 KiB", [.. good, .. Enumerable.Repeat((byte)' ', 300 * 1024)], "application/json");
        yield return ("10,000 arrays deep", Repeated("[", 10_000, "]"), "application/json");
        yield return ("10,000 objects deep", Repeated("{\"a\":", 10_000, "}"), "application/json");
        yield return ("deep and never closed", Repeated("[", 10_000, ""), "application/json");
        foreach (var type in new[] { "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/octet-stream", "json", "*/*", "" }) yield return ($"as '{type}'", good, type);
        foreach (var text in new[] { "", " ", "null", "[]", "[{}]", "1", "true", "\"text\"", "{", "}", "{}x", "{}{}", "{'a':1}", "{a:1}", "{\"a\":1,}", "/* */{}", "// x\n{}", "<a/>", "\0", "NaN", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":0x1}", "{\"__proto__\":{}}", "{\"$type\":\"System.IO.FileInfo\"}" })
            yield return (text, Encoding.UTF8.GetBytes(text), "application/json");
        yield return ("invalid UTF-8", [(byte)'{', (byte)'"', 0xff, 0xfe, (byte)'"', (byte)':', (byte)'1', (byte)'}'], "application/json");
        yield return ("UTF-16", Encoding.Unicode.GetBytes("{\"a\":1}"), "application/json");
        if (sample is JsonObject { Count: > 0 } properties)
        {
            var twice = Encoding.UTF8.GetString(good);
            yield return ("a property twice", Encoding.UTF8.GetBytes($"{{{JsonSerializer.Serialize(properties.First().Key)}:{properties.First().Value?.ToJsonString() ?? "null"},{twice[1..]}"), "application/json");
            yield return ("a property too many", Attempt.Bytes(JsonPlaces.With(sample, ["surprise"], true)), "application/json");
        }
    }

    /// <summary>Values of the wrong kind, by the kind of value that belongs there.</summary>
    private static string[] Mistaken(JsonValueKind kind) => kind switch
    {
        JsonValueKind.String => ["1", "true", "[]", "{}", "1e400", "\"\\ud800\"", "\"\\udc00\\ud800\"", "NaN", "\"\u0001\"", "\"\\x\""],
        JsonValueKind.Number => ["\"text\"", "\"1\"", "true", "[]", "{}", "1e400", "-1e400", "99999999999999999999", "1.5", "0.1e-400", "NaN", "Infinity", "--1", "1_000"],
        JsonValueKind.True or JsonValueKind.False => ["\"true\"", "1", "[]", "{}", "TRUE"],
        JsonValueKind.Array => ["1", "\"text\"", "{}", "true", "[[[[]]]]"],
        _ => ["1", "\"text\"", "[]", "true"],
    };

    /// <summary>Texts that somebody might really send, and that may be kept or refused; none of them makes us fail.</summary>
    private static readonly string[] Tricks =
    [
        "", " ", "\0", "a\0b", new('x', 100_000), new('é', 5000), "'; drop table ledger.postings; --", "1' or '1'='1", "%' and 1=1 --", "$1", "\\", "a\r\nX-Injected: yes", "a\u2028b", "\u202egnp.exe", "\u200b", "\ufeff", "\ufffe\uffff",
        "Z\u0351\u036b\u0343\u0363a" + string.Concat(Enumerable.Repeat("\u0301", 500)), "\U0001F469\u200D\U0001F469\u200D\U0001F467", "../../etc/passwd", "file:///etc/passwd", "http://169.254.169.254/latest/meta-data/", "${jndi:ldap://x}", "{{7*7}}",
        "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "-9223372036854775809", "1e400", "0000-00-00", "9999-12-31T23:59:60Z", "-infinity", "infinity", "null", "undefined",
    ];

    private static readonly string[] Numbers = ["0", "-1", "9223372036854775807", "-9223372036854775808", "2147483648", "1e3", "-0"];

    [Fact]
    public async Task What_cannot_be_read_is_refused_and_leaves_nothing_behind()
    {
        await using var services = await Services.OpenAsync(running.Cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, CancellationToken.None);
        var organization = await Organizations.CreateAsync(services.Database, "Bad bodies", live: false, CancellationToken.None);
        var owner = (await TestPeople.JoinAsync(services, organization.Id, Role.Owner)).Token;
        using var intruder = new Intruder(running.Cloud.ApiUrl);
        var operations = (await ApiDocument.ReadAsync(running.Cloud.ApiUrl)).Where(operation => operation.JsonBody is not null).ToList();
        var attempts = operations.SelectMany(operation => Unreadable(operation.Sample()!).Select(bad => Request(operation, bad.What, bad.Body, bad.Type, owner))
            .Concat(from place in JsonPlaces.Of(operation.Sample())
                    where place.Value is not null && !IsAnything(operation, place.Path)
                    from value in Mistaken(place.Value.GetValueKind())
                    select Request(operation, $"{string.Join('.', place.Path)} is {value}", Raw(operation.Sample()!, place.Path, value), "application/json", owner))).ToList();

        await using var superuser = await Victim.SuperuserAsync(running);
        var before = await OwnedRows.ChecksumsAsync(superuser, organization.Tenant.Value, organization.Id.Value);
        var answers = await intruder.SendAllAsync(attempts);
        var wrong = answers.Select(Civility.Refusal).Concat(answers.Where(answer => answer.Attempt.What == "300 KiB" ? answer.Status is not (413 or 404 or 403) : answer.Status == 413).Select(answer => $"size: {answer}")).OfType<string>().ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {answers.Count}:\n{string.Join('\n', wrong.Take(40))}");
        Assert.Equal(before, await OwnedRows.ChecksumsAsync(superuser, organization.Tenant.Value, organization.Id.Value));
        LoggedSecrets.AreAbsent(running, [.. ApiSchemas.Canaries, owner]);
    }

    [Fact]
    public async Task What_can_be_read_and_is_strange_never_makes_us_fail()
    {
        await using var services = await Services.OpenAsync(running.Cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, CancellationToken.None);
        var organization = await Organizations.CreateAsync(services.Database, "Strange bodies", live: false, CancellationToken.None);
        var owner = (await TestPeople.JoinAsync(services, organization.Id, Role.Owner)).Token;
        using var intruder = new Intruder(running.Cloud.ApiUrl);
        var attempts = (from operation in await ApiDocument.ReadAsync(running.Cloud.ApiUrl)
                        where operation.JsonBody is not null
                        from place in JsonPlaces.Of(operation.Sample())
                        let values = place.Value?.GetValueKind() switch { JsonValueKind.String => Tricks.Select(text => JsonSerializer.Serialize(text)), JsonValueKind.Number => Numbers, _ => ["null"] }
                        from value in values
                        select Request(operation, $"{string.Join('.', place.Path)} is {(value.Length > 60 ? value[..60] : value)}", Raw(operation.Sample()!, place.Path, value), "application/json", owner)).ToList();
        var wrong = (await intruder.SendAllAsync(attempts)).Select(Civility.Manners).OfType<string>().ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {attempts.Count}:\n{string.Join('\n', wrong.Take(40))}\n{running.LastErrors}");
        LoggedSecrets.AreAbsent(running, [.. ApiSchemas.Canaries, owner]);
    }

    /// <summary>Two shapes under one name would be one of them.</summary>
    [Fact]
    public async Task A_body_of_the_documented_shape_is_read()
    {
        await using var services = await Services.OpenAsync(running.Cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, CancellationToken.None);
        var organization = await Organizations.CreateAsync(services.Database, "Documented bodies", live: false, CancellationToken.None);
        var key = await TestKeys.InsertAsync(services.Database, organization.Tenant, live: false, Permissions.All);
        using var intruder = new Intruder(running.Cloud.ApiUrl);
        var operations = (await ApiDocument.ReadAsync(running.Cloud.ApiUrl)).Where(operation => operation.JsonBody is not null).ToList();
        var answers = await intruder.SendAllAsync([.. operations.Select(operation => Request(operation, "documented", Attempt.Bytes(operation.Sample()), "application/json", key))]);
        Assert.All(answers, answer => Assert.True(answer.Code != "invalid_json", answer.ToString()));
    }

    private static Attempt Request(ApiOperation operation, string what, byte[] body, string? type, string key) => new(what, operation.Method, operation.Address(Nobody), key, body, type,
        operation.TakesKey ? [("Idempotency-Key", $"{what.GetHashCode(StringComparison.Ordinal)}-{body.Length}")] : null);

    /// <summary>The body with these very characters in one place, JSON or not.</summary>
    private static byte[] Raw(JsonNode sample, object[] path, string value) =>
        Encoding.UTF8.GetBytes(JsonPlaces.With(sample, path, Placeholder).ToJsonString().Replace($"\"{Placeholder}\"", value, StringComparison.Ordinal));

    /// <summary>Where any JSON may stand, no JSON is of the wrong kind.</summary>
    private static bool IsAnything(ApiOperation operation, object[] path) => JsonPlaces.Of(operation.Sample()).Single(place => place.Path.SequenceEqual(path)).Value is JsonObject { Count: 0 };

    private static byte[] Repeated(string open, int times, string close) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(open, times)) + string.Concat(Enumerable.Repeat(close, times)));
}
