using Modupay.Formats;

namespace Modupay.Local.Verbs;

/// <summary><c>statement parse FILE… [--summary] [--profile FILE]</c>: what the readers make of a bank's file, as JSON.</summary>
internal static class StatementParse
{
    private const string Usage = "usage: statement parse FILE… [--summary] [--profile FILE]";

    /// <summary>0 when something was read, 2 with the problems on stderr when nothing was, 1 when it was called wrongly.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken ct)
    {
        if (Command.Parse(args) is not { } command)
        {
            await error.WriteLineAsync(Usage);
            return 1;
        }

        if (await OptionsAsync(command, error, ct) is not { } options) return 1;
        var read = false;
        foreach (var file in command.Files)
        {
            var one = command.Files.Count > 1;
            try
            {
                read |= await ParseAsync(file, one ? file : null, command, options, output, error, ct);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                await error.WriteLineAsync($"{file}: {exception.Message}");
                if (one) await output.WriteLineAsync(StatementJson.Failed(file, "file_unreadable"));
            }
        }

        return read ? 0 : 2;
    }

    private static async Task<bool> ParseAsync(string path, string? name, Command command, ReadOptions options, TextWriter output, TextWriter error, CancellationToken ct)
    {
        await using var stream = File.OpenRead(path);
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

        if (summary.Statements > 0) return true;
        foreach (var problem in problems) await error.WriteLineAsync($"{path}:{problem}");
        return false;
    }

    // A profile is a file, or the name of one that comes with the assembly.
    private static async Task<ReadOptions?> OptionsAsync(Command command, TextWriter error, CancellationToken ct)
    {
        if (command.Profile is not { } path) return ReadOptions.Default;
        if (!File.Exists(path) && DialectProfiles.Find(path) is { } known) return new ReadOptions(known);
        try
        {
            return new ReadOptions(DialectProfile.Parse(await File.ReadAllBytesAsync(path, ct)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            await error.WriteLineAsync($"{path}: {exception.Message}");
            return null;
        }
    }

    private sealed record Command(IReadOnlyList<string> Files, bool Summary, string? Profile)
    {
        public static Command? Parse(string[] args)
        {
            var files = new List<string>();
            var summary = false;
            string? profile = null;
            for (var at = 0; at < args.Length; at++)
            {
                switch (args[at])
                {
                    case "--summary": summary = true; break;
                    case "--profile" when at + 1 < args.Length: profile = args[++at]; break;
                    case ['-', '-', ..]: return null;
                    default: files.Add(args[at]); break;
                }
            }

            return files.Count == 0 ? null : new Command(files, summary, profile);
        }
    }
}
