using Amazon.Runtime;
using Amazon.S3;
using Modupay.Audit;
using Modupay.DatabaseTests.Ledger;
using Modupay.Ledger.Proof;
using Modupay.Local.Cloud;

namespace Modupay.DatabaseTests.Audit;

/// <summary>The daily end of the log in a real write-once bucket.</summary>
public sealed class PublishAuditHeadTests(FreshDatabase database) : IClassFixture<FreshDatabase>, IAsyncLifetime
{
    private const string Bucket = "ledger-heads";

    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private S3StandIn _s3 = null!;
    private AmazonS3Client _client = null!;

    private PublishAuditHead Job => new(database.App, new TestSigner(), new KeptHeads(_client, Bucket));

    public async Task InitializeAsync()
    {
        _s3 = await S3StandIn.StartAsync(new ObjectStoreOptions(_folder.Path) { Durability = Durability.Throwaway, Buckets = [new LocalBucket(Bucket, 7)] }, 0, default);
        _client = new(new BasicAWSCredentials("local", "local"), new AmazonS3Config { ServiceURL = _s3.Url, AuthenticationRegion = "eu-central-1", ForcePathStyle = true });
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _s3.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_end_of_the_log_is_signed_once_and_kept_where_the_next_run_finds_it()
    {
        var tenant = await database.TenantAsync();
        Assert.Null(await Job.RunAsync(tenant, default));
        await RecordAsync(tenant, 3);
        var first = await Job.RunAsync(tenant, default);
        Assert.Equal(3, first!.Head.Sequence);
        Assert.Equal(first.Signature, (await Job.RunAsync(tenant, default))!.Signature);
        await RecordAsync(tenant, 1);
        Assert.Equal(4, (await Job.RunAsync(tenant, default))!.Head.Sequence);
        Assert.Equal([3L, 4L], await database.App.ListAsync(tenant, AuditSql.Anchors, [tenant.Value], row => row.GetInt64(0), default));
    }

    [Fact]
    public async Task A_log_that_was_cut_off_with_every_trace_in_the_database_is_not_signed_again()
    {
        var tenant = await database.TenantAsync();
        await RecordAsync(tenant, 5);
        await Job.RunAsync(tenant, default);
        await database.AsSuperuserAsync($"""
            delete from audit.entries where tenant_id = '{tenant.Value}' and sequence > 3; delete from audit.anchors where tenant_id = '{tenant.Value}';
            update audit.heads set sequence = 3, hash = (select hash from audit.entries where tenant_id = '{tenant.Value}' and sequence = 3) where tenant_id = '{tenant.Value}'
            """);
        Assert.Empty((await database.App.ReadAsync(tenant, session => AuditVerification.RunAsync(session, null, default), default)).Findings);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Job.RunAsync(tenant, default));
        Assert.Contains("entry 5", refused.Message, StringComparison.Ordinal);
    }

    private async Task RecordAsync(TenantId tenant, int entries)
    {
        for (var i = 0; i < entries; i++)
            await AuditLog.RecordAloneAsync(database.App, tenant, Actor.OfSystem("test"), AuditActions.PayoutCreated, "po_1", [], default);
    }
}
