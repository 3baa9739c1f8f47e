using System.Data;
using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.Runtime;
using Amazon.S3;
using Modupay.Data;
using Modupay.Kernel;
using Modupay.Ledger.Proof;
using Modupay.Local.Cloud;
using Npgsql;

namespace Modupay.Local.Verbs;

/// <summary>Recomputes ledgers from their postings and compares them with the heads that lie outside the database, as an auditor would.</summary>
internal static class LedgerVerify
{
    private const int Tampered = 2;

    public static readonly Verb Verb = new("ledger verify", "recompute the ledger and its chain, and say what was tampered with", """
        dotnet run --project src/Modupay.Local -- ledger verify [--data FOLDER] [--tenant ID] [--json]
        DATABASE_URL=postgres://… dotnet run --project src/Modupay.Local -- ledger verify [--tenant ID] [--key FILE] [--heads FOLDER] [--json]

          --data FOLDER     the data of a local cloud that is not running; with its key and its write-once bucket
          --tenant ID       one tenant (ten_…) instead of all; needed when the role of DATABASE_URL may not list them
          --key FILE        the public key of the heads, in PEM, that you kept yourself (GET /v1/ledger/head-key)
          --heads FOLDER    heads from the bucket ledger-heads, copied by: aws s3 sync s3://…-ledger-heads FOLDER
          --json            for a machine

        Without --key and --heads a chain that was rewritten to its end cannot be told from the true one.
        The exit code is 0 when every ledger is intact, 2 when one is not.
        """, RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var options = new Options(arguments.Option("--data"), arguments.Option("--tenant"), arguments.Option("--key"), arguments.Option("--heads"), arguments.Flag("--json"));
        arguments.Nothing();
        TenantId? one = null;
        if (options.Tenant is { } text) one = Id.TryParse<TenantId>(text, out var parsed) ? parsed : throw new ArgumentsException($"{text} is not a tenant: it looks like ten_….");

        return Surroundings.DatabaseUrl is { } url && options.Data is null
            ? await VerifyAsync(ExistingPostgres.Parse(url).ConnectionString, one, await FileTrust.ReadAsync(options.Key, options.Heads, ct), options.Json, Console.Out, ct)
            : await VerifyLocalAsync(options, one, ct);
    }

    private static async Task<int> VerifyLocalAsync(Options options, TenantId? one, CancellationToken ct)
    {
        DataFolder.RequirePlatform(options.Data);
        using var data = DataFolder.Open(options.Data);
        await using var postgres = await EmbeddedPostgres.StartAsync(new PostgresOptions { DataDirectory = data.Postgres }, ct);
        await using var kms = await KmsStandIn.StartAsync(new KmsOptions(data.Keys), ct);
        await using var s3 = await S3StandIn.StartAsync(new ObjectStoreOptions(data.Objects) { Buckets = [new LocalBucket("ledger-heads", 7)] }, 0, ct);
        var nobody = new BasicAWSCredentials("local", "local");
        using var kmsClient = new Amazon.KeyManagementService.AmazonKeyManagementServiceClient(nobody, new Amazon.KeyManagementService.AmazonKeyManagementServiceConfig { ServiceURL = kms.Url, AuthenticationRegion = AwsAccount.Local.Region });
        using var s3Client = new AmazonS3Client(nobody, new AmazonS3Config { ServiceURL = s3.Url, AuthenticationRegion = AwsAccount.Local.Region, ForcePathStyle = true });
        return await VerifyAsync(postgres.ConnectionString("modupay"), one, new BucketTrust(new KmsHeadSigner(kmsClient, "alias/modupay-ledger-head"), new KeptHeads(s3Client, "ledger-heads")), options.Json, Console.Out, ct);
    }

    /// <summary>The same for whatever database and whatever trust; answers the exit code.</summary>
    internal static async Task<int> VerifyAsync(string database, TenantId? one, IHeadTrust trust, bool json, TextWriter output, CancellationToken ct)
    {
        await using var source = new NpgsqlSlimDataSourceBuilder(database).EnableArrays().Build();
        var tenants = one is { } tenant ? [tenant] : await TenantsAsync(source, ct);
        var intact = true;
        var all = new JsonArray();
        foreach (var each in tenants)
        {
            var key = await trust.KeyAsync(ct);
            var report = await ReportAsync(source, each, key, await trust.HeadsAsync(each, ct), ct);
            intact &= report.Findings.Count == 0;
            if (json) all.Add((JsonNode)Show(each, report));
            else await TellAsync(each, report, output);
        }
        if (json) await output.WriteLineAsync(new JsonObject { ["intact"] = intact, ["tenants"] = all }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        else await output.WriteLineAsync(intact ? $"{tenants.Count} ledgers are intact." : "TAMPERED: at least one ledger is not what was recorded.");
        return intact ? 0 : Tampered;
    }

    private static async Task<VerificationReport> ReportAsync(NpgsqlDataSource source, TenantId tenant, HeadKey? key, IReadOnlyList<Head> kept, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        // One snapshot, because what several statements read is compared.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        return await Verification.RunAsync(new ReadSession(connection, tenant), key, kept, ct);
    }

    private static async Task<List<TenantId>> TenantsAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var command = source.CreateCommand("select tenant_id from tenancy.tenants order by tenant_id");
        await using var reader = await command.ExecuteReaderAsync(ct);
        var tenants = new List<TenantId>();
        while (await reader.ReadAsync(ct)) tenants.Add(new TenantId(reader.GetGuid(0)));
        return tenants.Count > 0 ? tenants : throw new ArgumentsException("This role sees no tenants: name one with --tenant.");
    }

    private static JsonObject Show(TenantId tenant, VerificationReport report) => new()
    {
        ["tenant"] = tenant.ToString(),
        ["journals"] = report.Journals,
        ["blocks"] = report.Blocks,
        ["findings"] = new JsonArray([.. report.Findings.Select(finding => new JsonObject { ["kind"] = finding.Kind, ["subject"] = finding.Subject })]),
    };

    private static async Task TellAsync(TenantId tenant, VerificationReport report, TextWriter output)
    {
        await output.WriteLineAsync($"{tenant}  {report.Journals} journals in {report.Blocks} blocks  {(report.Findings.Count == 0 ? "intact" : $"{report.Findings.Count} findings")}");
        foreach (var finding in report.Findings) await output.WriteLineAsync($"  {finding.Kind}  {finding.Subject}");
    }

    private sealed record Options(string? Data, string? Tenant, string? Key, string? Heads, bool Json);
}
