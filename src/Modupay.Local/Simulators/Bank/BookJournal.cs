using System.Text.Json;
using Modupay.Local.Cloud;

namespace Modupay.Local.Simulators.Bank;

/// <summary>The bank's memory: a file that only grows, on the disk before anybody hears of it.</summary>
internal sealed class BookJournal : IAsyncDisposable
{
    private readonly JournalFile _file;

    public BookJournal(string path, Durability durability) =>
        _file = new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0), durability);

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
    public Task AppendAsync(params ReadOnlySpan<BookEntry> entries) => _file.AppendAsync(Lines(entries));

    public Task ClearAsync() => _file.ClearAsync();

    public ValueTask DisposeAsync() => _file.DisposeAsync();

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
