using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Audit;
using Modupay.Audit.Endpoints;
using Modupay.Kernel;
using Modupay.Local.Cloud;
using Modupay.Tenancy;

namespace Modupay.Local.Verbs;

/// <summary>Recomputes audit logs as the endpoint does, for whoever has the database and not a key.</summary>
internal static class AuditVerify
{
    private const int Broken = 2;

    public static readonly Verb Verb = new("audit verify", "recompute the audit logs and say what was changed behind their back", """
        dotnet run --project src/Modupay.Local -- audit verify [--organization org_… | --tenant ten_… [--head SEQUENCE:HASH]] [--json] [--data FOLDER]

          --organization org_…   whose logs: an organization has one in each mode
          --tenant ten_…         one log; without either, all of them
          --head SEQUENCE:HASH   what an earlier verification of this log printed: the log must still pass through it
          --json                 one object in each line, as GET /v1/audit-logs/verification answers it
          --data FOLDER          the local platform's folder

        With DATABASE_HOST set it uses the variables of a function (DATABASE_HOST, DATABASE_NAME, DATABASE_SECRET of the application's role, AWS
        credentials) and needs to be told whose log. The exit code is 0 when every log is intact and 2 when one is not.
        """, RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var (data, json, headText) = (arguments.Option("--data"), arguments.Flag("--json"), arguments.Option("--head"));
        var (organization, tenant) = (Parse<OrganizationId>(arguments, "--organization"), Parse<TenantId>(arguments, "--tenant"));
        arguments.Nothing();
        AuditHead? head = null;
        if (headText is not null && (!AuditHead.TryParse(headText, out head) || tenant is null)) throw new ArgumentsException("--head is SEQUENCE:HASH, and needs the --tenant it is of.");

        if (Surroundings.Deployed is { } deployed)
        {
            if (organization is null && tenant is null) throw new ArgumentsException("Whose log? Give --organization or --tenant.");
            return await VerifyAsync(deployed, null, organization, tenant, head, json, ct);
        }
        DataFolder.RequirePlatform(data);
        await using var cloud = await LocalCloud.StartAsync(new LocalCloudOptions { DataPath = data, InProcess = true, Progress = Console.Error.WriteLine }, ct);
        return await VerifyAsync(cloud.SettingsOf("tenant-jobs"), cloud.SettingsOf("jobs"), organization, tenant, head, json, ct);
    }

    private static async Task<int> VerifyAsync(Settings app, Settings? relay, OrganizationId? organization, TenantId? tenant, AuditHead? head, bool json, CancellationToken ct)
    {
        await using var services = await Services.OpenAsync(app, LocalCloud.Time, NullLoggerFactory.Instance, ct);
        var tenants = tenant is { } one ? [one]
            : organization is { } known ? await Organizations.TenantsOfAsync(services.Database, known, ct)
            : await EveryTenantAsync(relay!, ct);
        var code = 0;
        foreach (var owner in tenants)
        {
            var report = AuditVerificationView.Of(await services.Database.ReadAsync(owner, session => AuditVerification.RunAsync(session, head, ct), ct));
            if (!report.Intact) code = Broken;
            Console.WriteLine(json ? JsonSerializer.Serialize(report, AuditJson.Default.AuditVerificationView) : Text(owner, report));
        }
        return code;
    }

    private static async Task<IReadOnlyList<TenantId>> EveryTenantAsync(Settings relay, CancellationToken ct)
    {
        await using var sweep = await Services.OpenAsync(relay, LocalCloud.Time, NullLoggerFactory.Instance, ct);
        return await Organizations.EveryTenantAsync(sweep.Database, ct).ToListAsync(ct);
    }

    private static string Text(TenantId tenant, AuditVerificationView report) =>
        $"{tenant}  {(report.Intact ? "intact" : "NOT INTACT")}  {report.Entries} entries  head {report.Head}" + string.Concat(report.Findings.Select(finding => $"\n    {finding.Kind}: {finding.Subject}"));

    private static T? Parse<T>(Arguments arguments, string name) where T : struct, IId<T> => arguments.Option(name) switch
    {
        null => null,
        var text when Id.TryParse<T>(text, out var id) => id,
        _ => throw new ArgumentsException($"{name} is an id that begins with {T.Prefix}_."),
    };
}
