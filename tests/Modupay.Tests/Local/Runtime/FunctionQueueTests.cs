using Modupay.Local.Runtime;
using Xunit;

namespace Modupay.Tests.Local.Runtime;

public sealed class FunctionQueueTests
{
    private readonly ManualTime _time = new();
    private readonly FunctionQueue _queue;

    public FunctionQueueTests() => _queue = new FunctionQueue("echo", TimeSpan.FromSeconds(60), _time);

    [Fact]
    public void An_invocation_waits_for_a_sandbox_and_carries_its_deadline() => _time.Run(async () =>
    {
        var answer = _queue.InvokeAsync("1"u8.ToArray(), CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(100));

        var call = await _queue.TakeAsync("a", CancellationToken.None);

        Assert.Equal(_time.Now.AddSeconds(60), call.Deadline);
        Assert.True(_queue.Complete("a", call.RequestId, InvocationResult.Answer("2"u8.ToArray())));
        Assert.Equal("2"u8.ToArray(), (await answer).Payload.ToArray());
    });

    [Fact]
    public void A_sandbox_that_ends_in_the_middle_fails_its_invocation_as_a_crash() => _time.Run(async () =>
    {
        var answer = _queue.InvokeAsync(default, CancellationToken.None);
        var call = await _queue.TakeAsync("a", CancellationToken.None);

        _queue.SandboxEnded("a", "exit status 137");

        Assert.Equal(FunctionError.ProcessEnded, (await answer).Error?.Type);
        Assert.False(_queue.Complete("a", call.RequestId, InvocationResult.Answer(default)));
    });

    [Fact]
    public void The_time_limit_fails_the_invocation_and_names_the_sandbox_to_kill() => _time.Run(async () =>
    {
        var killed = "";
        _queue.SandboxTimedOut = sandbox => killed = sandbox;
        var answer = _queue.InvokeAsync(default, CancellationToken.None);
        await _queue.TakeAsync("a", CancellationToken.None);

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(answer.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((FunctionError.TimedOut, "a"), ((await answer).Error?.Type, killed));
    });

    [Fact]
    public void A_sandbox_that_asks_again_without_answering_has_crashed() => _time.Run(async () =>
    {
        var answer = _queue.InvokeAsync(default, CancellationToken.None);
        await _queue.TakeAsync("a", CancellationToken.None);
        using var stop = new CancellationTokenSource();

        var next = _queue.TakeAsync("a", stop.Token);

        Assert.Equal(FunctionError.ProcessEnded, (await answer).Error?.Type);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    });

    [Fact]
    public void An_invocation_nobody_waits_for_is_not_run() => _time.Run(async () =>
    {
        using var impatient = new CancellationTokenSource();
        var abandoned = _queue.InvokeAsync("abandoned"u8.ToArray(), impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        _ = _queue.InvokeAsync("wanted"u8.ToArray(), CancellationToken.None);

        var call = await _queue.TakeAsync("a", CancellationToken.None);

        Assert.Equal("wanted"u8.ToArray(), call.Payload.ToArray());
    });

    [Fact]
    public void A_function_that_cannot_start_fails_one_waiting_invocation_for_each_attempt() => _time.Run(async () =>
    {
        var first = _queue.InvokeAsync(default, CancellationToken.None);
        var second = _queue.InvokeAsync(default, CancellationToken.None);

        _queue.InitialisationFailed("a", InvocationResult.Failed("Modupay.NoDatabase", "no route"));
        _queue.SandboxEnded("a", "exit status 1");

        Assert.Equal("Modupay.NoDatabase", (await first).Error?.Type);
        Assert.False(second.IsCompleted);

        _queue.SandboxEnded("b", "exit status 139");
        Assert.Equal(FunctionError.ProcessEnded, (await second).Error?.Type);
    });
}
