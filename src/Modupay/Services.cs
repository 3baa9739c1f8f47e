using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Modupay.Aws;
using Modupay.Banking.Connectors;
using Modupay.Banking.Statements;
using Modupay.Http;
using Modupay.Http.RateLimiting;
using Modupay.Ledger.Proof;
using Modupay.Notifications.Delivery;
using Modupay.Tenancy;

namespace Modupay;

/// <summary>What a function is made of, opened once per process. Parts that a function never touches are never made.</summary>
internal sealed class Services : IAsyncDisposable
{
    private readonly Lazy<FieldCipher> _cipher;
    private readonly Lazy<BankConnectors> _connectors;
    private readonly Lazy<KmsHeadSigner> _headSigner;

    private Services(Settings settings, TimeProvider time, ILoggerFactory logs, AwsClients aws, Database database, IMessageQueue queue, OutboxRelay relay)
    {
        (Settings, Time, Logs, Aws, Database, Queue, Relay) = (settings, time, logs, aws, database, queue, relay);
        _cipher = new(() => new FieldCipher(new DataKeys(database, aws.Kms, settings.Key("data"))));
        _headSigner = new(() => new KmsHeadSigner(aws.Kms, settings.Key("ledger-head")));
        _connectors = new(() => BankConnectors.In(settings, aws, database, logs));
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
    public EgressPolicy Egress => new(Settings.EgressAllowed);
    public StatementBuckets Buckets => new(Settings);
    public KmsHeadSigner HeadSigner => _headSigner.Value;
    public PublishHead PublishHead => new(Database, HeadSigner, new KeptHeads(Aws.S3, Settings.Bucket("ledger-heads")));

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
        services.AddSingleton(RateLimits.In(Settings, new RateLimiter(new RateTable(Aws.DynamoDb, Settings.Table("coordination")), Time, Logs.CreateLogger<RateLimiter>())));
        services.AddSingleton(_ => Cipher);
        services.AddSingleton<Amazon.S3.IAmazonS3>(_ => Aws.S3);
        services.AddSingleton(_ => Buckets);
        services.AddSingleton(_ => Egress);
        services.AddSingleton<IHeadKey>(_ => HeadSigner);
    }

    public async ValueTask DisposeAsync()
    {
        if (_connectors.IsValueCreated) _connectors.Value.Dispose();
        await Database.DisposeAsync();
        Aws.Dispose();
    }
}
