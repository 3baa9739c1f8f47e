namespace Modupay.Local.Verbs;

/// <summary>One thing this program does. <c>Help</c> is what a person needs to use it without reading code.</summary>
internal sealed record Verb(string Name, string Summary, string Help, Func<Arguments, CancellationToken, Task<int>> Execute)
{
    private const int Misused = 64; // EX_USAGE of sysexits(3)

    internal static readonly IReadOnlyList<Verb> All = [Up.Verb, Demo.Verb, Migrate.Verb, AuditVerify.Verb, LedgerVerify.Verb, OperatorInvite.Verb, ReplaceTokenKey.Verb, StatementParse.Verb, FuzzApi.Verb, Fuzz.Verb, Bench.Verb];

    public static async Task<int> RunAsync(string[] args, CancellationToken ct)
    {
        if (args is ["--help" or "-h" or "help", .. var about]) return Print(Console.Out, Find(about)?.Help ?? Overview(), 0);
        // Without a verb the platform starts: that is what everybody wants first.
        var verb = args.Length == 0 || args[0].StartsWith('-') ? Up.Verb : Find(args);
        if (verb is null) return Print(Console.Error, Unknown(args), Misused);
        if (args.Contains("--help") || args.Contains("-h")) return Print(Console.Out, verb.Help, 0);

        var words = args.Length > 0 && !args[0].StartsWith('-') ? verb.Name.Split(' ').Length : 0;
        try
        {
            return await verb.Execute(new Arguments(args[words..]), ct);
        }
        catch (ArgumentsException exception)
        {
            // Last what is wrong: after a long help it would be out of sight.
            return Print(Console.Error, $"{verb.Help}\n\n{exception.Message}", Misused);
        }
    }

    private static Verb? Find(string[] args) => All.FirstOrDefault(verb => verb.Name.Split(' ').SequenceEqual(args.Take(verb.Name.Split(' ').Length)));

    /// <summary>What to say of words that are no verb.</summary>
    internal static string Unknown(string[] args) => All.Where(verb => verb.Name.StartsWith(args[0] + " ", StringComparison.Ordinal)).Select(verb => $"'{verb.Name}'").ToList() is { Count: > 0 } near
        ? $"'{string.Join(' ', args)}' is not a whole verb: there is {string.Join(" and ", near)}."
        : $"{Overview()}\nThere is no verb '{args[0]}'.";

    private static string Overview() =>
        "Modupay on this machine.\n\n  dotnet run --project src/Modupay.Local -- <verb> [options]\n\n"
        + string.Join('\n', All.Select(verb => $"  {verb.Name,-18}{verb.Summary}"))
        + "\n\n<verb> --help explains one verb. Without a verb, 'up' runs.\n";

    private static int Print(TextWriter writer, string text, int code)
    {
        writer.WriteLine(text.TrimEnd());
        return code;
    }
}

/// <summary>Options (<c>--name</c>, <c>--name value</c>) and what is left. An option nobody asks for is a mistake, so asking is also declaring.</summary>
internal sealed class Arguments(IReadOnlyList<string> words)
{
    private readonly HashSet<int> _used = [];

    /// <summary>For a verb that reads its own options.</summary>
    public IReadOnlyList<string> Words => words;

    public bool Flag(string name)
    {
        var at = IndexOf(name);
        return at >= 0 && _used.Add(at);
    }

    public string? Option(string name)
    {
        var at = IndexOf(name);
        if (at < 0) return null;
        if (at + 1 >= words.Count || words[at + 1].StartsWith("--", StringComparison.Ordinal)) throw new ArgumentsException($"{name} needs a value.");
        _used.Add(at);
        _used.Add(at + 1);
        return words[at + 1];
    }

    public int Number(string name, int otherwise, int least, int most) => Option(name) switch
    {
        null => otherwise,
        var text when int.TryParse(text, out var value) && value >= least && value <= most => value,
        _ => throw new ArgumentsException($"{name} is a whole number from {least} to {most}."),
    };

    /// <summary>What is neither option nor value. Called last: it refuses options that were never asked for.</summary>
    public IReadOnlyList<string> Rest()
    {
        var rest = words.Where((_, index) => !_used.Contains(index)).ToList();
        if (rest.FirstOrDefault(word => word.StartsWith("--", StringComparison.Ordinal)) is { } unknown) throw new ArgumentsException($"There is no option {unknown}.");
        return rest;
    }

    public void Nothing()
    {
        if (Rest() is [var first, ..]) throw new ArgumentsException($"'{first}' is not expected here.");
    }

    private int IndexOf(string name) => words.ToList().IndexOf(name);
}

internal sealed class ArgumentsException(string message) : Exception(message);
