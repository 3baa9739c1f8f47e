using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

/// <summary>What happened to the queues, one JSON line each. It is written anew from what is alive whenever history outweighs that.</summary>
internal sealed class QueueJournal : IAsyncDisposable
{
    private const long SmallestWorthRewriting = 32L << 20;

    private readonly string _path;
    private readonly bool _flush;
    private readonly Func<IReadOnlyList<JsonObject>> _living;
    private readonly JournalFile _file;
    private long _rewriteAt;

    private QueueJournal(string path, Durability durability, Func<IReadOnlyList<JsonObject>> living)
    {
        (_path, _flush, _living) = (path, durability == Durability.Durable, living);
        _file = new(Rewrite(), durability, length => length > _rewriteAt ? Rewrite() : null);
    }

    /// <summary>Begins a fresh journal from what is alive, so that it holds no history and no line that a crash cut short.</summary>
    public static QueueJournal Start(string path, Durability durability, Func<IReadOnlyList<JsonObject>> living) =>
        new(path, durability, living);

    public static IEnumerable<JsonObject> Read(string path)
    {
        if (!File.Exists(path)) yield break;
        var lines = File.ReadLines(path).ToList();
        for (var number = 0; number < lines.Count; number++)
        {
            if (Parse(lines[number]) is { } entry) yield return entry;
            else if (number < lines.Count - 1) throw new CannotStartException($"The queues cannot be read: line {number + 1} of {path} is damaged. Remove the file to begin with empty queues.");
        }
    }

    /// <summary>Completes when the entry is on the disk.</summary>
    public Task AppendAsync(JsonObject entry) => _file.AppendAsync(Line(entry));

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    private FileStream Rewrite()
    {
        var draft = _path + ".new";
        File.Delete(draft);
        var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, BufferSize = 0 });
        using (var lines = new MemoryStream())
        {
            foreach (var entry in _living()) lines.Write(Line(entry));
            file.Write(lines.GetBuffer().AsSpan(0, (int)lines.Length));
        }

        file.Flush(_flush);
        File.Move(draft, _path, overwrite: true);
        _rewriteAt = Math.Max(SmallestWorthRewriting, 3 * file.Length);
        return file;
    }

    private static byte[] Line(JsonObject entry) => Encoding.UTF8.GetBytes(entry.ToJsonString() + "\n");

    private static JsonObject? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
