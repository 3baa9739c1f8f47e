namespace Modupay.Formats;
public static class StatementReader { public static Task<FileSummary> ReadAsync(Stream s, IStatementSink sink, CancellationToken ct) => throw new NotSupportedException(); }
