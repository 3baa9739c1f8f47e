using System.Runtime.InteropServices;
using Modupay.Formats.Camt;
using Modupay.Formats.Mt;
using Modupay.Formats.Text;

namespace Modupay.Formats;

/// <summary>
/// The door: bytes of a bank's file in, statements out, whatever the format. What cannot be read becomes a problem, never an exception;
/// only the stream itself may throw.
/// </summary>
public static class StatementFile
{
    /// <summary>Reads a file that is in memory already.</summary>
    public static ParsedFile Parse(ReadOnlyMemory<byte> file, ReadOptions? options = null)
    {
        var sink = new CollectingSink();
        using var stream = MemoryMarshal.TryGetArray(file, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(file.ToArray(), writable: false);
        // A memory stream never waits, so neither does this.
        var summary = ReadAsync(stream, sink, options, CancellationToken.None).GetAwaiter().GetResult();
        return sink.ToFile(summary);
    }

    /// <summary>Reads a file of any size in bounded memory. The sink is given time between blocks.</summary>
    public static async Task<FileSummary> ReadAsync(Stream file, IStatementSink sink, ReadOptions? options, CancellationToken ct)
    {
        options ??= ReadOptions.Default;
        var reading = new Reading(sink);
        await using var input = await PeekedStream.OpenAsync(file, ct);
        var format = StatementFormat.Detect(input.Head);
        switch (format.Kind)
        {
            case FormatKind.Mt:
                var decoder = new TextDecoder(options.Charset);
                await MtReader.ReadAsync(input.AsUtf8(), input.Head, reading, decoder, sink, ct);
                return Summary(reading, format.Name, input.IsUtf16 ? "utf-16" : decoder.Name, input.Total);
            case FormatKind.Camt:
                var blanks = input.SkipLeadingBlanks();
                if (blanks > 0) reading.Report("xml_leading_blank", Severity.Warning, "There are blanks before the document.", new FilePosition(1));
                var declared = XmlEncoding.Declared(input.Head.Span);
                using (var camt = new CamtReader(input, declared.NeedsDecoder, reading))
                {
                    await camt.ReadAsync(sink, ct);
                    return Summary(reading, camt.Format, declared.Name, input.Total) with { Coverage = Math.Round(camt.Coverage, 4) };
                }

            case FormatKind.OtherXml or FormatKind.Pain002:
                reading.Report("xml_no_statement", Severity.Error, "The document is no bank statement.", new FilePosition(1));
                return Summary(reading, format.Name, "unknown", input.Total);
            default:
                reading.Report(input.Head.IsEmpty ? "file_empty" : "format_unknown", Severity.Error,
                    input.Head.IsEmpty ? "The file is empty." : "The file is no bank statement that is known here.", new FilePosition(1));
                return Summary(reading, "unknown", "unknown", input.Total);
        }
    }

    private static FileSummary Summary(Reading reading, string format, string encoding, long bytes)
    {
        if (reading.Statements + reading.Rejected == 0) reading.Report("no_statement", Severity.Error, "There is no statement in the file.", new FilePosition(1));
        var coverage = bytes == 0 || reading.Statements + reading.Rejected == 0 ? 0 : Math.Clamp(1 - ((double)reading.Unread / bytes), 0, 1);
        return new FileSummary(format, encoding, Math.Round(coverage, 4), bytes, reading.Statements, reading.Rejected, reading.Entries, reading.Lines, reading.Problems);
    }
}

/// <summary>What is known about the sender before its file is opened.</summary>
/// <param name="Charset">Used for texts that are not UTF-8; windows-1252 when nothing is said.</param>
public sealed record ReadOptions(string? Charset = null)
{
    public static readonly ReadOptions Default = new();
}
