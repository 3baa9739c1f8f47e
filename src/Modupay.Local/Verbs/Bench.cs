using Modupay.Local.Bench;

namespace Modupay.Local.Verbs;

/// <summary>Measures, and prints ratios against a limit measured in the same run.</summary>
internal static class Bench
{
    public static readonly Verb Verb = new("bench", "measure, as ratios against a limit of the same run: auth, dispatch, ingest, ledger, parse, reconcile, vault", """
        dotnet run -c Release --project src/Modupay.Local -- bench auth [--clients N] [--rounds N] [--seconds N]
        dotnet run -c Release --project src/Modupay.Local -- bench dispatch [--slices N] [--sandboxes N]
        dotnet run -c Release --project src/Modupay.Local -- bench ingest [--mb N]
        dotnet run -c Release --project src/Modupay.Local -- bench ledger …
        dotnet run -c Release --project src/Modupay.Local -- bench parse …
        dotnet run -c Release --project src/Modupay.Local -- bench reconcile [--lines N] [--items N]
        dotnet run -c Release --project src/Modupay.Local -- bench vault [--seconds N]

          auth        what authentication, tenant scoping, idempotency and rate limits cost, against the same endpoint without them
          dispatch    slices per second from POST /v1/payouts to a bank that accepted them, against the bare parts of that path
          ingest      seconds and memory of each invocation that a large statement file takes, against the time a function has
          ledger      postings per second, single and batched, spread and hot, against one bare prepared statement
          parse       megabytes per second of generated statements, against a minimal extractor and a bare XmlReader
          vault       fields sealed per second against bare AES-GCM, and audited commits against commits
          reconcile   statement lines per second against open items, from taking them in to the last event, and whether every total is right
        """, RunAsync);

    private static Task<int> RunAsync(Arguments arguments, CancellationToken ct) => (arguments.Words is [var name, ..] ? name : "") switch
    {
        "auth" => AuthAsync(arguments, ct),
        "dispatch" => DispatchAsync(arguments, ct),
        "ingest" => IngestAsync(arguments, ct),
        "ledger" => LedgerAsync([.. arguments.Words.Skip(1)], ct),
        "parse" => ParseBench.RunAsync([.. arguments.Words.Skip(1)]),
        "vault" => VaultAsync(arguments, ct),
        "reconcile" => ReconcileAsync(arguments, ct),
        "" => throw new ArgumentsException("Which measurement?"),
        var other => throw new ArgumentsException($"There is no measurement '{other}'."),
    };

    private static Task<int> AuthAsync(Arguments arguments, CancellationToken ct)
    {
        var clients = arguments.Number("--clients", 16, 1, 256);
        var rounds = arguments.Number("--rounds", 5, 1, 100);
        var seconds = arguments.Number("--seconds", 2, 1, 60);
        return arguments.Rest() is ["auth"] ? AuthBench.RunAsync(clients, rounds, TimeSpan.FromSeconds(seconds), ct) : throw new ArgumentsException("bench auth takes --clients, --rounds and --seconds.");
    }

    private static Task<int> DispatchAsync(Arguments arguments, CancellationToken ct)
    {
        var slices = arguments.Number("--slices", 500, 10, 100_000);
        var sandboxes = arguments.Number("--sandboxes", 2, 1, 16);
        return arguments.Rest() is ["dispatch"] ? DispatchBench.RunAsync(slices, sandboxes, ct) : throw new ArgumentsException("bench dispatch takes --slices and --sandboxes.");
    }

    private static Task<int> VaultAsync(Arguments arguments, CancellationToken ct)
    {
        var seconds = arguments.Number("--seconds", 3, 1, 600);
        return arguments.Rest() is ["vault"] ? VaultBench.RunAsync(seconds, ct) : throw new ArgumentsException("bench vault takes --seconds.");
    }

    private static Task<int> ReconcileAsync(Arguments arguments, CancellationToken ct)
    {
        var lines = arguments.Number("--lines", 100_000, 1_000, 1_000_000);
        var items = arguments.Number("--items", 1_000_000, 1_000, 10_000_000);
        return arguments.Rest() is ["reconcile"] ? ReconcileBench.RunAsync(lines, items, Console.Out, ct) : throw new ArgumentsException("bench reconcile takes --lines and --items.");
    }

    private static Task<int> IngestAsync(Arguments arguments, CancellationToken ct)
    {
        var megabytes = arguments.Number("--mb", 250, 1, 4_000);
        return arguments.Rest() is ["ingest"] ? IngestBench.RunAsync(megabytes, Console.Out, ct) : throw new ArgumentsException("bench ingest takes --mb.");
    }

    private static async Task<int> LedgerAsync(string[] options, CancellationToken ct)
    {
        await LedgerBench.RunAsync(options, Console.Out, ct);
        return 0;
    }
}
