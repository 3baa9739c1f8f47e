namespace Modupay.Local.Cloud;

/// <summary>
/// Says "mine" about a folder for as long as this process lives. The operating system lets go of it when the process ends in any way, so
/// a killed run leaves a file behind but never a lock.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    public static FolderLock Take(string path, string what)
    {
        try
        {
            return TryTake(path) ?? throw new CannotStartException($"{what} is in use by another Modupay on this machine: stop that one first.");
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new CannotStartException($"{what} belongs to another user, perhaps from a run with sudo: remove it, or give it to yourself with chown -R.", failure);
        }
    }

    public static FolderLock? TryTake(string path)
    {
        try
        {
            return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        // Its holder may have removed it between our attempt and this question; the folder it lies in tells that from a path that cannot be.
        catch (IOException) when (File.Exists(path) || Directory.Exists(Path.GetDirectoryName(path)))
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}
