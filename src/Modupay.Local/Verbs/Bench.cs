using Modupay.Local.Bench;

namespace Modupay.Local.Verbs;

/// <summary>Measures, and prints ratios against a limit measured in the same run.</summary>
internal static class Bench
{
    public static readonly Verb Verb = new("bench", "measure, as ratios against a limit of the same run: bench dispatch", """
        dotnet run -c Release --project src/Modupay.Local -- bench dispatch [--slices N] [--sandboxes N]

          dispatch    slices per second from POST /v1/payouts to a bank that accepted them, against the bare parts of that path
        """, RunAsync);

    private static Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var slices = arguments.Number("--slices", 500, 10, 100_000);
        var sandboxes = arguments.Number("--sandboxes", 2, 1, 16);
        return arguments.Rest() switch
        {
            ["dispatch"] => DispatchBench.RunAsync(slices, sandboxes, ct),
            _ => throw new ArgumentsException("Which measurement?"),
        };
    }
}
