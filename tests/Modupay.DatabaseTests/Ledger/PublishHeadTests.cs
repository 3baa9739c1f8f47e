using Amazon.KeyManagementService;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Modupay.Ledger;
using Modupay.Ledger.Proof;
using Modupay.Local.Cloud;

namespace Modupay.DatabaseTests.Ledger;

/// <summary>The daily head with a real key and a real write-once bucket, behind AWS's own clients.</summary>
public sealed class PublishHeadTests(FreshDatabase database) : IClassFixture<FreshDatabase>, IAsyncLifetime
{
    private const string Bucket = "ledger-heads";
    private static readonly Currency Eur = Currency.Known("EUR");

    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private KmsStandIn _kms = null!;
    private S3StandIn _s3 = null!;
    private AmazonKeyManagementServiceClient _kmsClient = null!;
    private AmazonS3Client _s3Client = null!;

    private KmsHeadSigner Signer => new(_kmsClient, "alias/ledger-head");
    private KeptHeads Kept => new(_s3Client, Bucket);
    private PublishHead Job => new(database.App, Signer, Kept);

    public async Task InitializeAsync()
    {
        _kms = await KmsStandIn.StartAsync(new KmsOptions(Directory.CreateDirectory(Path.Combine(_folder.Path, "keys")).FullName) { Keys = new Dictionary<string, string> { ["alias/ledger-head"] = "ECC_NIST_P256" } }, default);
        _s3 = await S3StandIn.StartAsync(new ObjectStoreOptions(Directory.CreateDirectory(Path.Combine(_folder.Path, "objects")).FullName) { Durability = Durability.Throwaway, Buckets = [new LocalBucket(Bucket, 7)] }, 0, default);
        var nobody = new BasicAWSCredentials("local", "local");
        _kmsClient = new(nobody, new AmazonKeyManagementServiceConfig { ServiceURL = _kms.Url, AuthenticationRegion = "eu-central-1" });
        _s3Client = new(nobody, new AmazonS3Config { ServiceURL = _s3.Url, AuthenticationRegion = "eu-central-1", ForcePathStyle = true });
    }

