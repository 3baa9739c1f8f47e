using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Modupay.Local.Cloud;

/// <summary>The npm packages the local cloud is made of: the embedded database and the table emulator. Exactly those of package-lock.json.</summary>
internal static class NodePackages
{
    private const int OldestNode = 20;

    // A checkout has its own; a published copy brings package.json and installs beside its data.
    private static string Home => Checkout.Folder ?? Path.Combine(DataFolder.DefaultPath, "packages");

    public static string Folder => Path.Combine(Home, "node_modules");

    /// <summary>Makes sure that Node.js is there and the packages are installed. Installing takes about fifteen seconds, once.</summary>
    public static Task EnsureAsync(Action<string> log, CancellationToken ct) => EnsureAsync(Home, log, ct);

    internal static async Task EnsureAsync(string home, Action<string> log, CancellationToken ct)
    {
        await CheckNodeAsync(ct);
        if (!File.Exists(Path.Combine(home, "package-lock.json"))) BringManifest(home);
        if (IsInstalled(home)) return;

        log("Installing the local cloud's Node packages; once, about 15 seconds.");
        await InstallAsync(home, log, ct);
        if (!IsInstalled(home)) throw new CannotStartException($"npm reported success but {home}/node_modules does not match package-lock.json: remove it and start again.");
    }

    /// <summary>True when every package of the lock file that is meant for this platform is installed in its version.</summary>
    internal static bool IsInstalled(string home)
    {
        var record = Path.Combine(home, "node_modules", ".package-lock.json");
        if (!File.Exists(record)) return false;

        using var wanted = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(home, "package-lock.json")));
        using var found = JsonDocument.Parse(File.ReadAllBytes(record));
        var installed = found.RootElement.GetProperty("packages");
        return wanted.RootElement.GetProperty("packages").EnumerateObject()
            .Where(package => package.Name.Length > 0 && IsForThisPlatform(package.Value))
            .All(package => installed.TryGetProperty(package.Name, out var there)
                && there.GetProperty("version").ValueEquals(package.Value.GetProperty("version").GetString())
                && Directory.Exists(Path.Combine(home, package.Name)));
    }

    internal static CannotStartException Explain(string home, string output)
    {
        static bool Has(string text, params string[] words) => words.Any(word => text.Contains(word, StringComparison.Ordinal));
        if (Has(output, "ENOSPC"))
            return new($"The disk of {home} is full, so the Node packages cannot be installed: free about 200 MB and start again.");
        if (Has(output, "EACCES", "EPERM", "EROFS"))
            return new($"The Node packages cannot be written to {home}: change its owner, or run as the user it belongs to.");
        if (Has(output, "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH"))
            return new("The npm registry cannot be reached: the first start needs a network (or a configured npm mirror); later ones do not.");
        var reason = output.Split('\n').LastOrDefault(line => line.Contains("npm error", StringComparison.Ordinal) && !line.Contains("complete log", StringComparison.Ordinal));
        return new($"npm ci failed in {home}: {reason ?? "it gave no reason."}");
    }

    private static async Task CheckNodeAsync(CancellationToken ct)
    {
        var version = await OutputOfAsync("node", "--version", ct);
        if (version is null || !int.TryParse(version.TrimStart('v').Split('.')[0], CultureInfo.InvariantCulture, out var major))
            throw new CannotStartException($"Modupay's local cloud needs Node.js {OldestNode} or newer on the PATH (https://nodejs.org).");
        if (major < OldestNode)
            throw new CannotStartException($"Modupay's local cloud needs Node.js {OldestNode} or newer; the one on the PATH is {version}.");
    }

    private static async Task<string?> OutputOfAsync(string program, string argument, CancellationToken ct)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, [argument]) { UseShellExecute = false, RedirectStandardOutput = true })!;
            var output = await process.StandardOutput.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            return process.ExitCode == 0 ? output.Trim() : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static async Task InstallAsync(string home, Action<string> log, CancellationToken ct)
    {
        var started = TimeProvider.System.GetTimestamp();
        // No install scripts: what is not run cannot surprise, and nothing here needs them.
        var install = ChildProcess.RunAsync(new ChildCommand("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error") { WorkingDirectory = home }, ct);
        while (await Task.WhenAny(install, Task.Delay(TimeSpan.FromSeconds(5), ct)) != install)
        {
            ct.ThrowIfCancellationRequested();
            log($"Still installing after {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s.");
        }

        var (exitCode, output) = await install;
        if (exitCode == 127) throw new CannotStartException("Modupay's local cloud needs npm, which comes with Node.js, on the PATH.");
        if (exitCode != 0) throw Explain(home, output);
    }

    private static void BringManifest(string home)
    {
        Directory.CreateDirectory(home);
        foreach (var file in new[] { "package.json", "package-lock.json" })
            File.Copy(Path.Combine(AppContext.BaseDirectory, file), Path.Combine(home, file), overwrite: true);
    }

    private static bool IsForThisPlatform(JsonElement package) =>
        Allows(package, "os", OperatingSystem.IsMacOS() ? "darwin" : "linux")
        && Allows(package, "cpu", RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant());

    private static bool Allows(JsonElement package, string name, string ours) =>
        !package.TryGetProperty(name, out var allowed) || allowed.EnumerateArray().Any(value => value.ValueEquals(ours));
}
