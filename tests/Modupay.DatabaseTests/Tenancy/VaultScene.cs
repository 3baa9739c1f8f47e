using Amazon.KeyManagementService;
using Amazon.Runtime;
using Modupay.Banking.Accounts;
using Modupay.DatabaseTests.Notifications;
using Modupay.Local.Cloud;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Tenancy;

/// <summary>One organization whose data is sealed with keys from KMS, a clock that only the test moves, and more than one process.</summary>
internal sealed class VaultScene : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private KmsStandIn _kms = null!;
    private AmazonKeyManagementServiceClient _client = null!;

    public TestClock Clock { get; } = new(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
    public FreshDatabase Fresh { get; private set; } = null!;
    public Database Database { get; private set; } = null!;
    public FieldCipher Cipher { get; private set; } = null!;
    public OrganizationWithKey Organization { get; private set; } = null!;
    public TenantId Tenant => Organization.Tenant;

    public static async Task<VaultScene> StartAsync()
    {
        var scene = new VaultScene { Fresh = await FreshDatabase.CreateAsync() };
        scene._kms = await KmsStandIn.StartAsync(
            new KmsOptions(scene._folder.Path) { Keys = new Dictionary<string, string>(StringComparer.Ordinal) { ["alias/data"] = "SYMMETRIC_DEFAULT" } }, CancellationToken.None);
        scene._client = new(new BasicAWSCredentials("local", "local"), new AmazonKeyManagementServiceConfig { ServiceURL = scene._kms.Url, AuthenticationRegion = "eu-central-1" });
        scene.Database = scene.Fresh.At(scene.Clock);
        scene.Cipher = scene.AnotherProcess();
        scene.Organization = await Organizations.CreateAsync(scene.Database, "Commune de Test", live: false, default, permissions: Permissions.All);
        return scene;
    }

    /// <summary>The same keys, and a memory of its own.</summary>
    public FieldCipher AnotherProcess() => new(new DataKeys(Database, _client, "alias/data"));

    public KeyRotation Rotation(FieldCipher? cipher = null) => new(Database, cipher ?? Cipher, SealedFields.All);

    public async Task<BankProfileId> BankAsync()
    {
        var id = Id.New<BankProfileId>(Clock);
        await Database.ExecuteAsync(Tenant, BankAccountSql.InsertProfile, [id.Value, Tenant.Value, "Bank", "DEUTDEFF", new[] { "sepa_credit_transfer" }, "generic", Clock.GetUtcNow()], default);
        return id;
    }

    public async ValueTask DisposeAsync()
    {
        await Fresh.DisposeAsync();
        _client.Dispose();
        await _kms.DisposeAsync();
        _folder.Dispose();
    }
}
