using System.Text;

namespace Modupay.Local.Cloud;

/// <summary>A small file only its owner can read, replaced whole: a reader, or the next run after a crash, sees the old content or the new one.</summary>
internal static class PrivateFile
{
    public static Task WriteAsync(string path, string content, CancellationToken ct) => WriteAsync(path, Encoding.UTF8.GetBytes(content), ct);

    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var draft = path + ".new";
        File.Delete(draft);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using (var file = new FileStream(draft, options))
        {
            await file.WriteAsync(content, ct);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
    }
}
