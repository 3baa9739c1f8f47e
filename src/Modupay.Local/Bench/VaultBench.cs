using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Modupay.Audit;
using Modupay.Kernel;
using Modupay.Local.Cloud;
using Modupay.Tenancy;

namespace Modupay.Local.Bench;

/// <summary>
/// <c>bench vault</c>: what sealing a field costs next to bare AES-256-GCM of the same bytes, and what an audit entry adds to a durable commit
/// next to the same commit without it, on the same PostgreSQL in the same run.
/// </summary>
internal static class VaultBench
{
    private static readonly byte[] Field = "FR1420041010050500013M02606"u8.ToArray();
    private static readonly Actor Actor = Actor.OfSystem("bench");

    public static async Task<int> RunAsync(int seconds, CancellationToken ct)
    {
        await using var bench = await BenchPostgres.StartAsync(ct);
        using var folder = TemporaryFolder.Create();
        await using var kms = await KmsStandIn.StartAsync(new KmsOptions(folder.Path) { Keys = new Dictionary<string, string>(StringComparer.Ordinal) { ["alias/data"] = "SYMMETRIC_DEFAULT" } }, ct);
        using var client = new AmazonKeyManagementServiceClient(new BasicAWSCredentials("local", "local"), new AmazonKeyManagementServiceConfig { ServiceURL = kms.Url, AuthenticationRegion = "eu-central-1" });
        var cipher = new FieldCipher(new DataKeys(bench.Database, client, "alias/data"));

        var value = await cipher.SealAsync(bench.Tenant, "bench.field", Field, ct);
        using var gcm = new AesGcm(RandomNumberGenerator.GetBytes(32), 16);
        var limit = await RateAsync(1, seconds, () => { gcm.Encrypt(RandomNumberGenerator.GetBytes(12), Field, new byte[Field.Length], new byte[16], Encoding.UTF8.GetBytes("bench.field")); return Task.CompletedTask; }, ct);
        Report("bare AES-256-GCM", limit, limit);
        Report("seal a field", await RateAsync(1, seconds, () => cipher.SealAsync(bench.Tenant, "bench.field", Field, ct), ct), limit);
        Report("open a field", await RateAsync(1, seconds, () => cipher.OpenAsync(bench.Tenant, "bench.field", value, ct), ct), limit);

        foreach (var clients in new[] { 1, 16 })
        {
            var plain = await RateAsync(clients, seconds, () => CommitAsync(bench, audited: false, ct), ct);
            Report($"commits, {clients} clients", plain, plain);
            Report($"audited commits of one tenant, {clients} clients", await RateAsync(clients, seconds, () => CommitAsync(bench, audited: true, ct), ct), plain);
        }

        var watch = Stopwatch.StartNew();
        var report = await bench.Database.ReadAsync(bench.Tenant, session => AuditVerification.RunAsync(session, null, ct), ct);
        Console.WriteLine($"{"verify the log",-50}{report.Entries / watch.Elapsed.TotalSeconds,12:N0} entries/s   {(report.Findings.Count == 0 ? "intact" : "NOT INTACT")}");
        return report.Findings.Count == 0 ? 0 : 1;
    }

    /// <summary>A row of ours either way: a transaction that writes nothing does not wait for the disk.</summary>
    private static Task CommitAsync(BenchPostgres bench, bool audited, CancellationToken ct) => bench.Database.TransactAsync<bool>(bench.Tenant, async unit =>
    {
        await unit.ExecuteAsync("insert into platform.idempotency_keys (tenant_id, key, fingerprint, created_at) values ($1, $2, $3, $4)",
            [unit.Tenant.Value, Guid.CreateVersion7(unit.Now).ToString(), Field, unit.Now], ct);
        if (audited) AuditLog.Record(unit, Actor, AuditActions.PayoutApproved, "po_bench", new Change("state", "created", "approved"));
        return true;
    }, ct);

    private static async Task<double> RateAsync(int clients, int seconds, Func<Task> once, CancellationToken ct)
    {
        for (var i = 0; i < 20; i++) await once();
        var (done, watch) = (0L, Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            for (; watch.Elapsed.TotalSeconds < seconds; Interlocked.Increment(ref done)) await once();
        }, ct)));
        return done / watch.Elapsed.TotalSeconds;
    }

    private static void Report(string name, double rate, double limit) => Console.WriteLine($"{name,-50}{rate,12:N0} /s   {rate / limit,6:F2} of the limit");
}
