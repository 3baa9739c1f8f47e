using System.Text.Json;
using System.Threading.Channels;
using Modupay.Local.Cloud;

namespace Modupay.Local.Simulators.Bank;

/// <summary>
/// The bank's memory: a file that only grows, on the disk before anybody hears of it. Entries that arrive while the disk is busy share the next
/// flush, so a bank under load is not slower than its disk by more than one.
/// </summary>
internal sealed class BookJournal : IAsyncDisposable
{
    private readonly Channel<(byte[] Lines, TaskCompletionSource Written)> _pending = Channel.CreateUnbounded<(byte[], TaskCompletionSource)>(new() { SingleReader = true });
    private readonly FileStream _file;
    private readonly bool _flush;
    private readonly Task _writing;

    public BookJournal(string path, Durability durability)
    {
        _flush = durability == Durability.Durable;
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _file.Position = _file.Length;
        _writing = Task.Run(WriteAsync);
    }

    public static IEnumerable<BookEntry> Read(string path)
    {
        if (!File.Exists(path)) yield break;
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            BookEntry? entry;
            try
            {
                entry = JsonSerializer.Deserialize(line, BookJson.Default.BookEntry);
            }
            catch (JsonException damaged)
            {
                throw new CannotStartException($"The simulated bank's books cannot be read: line {number} of {path} is damaged. Remove the file to begin with empty books.", damaged);
            }

            if (entry is not null) yield return entry;
        }
    }

    /// <summary>A crash in the middle of a line acknowledged nothing of it, so it is cut off before the books are read.</summary>
    public static void CutTornLine(string path)
    {
        if (!File.Exists(path)) return;
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.SetLength(EndOfLastWholeLine(file));
    }

    /// <summary>Completes when all of them are on the disk; they get there together.</summary>
    public Task AppendAsync(params ReadOnlySpan<BookEntry> entries)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_pending.Writer.TryWrite((Lines(entries), written))) written.SetException(new IOException("The bank is closed."));
        return written.Task;
    }

    public async Task ClearAsync()
    {
        await AppendAsync();
        _file.SetLength(0);
        _file.Position = 0;
        _file.Flush(_flush);
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
                lines.Write(entry.Lines);
                waiting.Add(entry.Written);
            }

            try
            {
                _file.Write(lines.GetBuffer().AsSpan(0, (int)lines.Length));
                _file.Flush(_flush);
                waiting.ForEach(written => written.SetResult());
            }
            catch (IOException failure)
            {
                // A full disk, most likely: those who wait are told that it was not written.
                waiting.ForEach(written => written.SetException(failure));
            }

            lines.SetLength(0);
            waiting.Clear();
        }
    }

    private static byte[] Lines(ReadOnlySpan<BookEntry> entries)
    {
        using var lines = new MemoryStream();
        foreach (var entry in entries)
        {
            JsonSerializer.Serialize(lines, entry, BookJson.Default.BookEntry);
            lines.WriteByte((byte)'\n');
        }

        return lines.ToArray();
    }

    private static long EndOfLastWholeLine(FileStream file)
    {
        for (var end = file.Length; end > 0; end--)
        {
            file.Position = end - 1;
            if (file.ReadByte() == '\n') return end;
        }

        return 0;
    }
}
