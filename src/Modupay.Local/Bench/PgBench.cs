using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Modupay.Local.Bench;

/// <summary>PostgreSQL's own load driver, where it is installed: a client that costs next to nothing, so what it measures is the server.</summary>
internal sealed partial class PgBench(string program, NpgsqlConnectionStringBuilder database)
{
    /// <summary>In PATH, or where Debian keeps it. Null when there is none.</summary>
    public static PgBench? Find(string connectionString)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).ToList();
        const string Debian = "/usr/lib/postgresql";
        if (Directory.Exists(Debian)) folders.AddRange(Directory.GetDirectories(Debian).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")));
        var program = folders.Select(folder => Path.Combine(folder, "pgbench")).FirstOrDefault(File.Exists);
        return program is null ? null : new(program, new NpgsqlConnectionStringBuilder(connectionString));
    }

    /// <summary>Transactions per second of a script.</summary>
    public async Task<double> RateAsync(string script, int clients, int seconds, CancellationToken ct)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, script, ct);
            string[] arguments =
            [
                "-n", "-M", "prepared", "-f", file, "-c", $"{clients}", "-j", $"{Math.Min(clients, Environment.ProcessorCount)}", "-T", $"{seconds}",
                "-h", database.Host!, "-p", $"{database.Port}", "-U", database.Username!, database.Database!,
            ];
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            start.Environment["PGOPTIONS"] = database.Options ?? "";
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync(ct);
            var said = await process.StandardOutput.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            var rate = Tps().Match(said);
            return rate.Success ? double.Parse(rate.Groups["tps"].Value, CultureInfo.InvariantCulture) : throw new InvalidOperationException($"pgbench failed: {await errors}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [GeneratedRegex(@"^tps = (?<tps>[0-9.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tps();
}
