using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Modupay.Audit;
using Modupay.Aws;
using Modupay.Banking.Connectors;
using Modupay.Banking.Statements;
using Modupay.Banking.Statements.PickUp;
using Modupay.Deployment;
using Modupay.Http;
using Modupay.Http.RateLimiting;
using Modupay.Ledger.Proof;
using Modupay.Notifications.Delivery;
using Modupay.People;
using Modupay.Tenancy;

namespace Modupay;

/// <summary>What a function is made of, opened once per process. Parts that a function never touches are never made.</summary>
internal sealed class Services : IAsyncDisposable
{
    private readonly Lazy<FieldCipher> _cipher;
    private readonly Lazy<BankConnectors> _connectors;
    private readonly Lazy<KmsHeadSigner> _headSigner;
    private readonly Lazy<PeopleParts> _people;

    private Services(Settings settings, TimeProvider time, ILoggerFactory logs, AwsClients aws, Database database, IMessageQueue queue, OutboxRelay relay)
    {
        (Settings, Time, Logs, Aws, Database, Queue, Relay) = (settings, time, logs, aws, database, queue, relay);
        _cipher = new(() => new FieldCipher(new DataKeys(database, aws.Kms, settings.Key("data"))));
        _headSigner = new(() => new KmsHeadSigner(aws.Kms, settings.Key("ledger-head")));
        _connectors = new(() => BankConnectors.In(settings, aws, database, logs));
        _people = new(() => new PeopleParts(database, Cipher, new SigningKeys(database, aws.Kms, settings.Key), settings.TokenIssuer, settings.PublicUrl, new Passwords()));
    }

    public Settings Settings { get; }
    public TimeProvider Time { get; }
    public ILoggerFactory Logs { get; }
    public AwsClients Aws { get; }
    public Database Database { get; }
    public IMessageQueue Queue { get; }
    public OutboxRelay Relay { get; }
    public FieldCipher Cipher => _cipher.Value;
    public ConnectorDirectory Connectors => _connectors.Value.Directory(Database);
    public PeopleParts People => _people.Value;
    public EgressPolicy Egress => new(Settings.EgressAllowed);
    public StatementBuckets Buckets => new(Settings);
    public PickUpStatements PickUpStatements => new(Database, Aws.S3, Aws.Transfer, Buckets, Logs.CreateLogger<PickUpStatements>());
    public KmsHeadSigner HeadSigner => _headSigner.Value;
    public PublishHead PublishHead => new(Database, HeadSigner, KeptHeads);
    public PublishAuditHead PublishAuditHead => new(Database, HeadSigner, KeptHeads);

    public static async Task<Services> OpenAsync(Settings settings, TimeProvider time, ILoggerFactory logs, CancellationToken ct)
    {
        var aws = new AwsClients(settings);
        var source = await DataSources.OpenAsync(settings, token => aws.Secrets.GetSecretValueAsync(settings.DatabaseSecret, token), time, ct);
        var queue = new SqsMessageQueue(aws, settings);
        var relay = new OutboxRelay(queue, logs.CreateLogger<OutboxRelay>());
        return new Services(settings, time, logs, aws, new Database(source, relay, time), queue, relay);
    }

    /// <summary>For the API's endpoints, which name what they need as parameters.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton(Settings);
        services.AddSingleton(Time);
        services.AddCallers(Database);
        services.AddPeople(() => People);
        services.AddSingleton(RateLimits.In(Settings, new RateLimiter(new RateTable(Aws.DynamoDb, Settings.Table("coordination")), Time, Logs.CreateLogger<RateLimiter>())));
        services.AddSingleton(new EdgeProof(Manifest.EdgeSecrets, (name, ct) => Aws.Secrets.GetSecretValueAsync($"{Settings.SecretPrefix}/{name}", ct), Time, Logs.CreateLogger<EdgeProof>()));
        services.AddSingleton(_ => Cipher);
        services.AddSingleton<Amazon.S3.IAmazonS3>(_ => Aws.S3);
        services.AddSingleton(_ => Buckets);
        services.AddSingleton(_ => Egress);
        services.AddSingleton<IHeadKey>(_ => HeadSigner);
    }

    private KeptHeads KeptHeads => new(Aws.S3, Settings.Bucket("ledger-heads"));

    public async ValueTask DisposeAsync()
    {
        if (_connectors.IsValueCreated) _connectors.Value.Dispose();
        await Database.DisposeAsync();
        Aws.Dispose();
    }
}
