using System.Collections.Concurrent;
using System.Text;
using Modupay.Local.Runtime;

namespace Modupay.JourneyTests.Runtime;

public sealed class FunctionProcessesTests : IAsyncLifetime
{
    /// <summary>The clock of the time limits, which stands still unless a test says otherwise: how busy this machine is, is not measured.</summary>
    private readonly ManualTime _time = new(TimeProvider.System.GetUtcNow());
    private readonly RuntimeApi _api;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly FunctionProcesses _functions;

    public FunctionProcessesTests() =>
        _functions = new(_api = new(_time), TestFunction.Command, TimeProvider.System, (function, line) => _lines.Enqueue($"{function}: {line}"));

    // Longer than any of this takes: the sandbox itself looks at the real clock, and stops what is late.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(10);

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
        await SaysAsync($"worker: started worker {before}");
    }

    [Fact]
    public async Task A_killed_function_comes_back()
    {
        Start();
        var before = await AskAsync("pid");
        var hanging = InvokeAsync("hang");
        await SaysAsync("worker: hanging");

        _functions.Kill("worker");

        Assert.Equal(FunctionError.ProcessEnded, (await hanging).Error?.Type);
        Assert.NotEqual(before, await AskAsync("pid"));
    }

    [Fact]
    public async Task A_function_that_ignores_its_deadline_is_killed_at_its_time_limit()
    {
        Start();
        var before = await AskAsync("pid");

        var late = InvokeAsync("hang");
        await SaysAsync("worker: hanging");
        _time.Advance(TimeLimit);

        Assert.Equal(FunctionError.TimedOut, (await late).Error?.Type);
        Assert.NotEqual(before, await AskAsync("pid"));
    }

    [Fact]
    public async Task A_sandbox_sees_what_it_was_given_and_not_the_developers_environment()
    {
        // A name of its own: the tests beside this one have the same environment.
        Environment.SetEnvironmentVariable("DEVELOPERS_OWN", "mine");
        Start();

        var names = (await AskAsync("environment")).Split('\n');

        Assert.Contains("GIVEN", names);
        Assert.Contains("AWS_LAMBDA_RUNTIME_API", names);
        Assert.DoesNotContain("DEVELOPERS_OWN", names);
    }

    [Fact]
    public async Task An_http_function_is_open_when_it_says_so_and_comes_back_at_another_address()
    {
        _functions.Start(new FunctionProgram("api", TimeSpan.FromSeconds(29), 1, new Dictionary<string, string>()) { Http = true });
        Assert.Null(_functions.AddressOf("api"));
        await _functions.WaitUntilHttpReadyAsync("api", Soon());
        var first = _functions.AddressOf("api")!;
        using var http = new HttpClient();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => http.GetAsync(new Uri(first, "/exit")));
        // Closed for a moment, and then open at another address: each process has a port of its own.
        var second = await Eventually.FindAsync(() => Task.FromResult(_functions.AddressOf("api") is { } address && address != first ? address : null), () => "The function did not come back.");

        using var answer = await http.GetAsync(new Uri(second, "/health/ready"));
        Assert.True(answer.IsSuccessStatusCode);
    }

    private void Start() => _functions.Start(new FunctionProgram("worker", TimeLimit, 1, new Dictionary<string, string> { ["GIVEN"] = "1" }));

    private Task SaysAsync(string line) => Eventually.IsAsync(() => _lines.Contains(line), () => $"'{line}' was not said, but: {string.Join('\n', _lines)}");

    private async Task<string> AskAsync(string question)
    {
        var result = await InvokeAsync(question);
        Assert.Null(result.Error);
        return Encoding.UTF8.GetString(result.Payload.Span);
    }

    private Task<InvocationResult> InvokeAsync(string payload) => _functions.InvokeAsync("worker", Encoding.UTF8.GetBytes(payload), Soon());

    private static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
}
