using System.Net;
using System.Net.Sockets;
using Modupay.Local.Cloud;
using Npgsql;

namespace Modupay.Tests.Local.Cloud;

/// <summary>What this machine may do to the local cloud, and the one sentence it is answered with.</summary>
public sealed class MachineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modupay-machine").FullName;

    [Fact]
    public void A_port_in_use_is_named_with_its_purpose()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var refused = Assert.Throws<CannotStartException>(() => Ports.FreeOr(port, "the API"));

        Assert.Equal($"Port {port}, wanted for the API, is in use by another program: stop that program or choose another port with --port.", refused.Message);
    }

    [Fact]
    public void A_data_folder_serves_one_process_and_is_free_again_afterwards()
    {
        using (var first = DataFolder.Open(_folder))
        {
            Assert.True(Directory.Exists(first.Keys));
            var refused = Assert.Throws<CannotStartException>(() => DataFolder.Open(_folder));
            Assert.Equal($"The data folder {_folder} is in use by another Modupay on this machine: stop that one first.", refused.Message);
        }

        DataFolder.Open(_folder).Dispose();
    }

    [Fact]
    public void A_data_folder_that_is_a_file_is_refused_in_one_sentence()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");

        var refused = Assert.Throws<CannotStartException>(() => DataFolder.Open(Path.Combine(file, "data")));

        Assert.Contains("cannot be written to", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void A_disk_that_is_nearly_full_is_named_before_anything_fails_on_it()
    {
        var refused = Assert.Throws<CannotStartException>(() => DataFolder.CheckSpace(_folder, long.MaxValue));

        Assert.Contains($"The disk of {_folder} has", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_closed_to_others()
    {
        using var data = DataFolder.Open(_folder);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data.Keys));
    }

    [Fact]
    public void What_a_killed_run_left_is_removed_and_what_is_in_use_is_not()
    {
        var abandoned = Path.Combine(_folder, "modupay-abandoned");
        Directory.CreateDirectory(Path.Combine(abandoned, "deep"));
        File.WriteAllText(abandoned + ".lock", "");
        using var inUse = TemporaryFolder.Create(_folder);

        using var next = TemporaryFolder.Create(_folder);

        Assert.False(Directory.Exists(abandoned));
        Assert.False(File.Exists(abandoned + ".lock"));
        Assert.True(Directory.Exists(inUse.Path));
        Assert.NotEqual(inUse.Path, next.Path);
    }

    [Fact]
    public async Task A_private_file_is_replaced_whole_and_read_by_its_owner_only()
    {
        var file = Path.Combine(_folder, "secret");
        await PrivateFile.WriteAsync(file, "first", CancellationToken.None);
        await File.WriteAllTextAsync(file + ".new", "left by a crash");

        await PrivateFile.WriteAsync(file, "second", CancellationToken.None);

        Assert.Equal("second", await File.ReadAllTextAsync(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.False(File.Exists(file + ".new"));
    }

    [Theory]
    [InlineData("npm error code ENOSPC", "is full")]
    [InlineData("npm error code EACCES", "cannot be written to")]
    [InlineData("npm error network request failed, reason: getaddrinfo ENOTFOUND", "cannot be reached")]
    [InlineData("npm error `npm ci` can only install packages when in sync\nnpm error A complete log of this run", "can only install packages when in sync")]
    public void A_failed_installation_is_explained_in_one_sentence(string output, string expected)
    {
        var explained = NodePackages.Explain("/home", output).Message;

        Assert.Contains(expected, explained, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', explained);
    }

    [Theory]
    [InlineData("1.0.0", true)]
    [InlineData("1.0.1", false)]
    public void Packages_are_installed_when_they_are_those_of_the_lock_file(string version, bool installed)
    {
        File.WriteAllText(Path.Combine(_folder, "package-lock.json"), """
            {"packages":{"":{"version":"9.9.9"},"node_modules/a":{"version":"1.0.0"},"node_modules/b":{"version":"1.0.0","os":["aix"],"optional":true}}}
            """);
        Assert.False(NodePackages.IsInstalled(_folder));
        Directory.CreateDirectory(Path.Combine(_folder, "node_modules", "a"));
        File.WriteAllText(Path.Combine(_folder, "node_modules", ".package-lock.json"), """{"packages":{"node_modules/a":{"version":"installed"}}}""".Replace("installed", version, StringComparison.Ordinal));

        Assert.Equal(installed, NodePackages.IsInstalled(_folder));

        Directory.Delete(Path.Combine(_folder, "node_modules", "a"));
        Assert.False(NodePackages.IsInstalled(_folder));
    }

    [Fact]
    public void A_database_url_is_read_with_escapes_defaults_and_ipv6()
    {
        var full = ExistingPostgres.Parse("postgresql://us%40er:p%3Aw%2Fd@db.example:6543/my%20db?sslmode=verify-full");
        Assert.Equal(("us@er", "p:w/d", "db.example", 6543, "my db", SslMode.VerifyFull), (full.Username, full.Password, full.Host, full.Port, full.Database, full.SslMode));

        var bare = ExistingPostgres.Parse("postgres://[::1]");
        Assert.Equal(("postgres", null, "::1", 5432, "postgres", SslMode.Prefer), (bare.Username, bare.Password, bare.Host, bare.Port, bare.Database, bare.SslMode));
    }

    [Theory]
    [InlineData("localhost:5432")]
    [InlineData("mysql://localhost")]
    [InlineData("postgres://localhost/db?sslmode=maybe")]
    [InlineData("postgres://localhost/db?pooling=true")]
    public void A_database_url_that_cannot_be_understood_is_refused(string url) => Assert.Throws<CannotStartException>(() => ExistingPostgres.Parse(url));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
