using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Amazon.Runtime;
using Amazon.Runtime.Credentials.Internal;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Transform;
using Amazon.Runtime.Internal.Util;

namespace Modupay.Aws;

/// <summary>
/// One client for every AWS service that speaks JSON over POST. Credentials, SigV4, retries, clock-skew correction and connection pooling are
/// the SDK's own, so it behaves as the S3, DynamoDB and KMS clients beside it do. It leans on the SDK's <c>Internal</c> namespaces: the
/// version of AWSSDK.Core is pinned, and a bump of it is tested before it lands.
/// </summary>
internal sealed class AwsJsonClient(AwsJsonService service, AwsJsonConfig config) : AmazonServiceClient(config.DefaultAWSCredentials, config)
{
    public async Task<TResponse> SendAsync<TRequest, TResponse>(
        string operation, TRequest body, JsonTypeInfo<TRequest> requestInfo, JsonTypeInfo<TResponse> responseInfo, CancellationToken ct)
    {
        var options = new InvokeOptions
        {
            RequestMarshaller = new JsonMarshaller(service, operation, JsonSerializer.SerializeToUtf8Bytes(body, requestInfo)),
            ResponseUnmarshaller = JsonUnmarshaller.Instance,
        };
        var response = await InvokeAsync<JsonResponse>(new JsonRequest(), options, ct);

        // Operations that answer nothing (DeleteMessage) send an empty body rather than an empty object.
        return JsonSerializer.Deserialize(response.Body.Length == 0 ? "{}"u8 : response.Body, responseInfo)
            ?? throw new AmazonServiceException($"{service.ServiceId} answered {operation} with null.");
    }

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        pipeline.ReplaceHandler<EndpointResolver>(new ConfiguredEndpoint());
        pipeline.AddHandlerAfter<Marshaller>(new SignatureV4());
    }

    private sealed class JsonRequest : AmazonWebServiceRequest;

    private sealed class JsonResponse : AmazonWebServiceResponse
    {
        public byte[] Body { get; init; } = [];
    }

    private sealed class JsonMarshaller(AwsJsonService service, string operation, byte[] body) : IMarshaller<IRequest, AmazonWebServiceRequest>
    {
        public IRequest Marshall(AmazonWebServiceRequest input) => new DefaultRequest(input, service.ServiceId)
        {
            HttpMethod = "POST",
            ResourcePath = "/",
            Content = body,
            Headers =
            {
                ["Content-Type"] = "application/x-amz-json-" + service.JsonVersion,
                ["X-Amz-Target"] = $"{service.TargetPrefix}.{operation}",
            },
        };
    }

    private sealed class JsonUnmarshaller : JsonResponseUnmarshaller
    {
        public static readonly JsonUnmarshaller Instance = new();

        public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input)
        {
            using var buffer = new MemoryStream();
            input.Stream.CopyTo(buffer);
            return new JsonResponse { Body = buffer.ToArray() };
        }

        public override AmazonServiceException UnmarshallException(JsonUnmarshallerContext input, Exception innerException, HttpStatusCode statusCode)
        {
            var reader = new StreamingUtf8JsonReader(input.Stream);
            var error = JsonErrorResponseUnmarshaller.GetInstance().Unmarshall(input, ref reader);
            return new AmazonServiceException(error.Message, innerException, error.Type, error.Code, error.RequestId, statusCode);
        }
    }

    /// <summary>The SDK's resolver forgets a service URL as soon as it knows a region; the configuration does not.</summary>
    private sealed class ConfiguredEndpoint : EndpointResolver
    {
        public override Uri DetermineEndpoint(IRequestContext requestContext) => new(requestContext.ClientConfig.DetermineServiceOperationEndpoint(null!).URL);
    }

    private sealed class SignatureV4 : BaseAuthResolverHandler
    {
        protected override List<IAuthSchemeOption> ResolveAuthOptions(IExecutionContext executionContext) => AuthSchemeOption.DEFAULT_SIGV4;
    }
}
