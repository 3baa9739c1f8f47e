using System.Runtime.InteropServices;
using System.Text.Json;

namespace Modupay.Local.Cloud;

/// <summary>PostgreSQL's programs from the npm package of this platform.</summary>
internal sealed class PostgresBinaries
{
    private readonly string _native;

    private PostgresBinaries(string native) => _native = native;

    public string Initdb => Path.Combine(_native, "bin", "initdb");

    public string Postgres => Path.Combine(_native, "bin", "postgres");

    public static string PackageName => $"@embedded-postgres/{(OperatingSystem.IsMacOS() ? "darwin" : "linux")}-{RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "x64",
        Architecture.Arm64 => "arm64",
        var other => throw new CannotStartException($"There is no embedded PostgreSQL for {RuntimeInformation.OSDescription} on {other}: name a server with DATABASE_URL."),
    }}";

    public static PostgresBinaries Locate(string nodeModules)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            throw new CannotStartException("The embedded PostgreSQL runs on Linux and macOS: name a server with DATABASE_URL, or use WSL.");

        var native = Path.Combine(nodeModules, PackageName, "native");
        if (!Directory.Exists(native))
            throw new CannotStartException($"The package {PackageName} is not installed in {nodeModules}: run npm ci --ignore-scripts there.");

        RestoreLinks(native);
        return new(native);
    }

    /// <summary>
    /// npm packages cannot hold symbolic links. This one restores them in a postinstall script, which <c>--ignore-scripts</c> skips on purpose;
    /// without them PostgreSQL does not find its own libraries.
    /// </summary>
    private static void RestoreLinks(string native)
    {
        var package = Path.GetDirectoryName(native)!;
        using var links = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(native, "pg-symlinks.json")));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var path = Path.Combine(package, link.GetProperty("target").GetString()!);
            if (File.Exists(path)) continue;
            try
            {
                File.CreateSymbolicLink(path, Path.GetFileName(link.GetProperty("source").GetString()!));
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another process restored it between our look and our attempt.
            }
            catch (UnauthorizedAccessException failure)
            {
                throw new CannotStartException($"The embedded PostgreSQL is incomplete and {package} cannot be written to: run once as the user who installed it.", failure);
            }
        }
    }
}
