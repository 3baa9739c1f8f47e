using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Modupay.Local.Cloud;

/// <summary>What an AWS service answers instead of a result. <paramref name="queryCode"/> is the older name of the error that SQS also sends.</summary>
internal sealed class AwsException(string code, string message, int status = 400, string? queryCode = null) : Exception(message)
{
    public string Code => code;

    public int Status => status;

    public string? QueryCode => queryCode;
}

/// <summary>One operation and the parameters it understands. Any other is refused: ignoring it would make a promise the stand-in does not keep.</summary>
internal sealed record AwsOperation(Func<AwsRequest, CancellationToken, Task<JsonObject>> HandleAsync, params IReadOnlyList<string> Parameters)
{
    public AwsOperation(Func<AwsRequest, JsonObject> handle, params IReadOnlyList<string> parameters)
        : this((request, _) => Task.FromResult(handle(request)), parameters) { }
}

/// <summary>A service of AWS's JSON protocol: <c>X-Amz-Target: {Target}.{operation}</c>, version 1.0 or 1.1.</summary>
internal sealed record AwsJsonService(string Name, string Target, string Version, IReadOnlyDictionary<string, AwsOperation> Operations)
{
    /// <summary>What the service calls a request that makes no sense.</summary>
    public string InvalidCode { get; init; } = "ValidationException";
}

/// <summary>Speaks AWS's JSON protocol for one stand-in on loopback. Signatures are not verified: who can reach loopback is trusted.</summary>
internal static class AwsJsonServer
{
    public static Task<LoopbackServer> StartAsync(AwsJsonService service, int port, CancellationToken ct) =>
        LoopbackServer.StartAsync(port, $"the local {service.Name}", (context, token) => AnswerAsync(service, context, token), ct);

    private static async Task AnswerAsync(AwsJsonService service, HttpContext context, CancellationToken ct)
    {
        JsonObject answer;
        try
        {
            answer = await HandleAsync(service, context.Request, ct);
        }
        catch (AwsException refusal)
        {
            context.Response.StatusCode = refusal.Status;
            if (refusal.QueryCode is { } queryCode) context.Response.Headers["x-amzn-query-error"] = $"{queryCode};Sender";
            answer = new() { ["__type"] = $"com.amazonaws.{service.Name}#{refusal.Code}", ["message"] = refusal.Message };
        }

        context.Response.Headers["x-amzn-RequestId"] = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();
        context.Response.ContentType = $"application/x-amz-json-{service.Version}";
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(buffer)) answer.WriteTo(writer);
        context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.Body.WriteAsync(buffer.WrittenMemory, ct);
    }

    private static async Task<JsonObject> HandleAsync(AwsJsonService service, HttpRequest request, CancellationToken ct)
    {
        var target = request.Headers["X-Amz-Target"].ToString();
        var name = target.StartsWith(service.Target + ".", StringComparison.Ordinal) ? target[(service.Target.Length + 1)..] : null;
        if (!HttpMethods.IsPost(request.Method) || name is null || !service.Operations.TryGetValue(name, out var operation))
            throw new AwsException("UnknownOperationException", $"{(target.Length > 0 ? target : request.Method)} is not an operation of the local {service.Name}.");

        var contentType = $"application/x-amz-json-{service.Version}";
        if (request.ContentType?.Split(';')[0] != contentType)
            throw new AwsException("SerializationException", $"The content type must be {contentType}.");

        var body = await ReadAsync(request, ct);
        if (body.FirstOrDefault(parameter => !operation.Parameters.Contains(parameter.Key, StringComparer.Ordinal)).Key is { } unknown)
            throw new AwsException(service.InvalidCode, $"The local {service.Name} does not support the parameter {unknown} of {name}.");
        return await operation.HandleAsync(new AwsRequest(body, service.InvalidCode), ct);
    }

    private static async Task<JsonObject> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        try
        {
            return await JsonNode.ParseAsync(request.Body, cancellationToken: ct) as JsonObject
                ?? throw new AwsException("SerializationException", "The body is not a JSON object.");
        }
        catch (JsonException failure)
        {
            throw new AwsException("SerializationException", $"The body is not JSON: {failure.Message}");
        }
    }
}
