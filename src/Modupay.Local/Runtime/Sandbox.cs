using Modupay.Local.Cloud;

namespace Modupay.Local.Runtime;

/// <summary>One place where a function runs: a child process, and the next one when it ends.</summary>
internal sealed class Sandbox(FunctionProgram program, int number, RuntimeApi runtimeApi, IReadOnlyList<string> command, TimeProvider time, Action<string, string> output) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    // As bare as in Lambda, so that a developer's own AWS profile or proxy cannot leak in; only what a program needs to start is kept.
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "DOTNET_ROOT", "USER"];

    private static readonly HttpClient Readiness = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ChildProcess? _process;
    private Task _life = Task.CompletedTask;
    private int _generation;

    /// <summary>Changes with every process, so that a late word from a dead one is not taken for its successor's.</summary>
    public string Name { get; private set; } = "";

    public Uri? Address { get; private set; }

    public void Start() => _life = LiveAsync();

    public void Kill()
    {
        lock (_lock) _process?.Kill();
    }

    public Task WaitUntilReadyAsync(CancellationToken ct)
    {
        lock (_lock) return _ready.Task.WaitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        ChildProcess? process;
        lock (_lock)
        {
            _stop.Cancel();
            process = _process;
        }

        if (process is not null) await process.StopAsync();
        await _life;
        _stop.Dispose();
    }

    private async Task LiveAsync()
    {
        var pause = FirstPause;
        while (!_stop.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            await RunOnceAsync();
            if (_stop.IsCancellationRequested) return;

            // A function that keeps dying must not keep a core busy; one that lived for a while is brought back at once.
            pause = time.GetElapsedTime(started) > LongestPause ? FirstPause : pause;
            await Task.Delay(pause, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task RunOnceAsync()
    {
        ChildProcess process;
        int port;
        lock (_lock)
        {
            if (_stop.IsCancellationRequested) return;
            Name = $"{number}-{++_generation}";
            port = program.Http ? Ports.Free() : 0;
            process = _process = ChildProcess.Start(Command(port));
        }

        var watched = program.Http ? BecomeReadyAsync(process, new Uri($"http://127.0.0.1:{port}")) : Task.CompletedTask;
        var exitCode = await process.Exited;
        lock (_lock)
        {
            (_process, Address) = (null, null);
            if (_ready.Task.IsCompleted) _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await watched;
        await process.DisposeAsync();
        if (!program.Http) runtimeApi.Add(program.Name, program.TimeLimit).SandboxEnded(Name, $"Runtime exited with exit status {exitCode}");
        if (!_stop.IsCancellationRequested) output(program.Name, $"sandbox {Name} ended with exit status {exitCode}");
    }

    private ChildCommand Command(int port)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in Inherited)
            if (Environment.GetEnvironmentVariable(name) is { } value) environment[name] = value;
        foreach (var (name, value) in program.Environment) environment[name] = value;
        environment["MODUPAY_FUNCTION"] = program.Name;
        environment["AWS_LAMBDA_FUNCTION_NAME"] = program.Name;
        if (program.Http) environment["AWS_LWA_PORT"] = port.ToString();
        else environment["AWS_LAMBDA_RUNTIME_API"] = runtimeApi.Address(program.Name, Name);
        return new ChildCommand(command[0], [.. command.Skip(1)]) { CleanEnvironment = true, Environment = environment, Output = line => output(program.Name, line) };
    }

    // As the Web Adapter does it: the function is open for requests as soon as /health/ready says so.
    private async Task BecomeReadyAsync(ChildProcess process, Uri address)
    {
        var health = new Uri(address, "/health/ready");
        while (!process.HasExited)
        {
            if (await AnswersAsync(health))
            {
                lock (_lock)
                {
                    if (_process != process) return;
                    Address = address;
                    _ready.TrySetResult();
                }

                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    private static async Task<bool> AnswersAsync(Uri health)
    {
        try
        {
            using var answer = await Readiness.GetAsync(health);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
