namespace Modupay.Local.Cloud;

/// <summary>Remembers the last words of a child process, for the sentence that says why it ended.</summary>
internal sealed class LastLines(int capacity = 5)
{
    private readonly Queue<string> _lines = new();

    public string Summary
    {
        get
        {
            lock (_lines) return _lines.Count == 0 ? "it said nothing." : string.Join(" / ", _lines);
        }
    }

    /// <summary>A listener that remembers and passes on.</summary>
    public Action<string> And(Action<string> next) => line =>
    {
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > capacity) _lines.Dequeue();
        }

        next(line);
    };
}
