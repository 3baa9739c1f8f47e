using System.Globalization;
using System.Security.Cryptography;

namespace Modupay.Local.Cloud;

/// <summary>One PostgreSQL data directory, used by one process at a time. Beside it lie its lock and the administrator's password.</summary>
internal sealed class PostgresDirectory : IDisposable
{
    private readonly FolderLock _lock;
    private readonly TemporaryFolder? _temporary;

    private PostgresDirectory(string data, FolderLock held, TemporaryFolder? temporary) => (Data, _lock, _temporary) = (data, held, temporary);

    public string Data { get; }

    private string PasswordFile => Data + ".password";

    public static PostgresDirectory Take(string? wanted)
    {
        var temporary = wanted is null ? TemporaryFolder.Create() : null;
        var data = Path.GetFullPath(wanted ?? Path.Combine(temporary!.Path, "postgres"));
        Directory.CreateDirectory(Path.GetDirectoryName(data)!);
        return new(data, FolderLock.Take(data + ".lock", $"The database in {data}"), temporary);
    }

    /// <summary>
    /// The lock is ours, so a server that still uses these files belongs to a run that was killed and is about to stop. PostgreSQL itself only
    /// compares process numbers, and after a restart of a container any program may have the old one: then the file is simply stale.
    /// </summary>
    public async Task WaitForFormerServerAsync(CancellationToken ct)
    {
        var file = Path.Combine(Data, "postmaster.pid");
        for (var patience = 0; patience < 600; patience++)
        {
            if (!File.Exists(file)) return;
            if (!int.TryParse((await ReadAsync(file, ct)).Split('\n')[0], CultureInfo.InvariantCulture, out var id) || !await IsPostgresAsync(id, ct))
            {
                File.Delete(file);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(25), ct);
        }

        throw new CannotStartException($"A PostgreSQL that Modupay did not start uses {Data}: stop it first.");
    }

    /// <summary>Makes the cluster when there is none, and writes who may connect. Returns the administrator's password.</summary>
    public async Task<string> PrepareAsync(PostgresBinaries binaries, PostgresOptions options, CancellationToken ct)
    {
        try
        {
            if (IsNew()) await InitializeAsync(binaries, options.Durability, ct);
            var method = options.RequirePasswords ? "scram-sha-256" : "trust";
            await File.WriteAllTextAsync(Path.Combine(Data, "pg_hba.conf"), $"# Written at each start.\nhost all all 127.0.0.1/32 {method}\n", ct);
            return await File.ReadAllTextAsync(PasswordFile, ct);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new CannotStartException($"The database in {Data} belongs to another user, perhaps from a run with sudo: remove it, or give it to yourself with chown -R.", failure);
        }
    }

    public void Dispose()
    {
        _lock.Dispose();
        _temporary?.Dispose();
    }

    private bool IsNew()
    {
        if (!Directory.Exists(Data)) return true;
        // Listing throws where File.Exists would answer "no" about a folder that is closed to us.
        var names = Directory.EnumerateFileSystemEntries(Data).Select(Path.GetFileName).ToHashSet(StringComparer.Ordinal);
        if (names.Contains("PG_VERSION")) return false;
        if (names.Count > 0) throw new CannotStartException($"{Data} is not empty and not a PostgreSQL database: choose another folder.");
        Directory.Delete(Data);
        return true;
    }

    private async Task InitializeAsync(PostgresBinaries binaries, Durability durability, CancellationToken ct)
    {
        // Made elsewhere and moved into place, so that an interrupted start leaves nothing that looks like a database.
        var draft = Data + ".new";
        if (Directory.Exists(draft)) Directory.Delete(draft, recursive: true);
        Directory.CreateDirectory(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var cluster = Path.Combine(draft, "cluster");
        Directory.CreateDirectory(cluster, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var passwordFile = Path.Combine(draft, "password");
        await PrivateFile.WriteAsync(passwordFile, password, ct);
        var prefix = await UnprivilegedUser.StepDownAsync(binaries.Initdb, draft, ct);

        // The built-in locale sorts alike on every platform and with every C library.
        string[] line = [.. prefix, binaries.Initdb, "-D", cluster, "-U", "postgres", "-A", "scram-sha-256", $"--pwfile={passwordFile}",
            "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
            .. durability == Durability.Throwaway ? ["--no-sync"] : Array.Empty<string>()];
        var words = new LastLines();
        var (exitCode, _) = await ChildProcess.RunAsync(new ChildCommand(line[0], line[1..]) { WorkingDirectory = "/", Output = words.And(static _ => { }) }, ct);
        if (exitCode != 0) throw new CannotStartException($"PostgreSQL could not make a database in {draft}: {words.Summary}");

        await PrivateFile.WriteAsync(PasswordFile, password, ct);
        Directory.Move(cluster, Data);
        Directory.Delete(draft, recursive: true);
    }

    private static async Task<string> ReadAsync(string file, CancellationToken ct)
    {
        try
        {
            return await File.ReadAllTextAsync(file, ct);
        }
        catch (FileNotFoundException)
        {
            return ""; // The former server has just removed it.
        }
    }

    /// <summary>PostgreSQL changes into its data directory, and names it on its command line.</summary>
    private async Task<bool> IsPostgresAsync(int id, CancellationToken ct)
    {
        if (id <= 0) return false;
        var commandLine = $"/proc/{id}/cmdline";
        if (Directory.Exists("/proc/self"))
            return File.Exists(commandLine) && (await File.ReadAllTextAsync(commandLine, ct)).Contains(Data, StringComparison.Ordinal);

        var (_, output) = await ChildProcess.RunAsync(new ChildCommand("ps", "-o", "args=", "-p", id.ToString(CultureInfo.InvariantCulture)), ct);
        return output.Contains(Data, StringComparison.Ordinal);
    }
}
