using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Endpoint = Amazon.Runtime.Endpoints.Endpoint;

namespace Modupay.Aws;

/// <summary>The SDK configuration of a service that has no SDK package of its own here.</summary>
internal sealed class AwsJsonConfig : ClientConfig
{
    // The SDK insists on at least one set of defaults; these are the values of its standard mode.
    private static readonly DefaultConfigurationProvider Defaults = new(
    [
        new DefaultConfiguration
        {
            Name = DefaultConfigurationMode.Standard,
            RetryMode = RequestRetryMode.Standard,
            ConnectTimeout = TimeSpan.FromSeconds(3),
            TimeToFirstByteTimeout = TimeSpan.FromSeconds(30),
        },
    ]);

    private readonly AwsJsonService _service;

    public AwsJsonConfig(AwsJsonService service) : base(Defaults)
    {
        _service = service;
        ServiceId = service.ServiceId;
        AuthenticationServiceName = service.SigningName;
    }

    public override string ServiceVersion => "";
    public override string UserAgent => "modupay/1.0";
    public override string RegionEndpointServiceName => _service.SigningName;

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        new(ServiceURL ?? $"https://{_service.HostName}.{RegionEndpoint.SystemName}.{RegionEndpoint.PartitionDnsSuffix}");
}
