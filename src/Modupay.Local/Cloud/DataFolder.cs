namespace Modupay.Local.Cloud;

/// <summary>Where the local cloud keeps everything that must survive a restart; used by one process at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    // Whoever knows a name below may reach it if that name allows; nobody else can look around.
    internal const UnixFileMode PassThrough = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private const UnixFileMode Closed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const long NeededBytes = 300L << 20;

    private readonly FolderLock _lock;
    private readonly TemporaryFolder? _temporary;

    private DataFolder(string path, FolderLock held, TemporaryFolder? temporary) => (Path, _lock, _temporary) = (path, held, temporary);

    public string Path { get; }

    public string Postgres => System.IO.Path.Combine(Path, "postgres");
    public string Objects => Make("objects");
    public string Queues => Make("queues");
    public string Keys => Make("keys");
    public string Secrets => Make("secrets");
    public string Tables => Make("tables");
    public string Mails => Make("mails");

    /// <summary>What the simulated bank offers by SFTP.</summary>
    public string SftpBank => Make("bank-sftp");


    /// <summary><c>.modupay</c> in the checkout; the user's own data folder for a published copy.</summary>
    public static string DefaultPath => Checkout.Folder is { } checkout
        ? System.IO.Path.Combine(checkout, ".modupay")
        : System.IO.Path.Combine(UserData, "modupay");

    private static string UserData => Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } chosen
        ? chosen
        : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share");

    /// <summary>For who wants to read what is there: nothing is made in a folder that was named by mistake.</summary>
    public static void RequirePlatform(string? path)
    {
        var folder = System.IO.Path.GetFullPath(path ?? DefaultPath);
        if (!File.Exists(System.IO.Path.Combine(folder, "postgres", "PG_VERSION")))
            throw new CannotStartException($"There is no platform in {folder}: start one with 'up', or say with --data where it is.");
    }

    public static DataFolder Open(string? path = null)
    {
        var folder = System.IO.Path.GetFullPath(path ?? DefaultPath);
        try
        {
            if (!Directory.Exists(folder)) Directory.CreateDirectory(folder, PassThrough);
            CheckSpace(folder);
            return new(folder, FolderLock.Take(System.IO.Path.Combine(folder, "lock"), $"The data folder {folder}"), temporary: null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException($"The data folder {folder} cannot be written to ({failure.Message.TrimEnd('.')}): choose another one or change its owner.", failure);
        }
    }

    /// <summary>A folder that goes away at the end of the run.</summary>
    public static DataFolder OpenEphemeral()
    {
        var temporary = TemporaryFolder.Create();
        CheckSpace(temporary.Path);
        return new(temporary.Path, FolderLock.Take(System.IO.Path.Combine(temporary.Path, "lock"), temporary.Path), temporary);
    }

    public void Dispose()
    {
        _lock.Dispose();
        _temporary?.Dispose();
    }

    internal static void CheckSpace(string folder, long needed = NeededBytes)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < needed)
            throw new CannotStartException($"The disk of {folder} has {free >> 20} MB left and the local cloud needs {needed >> 20} MB: free some space or choose another data folder.");
    }

    private string Make(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name), Closed).FullName;
}
