using System.Threading.Channels;

namespace Modupay.Local.Cloud;

/// <summary>
/// A file that grows by whole lines, on the disk before anyone is told that they are. Lines that arrive while the disk is busy with the last ones
/// share the next flush, so many writers cost little more than one.
/// </summary>
internal sealed class JournalFile : IAsyncDisposable
{
    private readonly Channel<(byte[]? Lines, TaskCompletionSource Written)> _pending = Channel.CreateUnbounded<(byte[]?, TaskCompletionSource)>(new() { SingleReader = true });
    private readonly bool _flush;
    private readonly Func<long, FileStream?> _replace;
    private readonly Task _writing;
    private FileStream _file;
    private long _good;

    /// <param name="file">What it holds is kept.</param>
    /// <param name="replace">Asked after each flush, with the file's length: the file to go on with instead, if any.</param>
    public JournalFile(FileStream file, Durability durability, Func<long, FileStream?>? replace = null)
    {
        (_file, _good) = (file, file.Length);
        _flush = durability == Durability.Durable;
        _replace = replace ?? (_ => null);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Completes when the lines are on the disk; they get there together.</summary>
    public Task AppendAsync(byte[] lines) => PutAsync(lines);

    /// <summary>Completes when the file is empty.</summary>
    public Task ClearAsync() => PutAsync(null);

    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        await _writing;
        await _file.DisposeAsync();
    }

    private Task PutAsync(byte[]? lines)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_pending.Writer.TryWrite((lines, written))) written.SetException(new IOException("The journal is closed."));
        return written.Task;
    }

    private async Task WriteAsync()
    {
        var (lines, waiting) = (new MemoryStream(), new List<TaskCompletionSource>());
        while (await _pending.Reader.WaitToReadAsync())
        {
            var keep = _good;
            while (_pending.Reader.TryRead(out var entry))
            {
                waiting.Add(entry.Written);
                if (entry.Lines is { } more) lines.Write(more);
                else
                {
                    keep = 0;
                    lines.SetLength(0);
                }
            }

            try
            {
                await WriteAsync(lines.GetBuffer().AsMemory(0, (int)lines.Length), keep);
                waiting.ForEach(written => written.SetResult());
            }
            catch (Exception failure)
            {
                // A full disk, most likely. Those who wait are told, and ask again when there is room.
                waiting.ForEach(written => written.SetException(failure));
            }

            lines.SetLength(0);
            waiting.Clear();
            await ReplaceAsync();
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> lines, long keep)
    {
        // What a failed attempt left behind ends in the middle of a line.
        if (_file.Length != keep) _file.SetLength(keep);
        _file.Position = keep;
        await _file.WriteAsync(lines);
        _file.Flush(_flush);
        _good = keep + lines.Length;
    }

    private async Task ReplaceAsync()
    {
        try
        {
            if (_replace(_good) is not { } fresh) return;
            await _file.DisposeAsync();
            (_file, _good) = (fresh, fresh.Length);
        }
        catch (Exception)
        {
            // A full disk again. The old file is as good as it was, only longer than it need be; the next flush asks anew.
        }
    }
}
