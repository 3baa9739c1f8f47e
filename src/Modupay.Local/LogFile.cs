using Microsoft.Extensions.Logging;

namespace Modupay.Local;

/// <summary>What the functions and services write, one line after the other, each with its source. Until its folder is known the lines wait.</summary>
internal sealed class LogFile : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _waiting = [];
    private StreamWriter? _writer;

    public void Write(string source, string line)
    {
        lock (_lock)
        {
            var entry = $"{source}\t{line}";
            if (_writer is null) _waiting.Add(entry);
            else _writer.WriteLine(entry);
        }
    }

    public void MoveTo(string path)
    {
        lock (_lock)
        {
            _writer = new StreamWriter(path, append: true) { AutoFlush = true };
            foreach (var line in _waiting) _writer.WriteLine(line);
            _waiting.Clear();
        }
    }

    public void Dispose() => _writer?.Dispose();
}

/// <summary>Sends what is logged in this process the same way as the lines of the child processes.</summary>
internal sealed class LineLogs(Action<string> write) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new LineLog(categoryName, write);

    public void Dispose() { }

    private sealed class LineLog(string category, Action<string> write) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) write($"{logLevel} {category}: {formatter(state, exception)}{(exception is null ? "" : " " + exception)}");
        }
    }
}
