using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Modupay.Local.Cloud;

/// <summary>
/// What happened to the queues, one JSON line each, on the disk before anyone is told that it happened. Lines written while the disk was busy
/// with the last ones share the next flush, so many senders cost little more than one.
/// </summary>
internal sealed class QueueJournal : IAsyncDisposable
{
    private const long SmallestWorthRewriting = 32L << 20;

    private readonly string _path;
    private readonly bool _flush;
    private readonly Func<IReadOnlyList<JsonObject>> _living;
    private readonly Channel<(byte[] Line, TaskCompletionSource Written)> _pending = Channel.CreateUnbounded<(byte[], TaskCompletionSource)>(new() { SingleReader = true });
    private readonly Task _writing;
    private FileStream _file;
    private long _good;
    private long _rewriteAt;

    private QueueJournal(string path, bool flush, Func<IReadOnlyList<JsonObject>> living)
    {
        (_path, _flush, _living) = (path, flush, living);
        _file = Rewrite();
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Begins a fresh journal from what is alive, so that it holds no history and no line that a crash cut short.</summary>
    public static QueueJournal Start(string path, Durability durability, Func<IReadOnlyList<JsonObject>> living) =>
        new(path, durability == Durability.Durable, living);

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
    public Task AppendAsync(JsonObject entry)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_pending.Writer.TryWrite((Encoding.UTF8.GetBytes(entry.ToJsonString() + "\n"), written))) written.SetException(new IOException("The queue journal is closed."));
        return written.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        await _writing;
        await _file.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var (lines, waiting) = (new MemoryStream(), new List<TaskCompletionSource>());
        while (await _pending.Reader.WaitToReadAsync())
        {
            while (_pending.Reader.TryRead(out var entry))
            {
                lines.Write(entry.Line);
                waiting.Add(entry.Written);
            }

            try
            {
                await WriteAsync(lines.GetBuffer().AsMemory(0, (int)lines.Length));
                waiting.ForEach(written => written.SetResult());
                if (_good > _rewriteAt) await RewriteAsync();
            }
            catch (Exception failure)
            {
                // A full disk, most likely. Those who wait are told, and ask again when there is room.
                waiting.ForEach(written => written.TrySetException(failure));
            }

            lines.SetLength(0);
            waiting.Clear();
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> lines)
    {
        // What a failed attempt left behind ends in the middle of a line.
        if (_file.Length != _good) _file.SetLength(_good);
        _file.Position = _good;
        await _file.WriteAsync(lines);
        _file.Flush(_flush);
        _good += lines.Length;
    }

    private async Task RewriteAsync()
    {
        var fresh = Rewrite();
        await _file.DisposeAsync();
        _file = fresh;
    }

    private FileStream Rewrite()
    {
        var draft = _path + ".new";
        File.Delete(draft);
        var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, BufferSize = 0 });
        using (var lines = new MemoryStream())
        {
            foreach (var entry in _living()) lines.Write(Encoding.UTF8.GetBytes(entry.ToJsonString() + "\n"));
            file.Write(lines.GetBuffer().AsSpan(0, (int)lines.Length));
        }

        file.Flush(_flush);
        File.Move(draft, _path, overwrite: true);
        _good = file.Length;
        _rewriteAt = Math.Max(SmallestWorthRewriting, 3 * _good);
        return file;
    }

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
