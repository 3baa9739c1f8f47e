using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Modupay.Local.Cloud;

namespace Modupay.Local.Runtime;

/// <summary>
/// The server side of the Lambda Runtime API (2018-06-01). Every sandbox gets an address of its own, <c>host:port/function/sandbox</c>, so that
/// one port serves them all and it is known who asks. Anything that is not part of the API is refused.
/// </summary>
internal sealed class RuntimeApi(TimeProvider time) : IFunctionHost, IAsyncDisposable
{
    // Lambda's limit for one synchronous answer.
    private const long MaxAnswerBytes = 6 * 1024 * 1024;

    private readonly ConcurrentDictionary<string, FunctionQueue> _functions = new(StringComparer.Ordinal);
    private LoopbackServer? _server;

    public async Task StartAsync(CancellationToken ct) => _server = await LoopbackServer.StartAsync(0, "the Lambda Runtime API", HandleAsync, ct);

    /// <summary>The invocations of a function; a second call answers the same ones.</summary>
    public FunctionQueue Add(string function, TimeSpan timeLimit) => _functions.GetOrAdd(function, name => new FunctionQueue(name, timeLimit, time));

    /// <summary>The value of <c>AWS_LAMBDA_RUNTIME_API</c> for a sandbox.</summary>
    public string Address(string function, string sandbox) => $"{new Uri((_server ?? throw new InvalidOperationException("The Runtime API is not started.")).Url).Authority}/{function}/{sandbox}";

    public Task<InvocationResult> InvokeAsync(string function, ReadOnlyMemory<byte> payload, CancellationToken ct) =>
        _functions.TryGetValue(function, out var queue) ? queue.InvokeAsync(payload, ct) : throw new UnknownFunctionException(function);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    private Task HandleAsync(HttpContext http, CancellationToken ct)
    {
        var path = (http.Request.Path.Value ?? "").Split('/')[1..];
        if (path.Length < 5 || path[2] != "2018-06-01" || path[3] != "runtime" || !_functions.TryGetValue(path[0], out var queue)) return Refuse(http);
        var sandbox = path[1];
        return (http.Request.Method, path[4..]) switch
        {
            ("GET", ["invocation", "next"]) => NextAsync(http, queue, sandbox, ct),
            ("POST", ["invocation", var id, "response"]) => AnswerAsync(http, queue, sandbox, id),
            ("POST", ["invocation", var id, "error"]) => ErrorAsync(http, queue, sandbox, id),
            ("POST", ["init", "error"]) => InitialisationErrorAsync(http, queue, sandbox),
            _ => Refuse(http),
        };
    }

    private static async Task NextAsync(HttpContext http, FunctionQueue queue, string sandbox, CancellationToken ct)
    {
        var call = await queue.TakeAsync(sandbox, ct);
        var headers = http.Response.Headers;
        headers["Lambda-Runtime-Aws-Request-Id"] = call.RequestId;
        headers["Lambda-Runtime-Deadline-Ms"] = call.Deadline.ToUnixTimeMilliseconds().ToString();
        headers["Lambda-Runtime-Invoked-Function-Arn"] = queue.FunctionArn;
        headers["Lambda-Runtime-Trace-Id"] = call.TraceHeader;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = call.Payload.Length;
        await http.Response.Body.WriteAsync(call.Payload, CancellationToken.None);
    }

    private static async Task AnswerAsync(HttpContext http, FunctionQueue queue, string sandbox, string requestId)
    {
        var answer = await BodyAsync(http);
        if (answer.Length > MaxAnswerBytes) http.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        else Accept(http, queue.Complete(sandbox, requestId, InvocationResult.Answer(answer)));
    }

    private static async Task ErrorAsync(HttpContext http, FunctionQueue queue, string sandbox, string requestId) =>
        Accept(http, queue.Complete(sandbox, requestId, InvocationResult.Reported(await BodyAsync(http))));

    private static async Task InitialisationErrorAsync(HttpContext http, FunctionQueue queue, string sandbox)
    {
        queue.InitialisationFailed(sandbox, InvocationResult.Reported(await BodyAsync(http)));
        Accept(http, known: true);
    }

    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpContext http)
    {
        using var buffer = new MemoryStream();
        await http.Request.Body.CopyToAsync(buffer, http.RequestAborted);
        return buffer.ToArray();
    }

    private static void Accept(HttpContext http, bool known) => http.Response.StatusCode = known ? StatusCodes.Status202Accepted : StatusCodes.Status403Forbidden;

    private static Task Refuse(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
