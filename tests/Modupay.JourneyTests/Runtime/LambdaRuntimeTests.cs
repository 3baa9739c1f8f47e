using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Lambda.Runtime;
using Modupay.Local.Runtime;
using Xunit;

namespace Modupay.JourneyTests.Runtime;

/// <summary>The loop that runs in AWS, against the local Runtime API, over a real socket.</summary>
public sealed class LambdaRuntimeTests : IAsyncLifetime
{
    private readonly RuntimeApi _api = new(TimeProvider.System);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public Task InitializeAsync() => _api.StartAsync(CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(_loop);
        await _api.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task The_answer_comes_back_byte_for_byte()
    {
        Start((payload, _, _) => Task.FromResult(payload));
        var payload = Encoding.UTF8.GetBytes("""{"text":"é✓"}""");

        var result = await InvokeAsync(payload);

        Assert.Null(result.Error);
        Assert.Equal(payload, result.Payload.ToArray());
    }

    [Fact]
    public async Task A_named_error_keeps_its_name_and_any_other_exception_its_type()
    {
        Start((payload, _, _) => payload.Length == 0 ? throw new LambdaError("Statements.Unreadable", "line 3") : throw new InvalidDataException("broken"));

        Assert.Equal(new FunctionError("Statements.Unreadable", "line 3"), (await InvokeAsync([])).Error);
        Assert.Equal(new FunctionError("System.IO.InvalidDataException", "broken"), (await InvokeAsync([1])).Error);
    }

    [Fact]
    public async Task The_handler_is_told_half_a_second_before_its_limit()
    {
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var running = new TaskCompletionSource<DateTimeOffset>();
        var told = new TaskCompletionSource<DateTimeOffset>();
        Start(async (_, invocation, ct) =>
        {
            await using var _1 = ct.Register(() => told.SetResult(time.Now));
            running.SetResult(invocation.Deadline);
            await Task.Delay(Timeout.Infinite, ct);
            return default;
        }, time);
        var result = InvokeAsync([]);
        var deadline = await running.Task;

        time.Advance(deadline - time.Now);

        Assert.Equal(deadline - TimeSpan.FromMilliseconds(500), await told.Task);
        Assert.Equal(LambdaFailure.DeadlineExceeded, (await result).Error?.Type);
    }

    [Fact]
    public async Task The_callers_trace_is_the_handlers_trace()
    {
        using var caller = new Activity("caller").Start();
        var traceId = "";
        Start((payload, _, _) =>
        {
            traceId = Activity.Current!.TraceId.ToHexString();
            Assert.Contains(traceId[8..], Environment.GetEnvironmentVariable("_X_AMZN_TRACE_ID"), StringComparison.Ordinal);
            return Task.FromResult(payload);
        });

        Assert.Null((await InvokeAsync([])).Error);
        Assert.Equal(caller.TraceId.ToHexString(), traceId);
    }

    [Fact]
    public async Task An_answer_above_six_megabytes_is_an_error_and_the_sandbox_lives_on()
    {
        Start((payload, _, _) => Task.FromResult<ReadOnlyMemory<byte>>(new byte[payload.Length == 0 ? 6 * 1024 * 1024 + 1 : 1]));

        Assert.Equal(LambdaFailure.AnswerTooLarge, (await InvokeAsync([])).Error?.Type);
        Assert.Equal(1, (await InvokeAsync([1])).Payload.Length);
    }

    [Fact]
    public async Task A_failed_initialisation_is_reported_to_whoever_waits_and_ends_the_process()
    {
        var queue = _api.Add("echo", TimeSpan.FromSeconds(5));
        var waiting = queue.InvokeAsync(default, CancellationToken.None);
        using var runtime = new LambdaRuntime(_api.Address("echo", "1"), TimeProvider.System, NullLogger.Instance);

        await Assert.ThrowsAsync<LambdaError>(() => runtime.RunAsync(_ => throw new LambdaError("Modupay.NoDatabase", "no route"), CancellationToken.None));

        Assert.Equal("Modupay.NoDatabase", (await waiting).Error?.Type);
    }

    [Fact]
    public async Task Stopping_reports_what_was_running()
    {
        var started = new TaskCompletionSource();
        Start(async (payload, _, ct) =>
        {
            started.SetResult();
            await Task.Delay(Timeout.Infinite, ct);
            return payload;
        });
        var result = InvokeAsync([]);
        await started.Task;

        await _stop.CancelAsync();

        Assert.Equal(LambdaFailure.Stopped, (await result).Error?.Type);
        await _loop;
    }

    private void Start(FunctionHandler handler, TimeProvider? time = null)
    {
        _api.Add("echo", TimeSpan.FromSeconds(60));
        var runtime = new LambdaRuntime(_api.Address("echo", "1"), time ?? TimeProvider.System, NullLogger.Instance);
        _loop = runtime.RunAsync(_ => Task.FromResult(handler), _stop.Token).ContinueWith(_ => runtime.Dispose(), TaskScheduler.Default);
    }

    private Task<InvocationResult> InvokeAsync(byte[] payload) => _api.InvokeAsync("echo", payload, CancellationToken.None);
}
