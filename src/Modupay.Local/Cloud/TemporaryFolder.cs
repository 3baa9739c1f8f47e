namespace Modupay.Local.Cloud;

/// <summary>A folder for one run. It is removed at the end; what a killed run left behind is removed by the next one.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string Prefix = "modupay-";
    private const string LockSuffix = ".lock";

    private readonly FolderLock _lock;

    private TemporaryFolder(string path, FolderLock held) => (Path, _lock) = (path, held);

    public string Path { get; }

    public static TemporaryFolder Create() => Create(System.IO.Path.GetTempPath());

    public static TemporaryFolder Create(string parent)
    {
        Directory.CreateDirectory(parent);
        RemoveAbandoned(parent);
        var path = System.IO.Path.Combine(parent, Prefix + Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("n"));
        // The lock first: a folder without a holder is fair game for the sweep of another run.
        var held = FolderLock.Take(path + LockSuffix, path);
        // Others may pass through, because PostgreSQL may run as another user, but see nothing.
        Directory.CreateDirectory(path, DataFolder.PassThrough);
        return new(path, held);
    }

    public void Dispose()
    {
        Remove(Path);
        _lock.Dispose();
    }

    private static void RemoveAbandoned(string parent)
    {
        foreach (var file in Directory.EnumerateFiles(parent, $"{Prefix}*{LockSuffix}"))
        {
            try
            {
                using var held = FolderLock.TryTake(file);
                if (held is not null) Remove(file[..^LockSuffix.Length]);
            }
            catch (UnauthorizedAccessException)
            {
                // Another user's, who sweeps his own.
            }
        }
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        File.Delete(path + LockSuffix);
    }
}
