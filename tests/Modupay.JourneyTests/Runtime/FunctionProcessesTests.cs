using System.Collections.Concurrent;
using System.Text;
using Modupay.Local.Runtime;

namespace Modupay.JourneyTests.Runtime;

public sealed class FunctionProcessesTests : IAsyncLifetime
{
    private readonly RuntimeApi _api = new(TimeProvider.System);
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly FunctionProcesses _functions;

    public FunctionProcessesTests() => _functions = new(_api, TestFunction.Command, TimeProvider.System, (function, line) => _lines.Enqueue($"{function}: {line}"));

    public Task InitializeAsync() => _api.StartAsync(CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _functions.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task A_crash_fails_its_invocation_and_the_next_one_runs_in_a_new_process()
    {
        Start();
        var before = await AskAsync("pid");

        var crash = await InvokeAsync("exit");

        Assert.Equal(FunctionError.ProcessEnded, crash.Error?.Type);
        Assert.Contains("exit status 3", crash.Error!.Message, StringComparison.Ordinal);
        Assert.NotEqual(before, await AskAsync("pid"));
        Assert.Contains($"worker: started worker {before}", _lines);
    }

    [Fact]
    public async Task A_killed_function_comes_back()
    {
        Start();
        var before = await AskAsync("pid");
        var hanging = InvokeAsync("hang");
        var soon = Soon();
        while (!_lines.Contains("worker: hanging")) await Task.Delay(5, soon);

        _functions.Kill("worker");

        Assert.Equal(FunctionError.ProcessEnded, (await hanging).Error?.Type);
        Assert.NotEqual(before, await AskAsync("pid"));
    }

    [Fact]
    public async Task A_function_that_ignores_its_deadline_is_killed_at_its_time_limit()
    {
        Start(timeLimit: TimeSpan.FromSeconds(1));
        var before = await AskAsync("pid");

        var late = await InvokeAsync("hang");

        Assert.Equal(FunctionError.TimedOut, late.Error?.Type);
        Assert.NotEqual(before, await AskAsync("pid"));
    }

    [Fact]
    public async Task A_sandbox_sees_what_it_was_given_and_not_the_developers_environment()
    {
        Environment.SetEnvironmentVariable("AWS_PROFILE", "mine");
        Start();

        var names = (await AskAsync("environment")).Split('\n');

        Assert.Contains("GIVEN", names);
        Assert.Contains("AWS_LAMBDA_RUNTIME_API", names);
        Assert.DoesNotContain("AWS_PROFILE", names);
        Environment.SetEnvironmentVariable("AWS_PROFILE", null);
    }

    [Fact]
    public async Task An_http_function_is_open_when_it_says_so_and_closed_while_it_restarts()
    {
        _functions.Start(new FunctionProgram("api", TimeSpan.FromSeconds(29), 1, new Dictionary<string, string>()) { Http = true });
        Assert.Null(_functions.AddressOf("api"));
        await _functions.WaitUntilHttpReadyAsync("api", Soon());
        var first = _functions.AddressOf("api")!;
        using var http = new HttpClient();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => http.GetAsync(new Uri(first, "/exit")));
        var soon = Soon();
        while (_functions.AddressOf("api") is not null) await Task.Delay(10, soon);
        await _functions.WaitUntilHttpReadyAsync("api", Soon());

        using var answer = await http.GetAsync(new Uri(_functions.AddressOf("api")!, "/health/ready"));
        Assert.True(answer.IsSuccessStatusCode);
    }

    private void Start(TimeSpan? timeLimit = null) =>
        _functions.Start(new FunctionProgram("worker", timeLimit ?? TimeSpan.FromSeconds(20), 1, new Dictionary<string, string> { ["GIVEN"] = "1" }));

    private async Task<string> AskAsync(string question)
    {
        var result = await InvokeAsync(question);
        Assert.Null(result.Error);
        return Encoding.UTF8.GetString(result.Payload.Span);
    }

    private Task<InvocationResult> InvokeAsync(string payload) => _functions.InvokeAsync("worker", Encoding.UTF8.GetBytes(payload), Soon());

    private static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;
}
