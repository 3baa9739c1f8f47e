using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Modupay.Lambda.Runtime;

/// <summary>
/// The loop an event function lives in: ask the Lambda Runtime API (2018-06-01) for the next invocation, run the handler, report the answer
/// or the error. A failure is reported under a name, so that workflows can match it and queues deliver again.
/// </summary>
internal sealed class LambdaRuntime(string runtimeApi, TimeProvider time, ILogger log) : IDisposable
{
    // Enough to report and log the failure before Lambda freezes or kills the sandbox.
    private static readonly TimeSpan Reserve = TimeSpan.FromMilliseconds(500);

    // /next may answer hours later, when the sandbox thaws, so the client itself never times out.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan })
    {
        BaseAddress = new Uri($"http://{runtimeApi}/2018-06-01/runtime/"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Runs until <paramref name="stop"/>. An initialisation that fails is reported to Lambda and then thrown: the process has to end.</summary>
    public async Task RunAsync(Func<CancellationToken, Task<FunctionHandler>> initialise, CancellationToken stop)
    {
        var handler = await InitialiseAsync(initialise, stop);
        while (!stop.IsCancellationRequested)
        {
            var (payload, invocation) = await NextAsync(stop);
            await InvokeAsync(handler, payload, invocation, stop);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<FunctionHandler> InitialiseAsync(Func<CancellationToken, Task<FunctionHandler>> initialise, CancellationToken stop)
    {
        try
        {
            return await initialise(stop);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            await PostErrorAsync("init/error", LambdaFailure.From(exception));
            throw;
        }
    }

    private async Task<(byte[] Payload, Invocation Invocation)> NextAsync(CancellationToken stop)
    {
        using var next = await _http.GetAsync("invocation/next", stop);
        next.EnsureSuccessStatusCode();
        var deadline = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(Header("Lambda-Runtime-Deadline-Ms") ?? throw new InvalidDataException("Lambda sent no deadline.")));
        var invocation = new Invocation(
            Header("Lambda-Runtime-Aws-Request-Id") ?? throw new InvalidDataException("Lambda sent no request id."),
            Header("Lambda-Runtime-Invoked-Function-Arn") ?? "",
            Header("Lambda-Runtime-Trace-Id"),
            deadline);
        return (await next.Content.ReadAsByteArrayAsync(stop), invocation);

        string? Header(string name) => next.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
    }

    private async Task InvokeAsync(FunctionHandler handler, byte[] payload, Invocation invocation, CancellationToken stop)
    {
        // The X-Ray libraries read the variable; everything of ours reads Activity.Current.
        Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", invocation.TraceHeader);
        using var activity = StartActivity(invocation);
        using var deadline = new CancellationTokenSource(TimeLeft(invocation), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
        try
        {
            var answer = await handler(payload, invocation, either.Token);
            await PostAnswerAsync(invocation, answer);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await FailAsync(invocation, new LambdaFailure(LambdaFailure.Stopped, "The sandbox was asked to stop while the function ran.", []));
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            await FailAsync(invocation, new LambdaFailure(LambdaFailure.DeadlineExceeded, $"The function stopped {Reserve.TotalMilliseconds} ms before its time limit.", []));
        }
        catch (Exception exception) when (exception is not RuntimeApiException)
        {
            log.LogError(exception, "Invocation {RequestId} failed.", invocation.RequestId);
            await PostErrorAsync($"invocation/{invocation.RequestId}/error", LambdaFailure.From(exception));
        }
    }

    private async Task FailAsync(Invocation invocation, LambdaFailure failure)
    {
        log.LogError("Invocation {RequestId} failed: {ErrorType}: {ErrorMessage}", invocation.RequestId, failure.ErrorType, failure.ErrorMessage);
        await PostErrorAsync($"invocation/{invocation.RequestId}/error", failure);
    }

    private async Task PostAnswerAsync(Invocation invocation, ReadOnlyMemory<byte> answer)
    {
        if (await PostAsync($"invocation/{invocation.RequestId}/response", answer, errorType: null) is HttpStatusCode.RequestEntityTooLarge)
            await FailAsync(invocation, new LambdaFailure(LambdaFailure.AnswerTooLarge, $"The answer has {answer.Length} bytes, more than Lambda carries.", []));
    }

    private Task PostErrorAsync(string path, LambdaFailure failure) =>
        PostAsync(path, JsonSerializer.SerializeToUtf8Bytes(failure, LambdaJson.Default.LambdaFailure), failure.ErrorType);

    // Without a token: what has been done must be reported even while the process is asked to stop.
    private async Task<HttpStatusCode> PostAsync(string path, ReadOnlyMemory<byte> body, string? errorType)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (errorType is not null) request.Headers.TryAddWithoutValidation("Lambda-Runtime-Function-Error-Type", errorType);
        using var response = await _http.SendAsync(request, CancellationToken.None);
        if (!response.IsSuccessStatusCode && response.StatusCode is not HttpStatusCode.RequestEntityTooLarge)
            throw new RuntimeApiException($"Lambda refused {path} with status {(int)response.StatusCode}.");
        return response.StatusCode;
    }

    private TimeSpan TimeLeft(Invocation invocation)
    {
        var left = invocation.Deadline - time.GetUtcNow() - Reserve;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static Activity StartActivity(Invocation invocation)
    {
        var activity = new Activity("invoke");
        if (XRayTrace.Parse(invocation.TraceHeader) is { } parent) activity.SetParentId(parent.TraceId, parent.SpanId, parent.TraceFlags);
        return activity.Start();
    }
}

/// <summary>The Runtime API itself misbehaved. Nothing can be reported any more, so the process ends and Lambda starts another.</summary>
internal sealed class RuntimeApiException(string message) : Exception(message);
