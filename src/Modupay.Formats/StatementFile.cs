using System.Runtime.InteropServices;
using Modupay.Formats.Archive;
using Modupay.Formats.Camt;
using Modupay.Formats.Csv;
using Modupay.Formats.Mt;
using Modupay.Formats.Text;
using Modupay.Formats.Xml;

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
        var reading = new Reading(sink);
        var part = await ReadPartAsync(file, reading, sink, options ?? ReadOptions.Default, inArchive: false, ct);
        if (reading.Statements + reading.Rejected == 0) reading.Report("no_statement", Severity.Error, "There is no statement in the file.", new FilePosition(1));
        var coverage = reading.Statements + reading.Rejected == 0 ? 0 : Math.Round(Math.Clamp(part.Coverage, 0, 1), 4);
        return new FileSummary(part.Format, part.Encoding, coverage, part.Bytes, reading.Statements, reading.Rejected, reading.Entries, reading.Lines, reading.Problems) { Dialect = part.Dialect };
    }

    internal static async Task<FilePart> ReadPartAsync(Stream file, Reading reading, IStatementSink sink, ReadOptions options, bool inArchive, CancellationToken ct)
    {
        await using var input = await PeekedStream.OpenAsync(file, ct);
        var format = StatementFormat.Detect(input.Head);
        if (options.Profile?.Csv is not null && format.Kind is FormatKind.Unknown) format = new StatementFormat(FormatKind.Csv, "csv");
        switch (format.Kind)
        {
            case FormatKind.Mt: return await MtAsync(input, format, reading, sink, options, ct);
            case FormatKind.Camt: return await CamtAsync(input, reading, sink, ct);
            case FormatKind.Csv:
                var csv = new CsvReader(reading, sink, options.Profile);
                await csv.ReadAsync(input, input.Head, ct);
                return new FilePart("csv", csv.EncodingName, csv.Coverage, input.Total, csv.Dialect);
            case FormatKind.Zip when !inArchive: return await ZipFile.ReadAsync(input, reading, sink, options, ct);
            case FormatKind.OtherXml or FormatKind.Pain002: return Refuse("xml_no_statement", "The document is no bank statement.", format.Name);
            default: return input.Head.IsEmpty ? Refuse("file_empty", "The file is empty.", "unknown") : Refuse("format_unknown", "The file is no bank statement that is known here.", "unknown");
        }

        FilePart Refuse(string code, string message, string name)
        {
            reading.Report(code, Severity.Error, message, new FilePosition(1));
            return new FilePart(name, "unknown", 0, input.Head.Length);
        }
    }

    private static async Task<FilePart> MtAsync(PeekedStream input, StatementFormat format, Reading reading, IStatementSink sink, ReadOptions options, CancellationToken ct)
    {
        var profile = options.Profile ?? DialectProfiles.DetectMt(input.Head.Span);
        var known = options.Charset ?? profile?.Charset;
        var guess = known is null && !input.IsUtf16 ? CharsetGuess.OfMt(input.Head.Span) : (Page: known, Uncertain: false);
        var decoder = new TextDecoder(guess.Page, guess.Uncertain);
        var unreadBefore = reading.Unread;
        await MtReader.ReadAsync(input.AsUtf8(), input.Head, reading, decoder, profile?.Information ?? InformationGrammar.FromText, sink, ct);
        var coverage = input.Total == 0 ? 0 : 1 - ((double)(reading.Unread - unreadBefore) / input.Total);
        return new FilePart(format.Name, input.IsUtf16 ? "utf-16" : decoder.Name, coverage, input.Total, profile?.Name);
    }

    private static async Task<FilePart> CamtAsync(PeekedStream input, Reading reading, IStatementSink sink, CancellationToken ct)
    {
        if (input.SkipLeadingBlanks() > 0) reading.Report("xml_leading_blank", Severity.Warning, "There are blanks before the document.", new FilePosition(1));
        var declared = XmlEncoding.Declared(input.Head.Span);
        if (declared.IsVersion11) input.SkipDeclaration();
        await using var padding = new PaddingStream(input);
        // In UTF-16 every other byte is NUL.
        using var camt = new CamtReader(input.IsUtf16 ? input : padding, declared.NeedsDecoder, reading);
        await camt.ReadAsync(sink, ct);
        if (padding.SawPadding) reading.Report("control_characters", Severity.Warning, "Control characters behind the document were passed over.", new FilePosition(1));
        return new FilePart(camt.Format, declared.Name, camt.Coverage, input.Total);
    }
}

/// <summary>What is known about the sender before its file is opened.</summary>
/// <param name="Profile">The bank's dialect; found among the profiles that come with the assembly when not given.</param>
/// <param name="Charset">Used for texts that are not UTF-8, before the profile's; windows-1252 when nothing is said.</param>
public sealed record ReadOptions(DialectProfile? Profile = null, string? Charset = null)
{
    public static readonly ReadOptions Default = new();
}

/// <summary>One file, be it alone or in an archive.</summary>
internal readonly record struct FilePart(string Format, string Encoding, double Coverage, long Bytes, string? Dialect = null);
