using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.JourneyTests.Journeys;
using Modupay.Kernel;
using Modupay.Local;
using Modupay.People;
using Modupay.People.Endpoints;
using Modupay.Tenancy;

namespace Modupay.JourneyTests.Security;

/// <summary>Who may call what, found out by calling it. The requests are such that they have no effect even where they are let in.</summary>
[Collection(Journeys.Journeys.Name)]
public sealed class RoleMatrixTests(RunningCloud running)
{
    /// <summary>Longer than a key may be, so that whoever may do a thing does not do it.</summary>
    private static readonly string TooLong = new('k', 256);

    /// <summary>What ends the session it is called with, so that each of them takes a session of its own.</summary>
    private static readonly string[] Endings = ["/v1/auth/logout", "/v1/auth/logout-everywhere"];

    [Fact]
    public async Task Each_role_may_call_what_was_approved_and_hears_which_permission_it_lacks()
    {
        var operations = await ApiDocument.ReadAsync(running.Cloud.ApiUrl);
        var callers = await CallersAsync();
        using var intruder = new Intruder(running.Cloud.ApiUrl);
        var attempts = operations.SelectMany(operation => callers.Select(caller => Harmless(operation, caller))).ToList();
        var answers = await intruder.SendAllAsync(attempts);

        Assert.All(answers, answer => Assert.True(answer.Status < 500, answer.ToString()));
        Assert.All(answers.Where(answer => answer.Status == 403), answer => Assert.True(answer.Text.Contains("a person's access token", StringComparison.Ordinal)
            || PermissionNames.All.Any(named => answer.Text.Contains($"the permission {named.Key}.", StringComparison.Ordinal)), answer.ToString()));
        var open = operations.Where(operation => operation.IsOpen).Select(operation => operation.Name).ToHashSet();
        Assert.All(answers, answer => Assert.True(answer.Code != "unauthenticated" || !open.Contains(answer.Attempt.What), $"The document says it is open: {answer}"));
        Assert.All(answers.Where(answer => !open.Contains(answer.Attempt.What)), answer => Assert.True((answer.Code == "unauthenticated") == (answer.Attempt.Key is null), answer.ToString()));

        var matrix = new StringBuilder().AppendLine($"{"",-70}{string.Concat(callers.Select(caller => $"{caller.Column,-12}"))}".TrimEnd());
        foreach (var row in answers.Chunk(callers.Count)) matrix.AppendLine($"{row[0].Attempt.What,-70}{string.Concat(row.Select(answer => $"{(open.Contains(answer.Attempt.What) ? "open" : answer.Status is 401 or 403 ? answer.Status.ToString() : "yes"),-12}"))}".TrimEnd());
        Approved.Matches(matrix.ToString(), "role-matrix.approved.txt");
    }

    private static Attempt Harmless(ApiOperation operation, TestCaller caller) => new(operation.Name, operation.Method, operation.Address("xx_00000000000000000000000000"), caller.CredentialFor(operation.Path),
        operation.Method is "GET" or "DELETE" ? null : operation.TakesFile ? [] : "{}"u8.ToArray(), operation.TakesFile ? "application/octet-stream" : "application/json",
        [.. caller.Headers, .. operation.Method == "POST" ? new[] { ("Idempotency-Key", TooLong) } : []]);

    private sealed record TestCaller(string Column, string? Credential, (string Name, string Value)[] Headers, IReadOnlyDictionary<string, string> ForEndings)
    {
        public string? CredentialFor(string path) => ForEndings.GetValueOrDefault(path, Credential!);
    }

    private async Task<List<TestCaller>> CallersAsync()
    {
        await using var services = await Services.OpenAsync(running.Cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, CancellationToken.None);
        var database = services.Database;
        var home = await Organizations.CreateAsync(database, "Roles", live: false, CancellationToken.None);
        var strict = await Organizations.CreateAsync(database, "Asks for a second factor", live: true, CancellationToken.None);
        await database.TransactAsync<bool>(strict.Tenant, async unit => await unit.ExecuteAsync(SecuritySettingsSql.Set, [strict.Id.Value, true, unit.Now], CancellationToken.None) == 1, CancellationToken.None);
        var partner = await Organizations.CreateAsync(database, "A partner", live: false, CancellationToken.None, OrganizationKind.Partner);
        var managed = await Organizations.CreateAsync(database, "A partner's own", live: false, CancellationToken.None, partner: partner.Id);
        var (test, live) = (home.Tenant, await Organizations.TenantOfAsync(database, home.Id, live: true, CancellationToken.None));

        var callers = new List<TestCaller>();
        foreach (var role in new[] { Role.Owner, Role.Admin, Role.Developer, Role.Viewer })
            foreach (var mode in new[] { "test", "live" }) await PersonAsync($"{Roles.Name(role)}/{mode[0]}", home.Id, role, [], (TokenCallers.ModeHeader, mode));
        // Everything an owner may, of one department; nothing until he enrols; what a partner's owner may for an organization of the partner's.
        await PersonAsync("in_dept", home.Id, Role.Owner, [Id.New<DepartmentId>(LocalCloud.Time)]);
        await PersonAsync("must_enrol", strict.Id, Role.Owner, []);
        await PersonAsync("for_own", partner.Id, Role.Owner, [], (Partnership.Header, managed.Id.ToString()));
        foreach (var mode in new[] { "test", "live" }) await PersonAsync($"operator/{mode[0]}", PlatformOrganization.Id, Role.Operator, [], (TokenCallers.ModeHeader, mode));
        await PersonAsync("op_viewer", PlatformOrganization.Id, Role.OperatorViewer, [], (TokenCallers.ModeHeader, "live"));
        await KeyAsync("key", test, false, Roles.Integration);
        await KeyAsync("key/all", live, true, Roles.ForKeys);
        await KeyAsync("key/for_own", partner.Tenant, false, Roles.ForKeys, (Partnership.Header, managed.Id.ToString()));
        await KeyAsync("events:read", test, false, Permissions.Of(Permission.EventsRead));
        callers.Add(new("nobody", null, [], new Dictionary<string, string>(StringComparer.Ordinal)));
        return callers;

        async Task PersonAsync(string column, OrganizationId organization, Role role, DepartmentId[] departments, params (string Name, string Value)[] headers)
        {
            var endings = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var path in Endings) endings[path] = (await TestPeople.JoinAsync(services, organization, role, departments)).Token;
            callers.Add(new(column, (await TestPeople.JoinAsync(services, organization, role, departments)).Token, headers, endings));
        }

        async Task KeyAsync(string column, TenantId tenant, bool isLive, Permissions permissions, params (string Name, string Value)[] headers) =>
            callers.Add(new(column, await TestKeys.InsertAsync(database, tenant, isLive, permissions), headers, new Dictionary<string, string>(StringComparer.Ordinal)));
    }
}