    public async Task DisposeAsync()
    {
        _kmsClient.Dispose();
        _s3Client.Dispose();
        await _kms.DisposeAsync();
        await _s3.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_head_is_signed_once_per_block_and_locked_away()
    {
        var tenant = await LedgerAsync();
        var first = await Job.RunAsync(tenant, default);
        Assert.Equal(first!.Signature, (await Job.RunAsync(tenant, default))!.Signature);
        await PostAndSealAsync(tenant, "p:2");
        await Job.RunAsync(tenant, default);

        var kept = (await Kept.AllAsync(tenant, default)).ConvertAll(head => head.Head(tenant)!);
        Assert.Equal([1L, 2L], kept.Select(head => head.Blocks));
        var report = await VerifyAsync(tenant, kept);
        Assert.Empty(report.Findings);

        var name = (await _s3Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = tenant.ToString() })).S3Objects[0].Key;
        var version = (await _s3Client.GetObjectMetadataAsync(Bucket, name)).VersionId;
        await Assert.ThrowsAsync<AmazonS3Exception>(() => _s3Client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = Bucket, Key = name, VersionId = version }));
    }

    [Fact]
    public async Task A_tenant_without_a_block_has_no_head() => Assert.Null(await Job.RunAsync(await database.TenantAsync(), default));

    [Fact]
    public async Task A_head_that_was_committed_and_not_put_away_is_put_away_by_the_next_run()
    {
        var tenant = await LedgerAsync();
        await database.App.TransactAsync<bool>(tenant, async unit => await Sealing.SignAsync(unit, Signer, await unit.ListAsync(BlockSql.All, [tenant.Value], Block.Read, default), default) is not null, default);
        Assert.Null(await Kept.NewestAsync(tenant, default));
        await Job.RunAsync(tenant, default);
        Assert.NotNull(await Kept.NewestAsync(tenant, default));
    }

    /// <summary>The strongest intruder: he alters a journal, the balances that follow, and computes the chain anew to its end.</summary>
    [Fact]
    public async Task A_chain_that_was_rewritten_to_its_end_is_caught_by_the_heads_he_cannot_reach()
    {
        var tenant = await LedgerAsync();
        await Job.RunAsync(tenant, default);
        var kept = (await Kept.AllAsync(tenant, default)).ConvertAll(head => head.Head(tenant)!);
        Assert.Empty((await VerifyAsync(tenant, kept)).Findings);

        await RewriteAsync(tenant);
        // He forgot the head, so the database contradicts itself.
        Assert.Equal("head_broken", Assert.Single((await VerifyAsync(tenant, [])).Findings).Kind);
        // He makes a head of his own, with a key of his own.
        var root = Merkle.Root([(await BlocksAsync(tenant))[0].Hash]);
        var (_, forged) = await new TestSigner().SignAsync(Head.Message(tenant, 1, root), default);
        await database.AsSuperuserAsync($"update ledger.heads set root = '\\x{Convert.ToHexString(root)}', signature = '\\x{Convert.ToHexString(forged)}' where tenant_id = '{tenant.Value}'");
        Assert.Equal("head_forged", Assert.Single((await VerifyAsync(tenant, [])).Findings).Kind);
        // He removes it: now the database alone is without fault, and only what lies in the bucket tells.
        await database.AsSuperuserAsync($"delete from ledger.heads where tenant_id = '{tenant.Value}'");
        Assert.Empty((await VerifyAsync(tenant, [])).Findings);
        Assert.Equal("head_broken", Assert.Single((await VerifyAsync(tenant, kept)).Findings).Kind);
        // And his chain is not signed.
        await Assert.ThrowsAsync<InvalidOperationException>(() => Job.RunAsync(tenant, default));
    }

    private async Task RewriteAsync(TenantId tenant)
    {
        await database.AsSuperuserAsync($"""
            update ledger.journals set description = 'for the mayor' where tenant_id = '{tenant.Value}'
            """);
        var journal = (await database.App.ReadAsync(tenant, session => Journals.FindBySourceAsync(session, "p:1", default), default))!;
        var leaf = JournalText.Leaf(tenant, journal);
        var block = Block.Of(tenant, 1, 1, Merkle.Root([leaf]), Block.BeforeTheFirst, (await BlocksAsync(tenant))[0].SealedAt);
        await database.AsSuperuserAsync($"""
            update ledger.block_journals set leaf = '\x{Convert.ToHexString(leaf)}' where tenant_id = '{tenant.Value}';
            update ledger.blocks set root = '\x{Convert.ToHexString(block.Root)}', hash = '\x{Convert.ToHexString(block.Hash)}' where tenant_id = '{tenant.Value}'
            """);
    }

    /// <summary>One journal in one block.</summary>
    private async Task<TenantId> LedgerAsync()
    {
        var tenant = await database.TenantAsync();
        await database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit, [new("a", "", Eur, NormalSide.Debit), new("b", "", Eur, NormalSide.Credit)], default);
            return true;
        }, default);
        await PostAndSealAsync(tenant, "p:1");
        return tenant;
    }

    private async Task PostAndSealAsync(TenantId tenant, string source)
    {
        await LedgerDoor.PostAloneAsync(database.App, tenant, [[new Journal(source, new(2026, 3, 2), "", [new("a", new(5, Eur)), new("b", new(-5, Eur))])]], default);
        await LedgerUpkeep.RunAsync(database.App, tenant, default);
    }

    private Task<List<Block>> BlocksAsync(TenantId tenant) => database.App.ListAsync(tenant, BlockSql.All, [tenant.Value], Block.Read, default);

    private async Task<VerificationReport> VerifyAsync(TenantId tenant, IReadOnlyList<Head> kept)
    {
        var key = await Signer.PublicKeyAsync(default);
        return await database.App.ReadAsync(tenant, session => Verification.RunAsync(session, key, kept, default), default);
    }
}
