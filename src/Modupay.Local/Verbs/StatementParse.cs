using Modupay.Formats;

namespace Modupay.Local.Verbs;

/// <summary>What the readers make of a bank's file, as JSON.</summary>
internal static class StatementParse
{
    public static readonly Verb Verb = new("statement parse", "read a bank's file and print what is in it as JSON", """
        dotnet run --project src/Modupay.Local -- statement parse FILE… [--summary] [--profile FILE]

          FILE              MT940, MT942, camt.052/.053/.054, CSV, or a ZIP of them; - reads stdin
          --summary         totals only
          --profile FILE    how to read a CSV file, or the name of a profile that comes with the product (see src/Modupay.Formats/Profiles/README.md)

        One JSON object a line for each file. The exit code is 0 when something was read, 2 when nothing was; what was rejected is told on stderr.
        """, (arguments, ct) => RunAsync(arguments, Console.Out, Console.Error, ct));

    /// <summary>0 when something was read, 2 with the problems on stderr when nothing was.</summary>
    internal static async Task<int> RunAsync(Arguments arguments, TextWriter output, TextWriter error, CancellationToken ct)
    {
        var command = new Command(arguments.Flag("--summary"), arguments.Option("--profile"), arguments.Rest());
        if (command.Files.Count == 0) throw new ArgumentsException("Which file?");
        var options = await OptionsAsync(command, ct);
        var read = false;
        foreach (var file in command.Files)
        {
            var name = command.Files.Count > 1 ? file : null;
            try
            {
                read |= await ParseAsync(file, name, command, options, output, error, ct);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                await error.WriteLineAsync(Directory.Exists(file) ? $"{file} is a directory; name the files in it." : $"{file}: {exception.Message}");
                await output.WriteLineAsync(StatementJson.Failed(name, "file_unreadable"));
            }
        }

        return read ? 0 : 2;
    }

    private static async Task<bool> ParseAsync(string path, string? name, Command command, ReadOptions options, TextWriter output, TextWriter error, CancellationToken ct)
    {
        await using var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
        var problems = new List<ParseProblem>();
        FileSummary summary;
        if (command.Summary)
        {
            var sink = new SummarySink(problems);
            summary = await StatementFile.ReadAsync(stream, sink, options, ct);
            await output.WriteLineAsync(sink.ToJson(summary, name));
        }
        else
        {
            using var writer = new StatementJson(output, name, problems);
            summary = await StatementFile.ReadAsync(stream, writer, options, ct);
            writer.Complete(summary);
        }

        // Totals say nothing about what is not in them.
        if (summary.Statements == 0 || summary.Rejected > 0)
        {
            foreach (var problem in problems.Where(problem => summary.Statements == 0 || problem.Severity is Severity.Error)) await error.WriteLineAsync($"{path}:{problem}");
        }

        return summary.Statements > 0;
    }

    // A profile is a file, or the name of one that comes with the assembly.
    private static async Task<ReadOptions> OptionsAsync(Command command, CancellationToken ct)
    {
        if (command.Profile is not { } path) return ReadOptions.Default;
        if (!File.Exists(path) && DialectProfiles.Find(path) is { } known) return new ReadOptions(known);
        try
        {
            return new ReadOptions(DialectProfile.Parse(await File.ReadAllBytesAsync(path, ct)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new ArgumentsException($"The profile {path} cannot be read: {exception.Message}");
        }
    }

    private sealed record Command(bool Summary, string? Profile, IReadOnlyList<string> Files);
}
