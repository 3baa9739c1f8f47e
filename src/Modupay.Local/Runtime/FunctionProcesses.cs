using System.Collections.Concurrent;

namespace Modupay.Local.Runtime;

/// <summary>A function as the local cloud starts it: how many sandboxes, and every environment variable they see.</summary>
internal sealed record FunctionProgram(string Name, TimeSpan TimeLimit, int Sandboxes, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>An HTTP function listens on a port of its own instead of asking for invocations.</summary>
    public bool Http { get; init; }
}

/// <summary>
/// Runs each function as child processes of the real executable. A crash is therefore a crash: the invocation is lost, the sandbox starts
/// again, and nothing of its memory survives.
/// </summary>
/// <param name="command">The program and its first arguments, such as <c>dotnet Modupay.Lambda.dll</c>.</param>
/// <param name="output">Receives each line with the function it came from.</param>
internal sealed class FunctionProcesses(RuntimeApi runtimeApi, IReadOnlyList<string> command, TimeProvider time, Action<string, string> output) : IFunctionHost, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<Sandbox>> _functions = new(StringComparer.Ordinal);

    public void Start(FunctionProgram program)
    {
        var sandboxes = Enumerable.Range(1, program.Sandboxes).Select(number => new Sandbox(program, number, runtimeApi, command, time, output)).ToList();
        if (!_functions.TryAdd(program.Name, sandboxes)) throw new InvalidOperationException($"The function {program.Name} runs already.");
        if (!program.Http)
        {
            runtimeApi.Add(program.Name, program.TimeLimit).SandboxTimedOut = name => sandboxes.FirstOrDefault(sandbox => sandbox.Name == name)?.Kill();
        }

        foreach (var sandbox in sandboxes) sandbox.Start();
    }

    public Task<InvocationResult> InvokeAsync(string function, ReadOnlyMemory<byte> payload, CancellationToken ct) => runtimeApi.InvokeAsync(function, payload, ct);

    /// <summary>Kills every sandbox of the function as a failing host would, without warning. They start again by themselves.</summary>
    public void Kill(string function)
    {
        foreach (var sandbox in Sandboxes(function)) sandbox.Kill();
    }

    /// <summary>Where an HTTP function answers now; null while it starts.</summary>
    public Uri? AddressOf(string function) => Sandboxes(function)[0].Address;

    public Task WaitUntilHttpReadyAsync(string function, CancellationToken ct) => Sandboxes(function)[0].WaitUntilReadyAsync(ct);

    public async ValueTask DisposeAsync() => await Task.WhenAll(_functions.Values.SelectMany(sandboxes => sandboxes).Select(sandbox => sandbox.DisposeAsync().AsTask()));

    private IReadOnlyList<Sandbox> Sandboxes(string function) => _functions.TryGetValue(function, out var sandboxes) ? sandboxes : throw new UnknownFunctionException(function);
}
