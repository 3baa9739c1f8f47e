using System.Diagnostics;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Modupay.Banking.Accounts;
using Modupay.Banking.Statements;
using Modupay.Kernel;
using Modupay.Ledger;
using Modupay.Local.Cloud;
using Modupay.Reconciliation;
using Modupay.Tenancy;
using Modupay.Triggers;
using S3Bucket = Modupay.Triggers.S3Bucket;
using S3Object = Modupay.Triggers.S3Object;

namespace Modupay.Local.Bench;

/// <summary>
/// <c>bench ingest</c>: one large MT940 file through the states of its workflow, each invocation against the time a function has. The peak of memory is
/// that of the whole process, in which the stand-ins for S3 and KMS live too.
/// </summary>
internal static class IngestBench
{
    private const string OwnIban = "DE89370400440532013000";
    private static readonly TimeSpan FunctionLimit = TimeSpan.FromSeconds(300);

    public static async Task<int> RunAsync(int megabytes, TextWriter output, CancellationToken ct)
    {
        using var folder = TemporaryFolder.Create();
        var path = Path.Combine(folder.Path, "statement.sta");
        var totals = ParseBenchFiles.Write(path, "mt940", megabytes * 1024L * 1024L);
        await output.WriteLineAsync($"{new FileInfo(path).Length / 1e6:0} MB, {totals.Lines} lines, {totals.Statements} statements");

        await using var postgres = await BenchPostgres.StartAsync(ct);
        await using var kms = await KmsStandIn.StartAsync(new KmsOptions(folder.Path) { Keys = new Dictionary<string, string>(StringComparer.Ordinal) { ["alias/data"] = "SYMMETRIC_DEFAULT" } }, ct);
        await using var store = await S3StandIn.StartAsync(
            new ObjectStoreOptions(Path.Combine(folder.Path, "s3")) { Buckets = [new("inbox"), new("archive", WriteOnceYears: 7)], Created = (_, _) => Task.CompletedTask }, 0, ct);
        var credentials = new BasicAWSCredentials("local", "local");
        using var client = new AmazonKeyManagementServiceClient(credentials, new AmazonKeyManagementServiceConfig { ServiceURL = kms.Url, AuthenticationRegion = "eu-central-1" });
        using var s3 = new AmazonS3Client(credentials, new AmazonS3Config { ServiceURL = store.Url, AuthenticationRegion = "eu-central-1", ForcePathStyle = true });
        var cipher = new FieldCipher(new DataKeys(postgres.Database, client, "alias/data"));

        var bank = await AddAccountAsync(postgres, cipher, ct);
        var key = $"statements/{await Organizations.OrganizationOfAsync(postgres.Database, postgres.Tenant, ct)}/{bank}/statement.sta";
        await s3.PutObjectAsync(new PutObjectRequest { BucketName = "inbox", Key = key, FilePath = path }, ct);
        File.Delete(path);
        return await new Run(postgres, s3, cipher, output).ToTheEndAsync(key, totals, ct) ? 0 : 1;
    }

    private static async Task<BankProfileId> AddAccountAsync(BenchPostgres postgres, FieldCipher cipher, CancellationToken ct)
    {
        var (tenant, now, bank) = (postgres.Tenant, TimeProvider.System.GetUtcNow(), Id.New<BankProfileId>(TimeProvider.System));
        var hash = await cipher.LookUpHashAsync(tenant, OwnIban, ct);
        await postgres.Database.ExecuteAsync(tenant, BankAccountSql.InsertProfile, [bank.Value, tenant.Value, "Bench", "MODUDEFFXXX", new[] { "sepa_credit_transfer" }, "generic", now], ct);
        await postgres.Database.ExecuteAsync(tenant, BankAccountSql.InsertTreasuryAccount,
        [
            Id.New<TreasuryAccountId>(TimeProvider.System).Value, tenant.Value, bank.Value, "Bench", "EUR", await cipher.SealAsync(tenant, TreasuryAccount.IbanField, OwnIban, ct), hash,
            BankAccounts.Mask(OwnIban), 1L, false, null, now, TreasuryAccount.Statement,
        ], ct);
        await postgres.Database.TransactAsync<bool>(tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit, LedgerAccounts.Of((await BankAccounts.FindByIbanHashAsync(unit, hash, ct))!), ct);
            return true;
        }, ct);
        return bank;
    }

    private sealed class Run(BenchPostgres postgres, IAmazonS3 s3, FieldCipher cipher, TextWriter output)
    {
        private readonly StatementBuckets _buckets = new(new Settings(new Dictionary<string, string>(StringComparer.Ordinal) { ["BUCKET_STATEMENT_INBOX"] = "inbox", ["BUCKET_STATEMENT_ARCHIVE"] = "archive" }));
        private bool _inTime = true;

        public async Task<bool> ToTheEndAsync(string key, BenchTotals totals, CancellationToken ct)
        {
            var database = postgres.Database;
            var arrived = new EventBridgeEvent<ObjectCreated>("0", "1", "Object Created", "aws.s3", "000000000000", DateTimeOffset.UnixEpoch, "eu-central-1", [], new ObjectCreated("0", new S3Bucket("inbox"), new S3Object(key, 1)));
            var progress = await TimedAsync("register", () => new RegisterStatement(database, s3, _buckets).RunAsync(arrived, ct));
            do progress = await TimedAsync("parse", () => new ParseStatement(database, s3, cipher, _buckets).RunAsync(progress, ct));
            while (progress.Unfinished);
            progress = await TimedAsync("store", () => new StoreStatement(database).RunAsync(progress, ct));
            do progress = await TimedAsync("reconcile", () => new ReconcileStatement(database, cipher).RunAsync(progress, ct));
            while (progress.Unfinished);
            progress = await TimedAsync("archive", () => new ArchiveStatement(database, s3, _buckets).RunAsync(progress, ct));

            await using var superuser = await postgres.ConnectAsSuperuserAsync(ct);
            await using var command = new Npgsql.NpgsqlCommand("select count(*)::bigint from banking.bank_statement_lines having sum(amount_minor) = $1", superuser);
            command.Parameters.Add(new() { Value = totals.CreditsMinor - totals.DebitsMinor });
            var right = await command.ExecuteScalarAsync(ct) is long lines && lines == totals.Lines && progress.Lines == totals.Lines;
            await output.WriteLineAsync($"{(right ? "ok   " : "WRONG")} lines and cents as generated\n{(_inTime ? "ok   " : "WRONG")} every invocation within {FunctionLimit.TotalSeconds:0} s");
            return right && _inTime;
        }

        private async Task<StatementProgress> TimedAsync(string state, Func<Task<StatementProgress>> step)
        {
            var started = Stopwatch.GetTimestamp();
            var progress = await step();
            var took = Stopwatch.GetElapsedTime(started);
            _inTime &= took < FunctionLimit;
            using var process = Process.GetCurrentProcess();
            await output.WriteLineAsync($"{state,-10} {took.TotalSeconds,8:0.0} s   {process.PeakWorkingSet64 >> 20,6} MB at most so far");
            return progress;
        }
    }
}
