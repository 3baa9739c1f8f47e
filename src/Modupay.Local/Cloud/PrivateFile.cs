using System.Text;

namespace Modupay.Local.Cloud;

/// <summary>A small file only its owner can read, replaced whole: a reader, or the next run after a crash, sees the old content or the new one.</summary>
internal static class PrivateFile
{
    /// <param name="durability">Throw-away content is still replaced whole, but a power cut may lose it.</param>
    public static async Task WriteAsync(string path, string content, CancellationToken ct, Durability durability = Durability.Durable)
    {
        var draft = path + ".new";
        File.Delete(draft);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using (var file = new FileStream(draft, options))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(content), ct);
            file.Flush(flushToDisk: durability == Durability.Durable);
        }

        File.Move(draft, path, overwrite: true);
    }
}
