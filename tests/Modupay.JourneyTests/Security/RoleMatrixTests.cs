using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.JourneyTests.Journeys;
using Modupay.Kernel;
using Modupay.Local;
using Modupay.Tenancy;

namespace Modupay.JourneyTests.Security;

/// <summary>Who may call what, found out by calling it. The requests are such that they have no effect even where they are let in.</summary>
[Collection(Journeys.Journeys.Name)]
public sealed class RoleMatrixTests(RunningCloud running)
{
    /// <summary>Longer than a key may be, so that whoever may do a thing does not do it.</summary>
    private static readonly string TooLong = new('k', 256);

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
        Assert.All(answers.Where(answer => answer.Attempt.Key is null && !open.Contains(answer.Attempt.What)), answer => Assert.Equal("unauthenticated", answer.Code));

        var matrix = new StringBuilder().AppendLine($"{"",-70}{string.Concat(callers.Select(caller => $"{caller.Column,-12}"))}".TrimEnd());
        foreach (var row in answers.Chunk(callers.Count)) matrix.AppendLine($"{row[0].Attempt.What,-70}{string.Concat(row.Select(answer => $"{(open.Contains(answer.Attempt.What) ? "open" : answer.Status is 401 or 403 ? answer.Status.ToString() : "yes"),-12}"))}".TrimEnd());
        Approved.Matches(matrix.ToString(), "role-matrix.approved.txt");
    }

    private static Attempt Harmless(ApiOperation operation, (string Column, string? Key) caller) => new(operation.Name, operation.Method, operation.Address("xx_00000000000000000000000000"), caller.Key,
        operation.Method is "GET" or "DELETE" ? null : operation.TakesFile ? [] : "{}"u8.ToArray(), operation.TakesFile ? "application/octet-stream" : "application/json",
        operation.Method == "POST" ? [("Idempotency-Key", TooLong)] : null);

    private async Task<List<(string Column, string? Key)>> CallersAsync()
    {
        await using var services = await Services.OpenAsync(running.Cloud.SettingsOf("api"), LocalCloud.Time, NullLoggerFactory.Instance, CancellationToken.None);
        var test = (await Organizations.CreateAsync(services.Database, "Roles", live: false, CancellationToken.None)).Tenant;
        var live = (await Organizations.CreateAsync(services.Database, "Roles", live: true, CancellationToken.None)).Tenant;
        var callers = new List<(string, string?)>();
        foreach (var role in new[] { Role.Owner, Role.Admin, Role.Developer, Role.Viewer })
        {
            callers.Add(($"{Roles.Name(role)}/t", await KeyAsync(test, false, Roles.Of(role, live: false))));
            callers.Add(($"{Roles.Name(role)}/l", await KeyAsync(live, true, Roles.Of(role, live: true))));
        }
        callers.Add(("operator", await KeyAsync(PlatformOrganization.Live, true, Roles.Of(Role.Operator, live: true))));
        callers.Add(("op_viewer", await KeyAsync(PlatformOrganization.Live, true, Roles.Of(Role.OperatorViewer, live: true))));
        callers.Add(("key", await KeyAsync(test, false, Roles.Integration)));
        callers.Add(("events:read", await KeyAsync(test, false, Permissions.Of(Permission.EventsRead))));
        callers.Add(("nobody", null));
        return callers;

        Task<string> KeyAsync(TenantId tenant, bool isLive, Permissions permissions) => TestKeys.InsertAsync(services.Database, tenant, isLive, permissions);
    }
}
