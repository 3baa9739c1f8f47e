using Amazon;
using Amazon.DynamoDBv2;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Amazon.S3;

namespace Modupay.Aws;

/// <summary>
/// Every AWS client a process uses, made from its settings when first asked for: a function pays at start for what it touches and no more.
/// A service with an endpoint URL in the settings is reached there, any other in the settings' region.
/// </summary>
internal sealed class AwsClients(Settings settings) : IDisposable
{
    private readonly Lazy<AwsJsonClient> _sqs = new(() => Json(AwsJsonService.Sqs, settings));
    private readonly Lazy<AwsJsonClient> _stepFunctions = new(() => Json(AwsJsonService.StepFunctions, settings));
    private readonly Lazy<AwsJsonClient> _secrets = new(() => Json(AwsJsonService.SecretsManager, settings));
    private readonly Lazy<AwsJsonClient> _ses = new(() => Json(AwsJsonService.Ses, settings));
    private readonly Lazy<AwsJsonClient> _transfer = new(() => Json(AwsJsonService.Transfer, settings));
    private readonly Lazy<AmazonS3Client> _s3 = new(() => new(Configure(new AmazonS3Config { ForcePathStyle = settings.EndpointUrl("S3") is not null }, "S3", settings)));
    private readonly Lazy<AmazonDynamoDBClient> _dynamoDb = new(() => new(Configure(new AmazonDynamoDBConfig(), "DynamoDB", settings)));
    private readonly Lazy<AmazonKeyManagementServiceClient> _kms = new(() => new(Configure(new AmazonKeyManagementServiceConfig(), "KMS", settings)));

    public SqsClient Sqs => new(_sqs.Value);
    public StepFunctionsClient StepFunctions => new(_stepFunctions.Value);
    public SecretsClient Secrets => new(_secrets.Value);
    public SesClient Ses => new(_ses.Value);
    public TransferClient Transfer => new(_transfer.Value);
    public AmazonS3Client S3 => _s3.Value;
    public AmazonDynamoDBClient DynamoDb => _dynamoDb.Value;
    public AmazonKeyManagementServiceClient Kms => _kms.Value;

    public void Dispose()
    {
        if (_sqs.IsValueCreated) _sqs.Value.Dispose();
        if (_stepFunctions.IsValueCreated) _stepFunctions.Value.Dispose();
        if (_secrets.IsValueCreated) _secrets.Value.Dispose();
        if (_ses.IsValueCreated) _ses.Value.Dispose();
        if (_transfer.IsValueCreated) _transfer.Value.Dispose();
        if (_s3.IsValueCreated) _s3.Value.Dispose();
        if (_dynamoDb.IsValueCreated) _dynamoDb.Value.Dispose();
        if (_kms.IsValueCreated) _kms.Value.Dispose();
    }

    private static AwsJsonClient Json(AwsJsonService service, Settings settings) =>
        new(service, Configure(new AwsJsonConfig(service), service.ServiceId, settings));

    private static TConfig Configure<TConfig>(TConfig config, string service, Settings settings) where TConfig : ClientConfig
    {
        config.RetryMode = RequestRetryMode.Standard;
        if (settings.AwsKey is var (id, secret)) config.DefaultAWSCredentials = new BasicAWSCredentials(id, secret);

        // Setting or even reading RegionEndpoint wipes the URL, so with a URL the region is told to the signature only.
        if (settings.EndpointUrl(service) is { } url) (config.ServiceURL, config.AuthenticationRegion) = (url, settings.Region);
        else config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
        return config;
    }
}
