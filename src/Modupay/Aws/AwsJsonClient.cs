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
/// One client for every AWS service that speaks JSON over POST, whether it names an operation in a header or by a path. Credentials, SigV4, retries, clock-skew correction and connection pooling are
/// the SDK's own, so it behaves as the S3, DynamoDB and KMS clients beside it do. It leans on the SDK's <c>Internal</c> namespaces: the
/// version of AWSSDK.Core is pinned, and a bump of it is tested before it lands.
/// </summary>
internal sealed class AwsJsonClient(AwsJsonService service, AwsJsonConfig config) : AmazonServiceClient(config.DefaultAWSCredentials, config)
{
    public Task<TResponse> SendAsync<TRequest, TResponse>(
        string operation, TRequest body, JsonTypeInfo<TRequest> requestInfo, JsonTypeInfo<TResponse> responseInfo, CancellationToken ct) =>
        InvokeAsync(operation, new JsonMarshaller(service, operation, "/", JsonSerializer.SerializeToUtf8Bytes(body, requestInfo)), responseInfo, ct);

    /// <summary>For the services that name an operation by its path.</summary>
    public Task<TResponse> PostAsync<TRequest, TResponse>(
        string path, TRequest body, JsonTypeInfo<TRequest> requestInfo, JsonTypeInfo<TResponse> responseInfo, CancellationToken ct) =>
        InvokeAsync(path, new JsonMarshaller(service, null, path, JsonSerializer.SerializeToUtf8Bytes(body, requestInfo)), responseInfo, ct);

    private async Task<TResponse> InvokeAsync<TResponse>(string operation, JsonMarshaller marshaller, JsonTypeInfo<TResponse> responseInfo, CancellationToken ct)
    {
        var options = new InvokeOptions { RequestMarshaller = marshaller, ResponseUnmarshaller = JsonUnmarshaller.Instance };
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

    private sealed class JsonMarshaller(AwsJsonService service, string? operation, string path, byte[] body) : IMarshaller<IRequest, AmazonWebServiceRequest>
    {
        public IRequest Marshall(AmazonWebServiceRequest input)
        {
            var request = new DefaultRequest(input, service.ServiceId) { HttpMethod = "POST", ResourcePath = path, Content = body };
            request.Headers["Content-Type"] = operation is null ? "application/json" : "application/x-amz-json-" + service.JsonVersion;
            if (operation is not null) request.Headers["X-Amz-Target"] = $"{service.TargetPrefix}.{operation}";
            return request;
        }
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
