using System.Buffers;
using Modupay.Formats.Text;

namespace Modupay.Formats.Mt;

/// <summary>Feeds an MT file to the scanner in blocks. Memory is one block, or one field when that is larger.</summary>
internal static class MtReader
{
    private const int Block = 256 * 1024;

    // Two hundred thousand continuation lines still fit; a hundred megabytes without a line end do not.
    private const int MaxField = 8 * 1024 * 1024;

    public static async Task ReadAsync(Stream file, ReadOnlyMemory<byte> head, Reading reading, TextDecoder decoder, InformationGrammar grammar, IStatementSink sink, CancellationToken ct)
    {
        var scanner = new MtScanner(new MtStatements(reading, decoder, grammar));
        var atSigns = BreaksLinesWithAtSigns(head.Span);
        if (atSigns) reading.Report("line_breaks_at", Severity.Warning, "Lines end with @@, as in FinTS dialogues.", new FilePosition(1));

        var buffer = ArrayPool<byte>.Shared.Rent(Block);
        var kept = 0;
        try
        {
            while (true)
            {
                ct.ThrowIfCancellationRequested();
                var read = await file.ReadAtLeastAsync(buffer.AsMemory(kept), Math.Min(Block / 4, buffer.Length - kept), throwOnEndOfStream: false, ct);
                var final = read < Math.Min(Block / 4, buffer.Length - kept);
                if (atSigns) BreakLines(buffer.AsSpan(Math.Max(0, kept - 1), read + Math.Min(kept, 1)));
                var length = kept + read;
                var consumed = scanner.Consume(buffer.AsSpan(0, length), final);
                if (final) return;

                kept = length - consumed;
                if (kept > buffer.Length / 2)
                {
                    if (kept >= MaxField)
                    {
                        scanner.GiveUp(kept);
                        kept = 0;
                    }
                    else
                    {
                        Grow(ref buffer, consumed, kept);
                    }
                }
                else
                {
                    buffer.AsSpan(consumed, kept).CopyTo(buffer);
                }

                await sink.FlushAsync(ct);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Grow(ref byte[] buffer, int consumed, int kept)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(consumed, kept).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    private static bool BreaksLinesWithAtSigns(ReadOnlySpan<byte> head) => head.StartsWith("@@:"u8) || head.IndexOf("@@:2"u8) >= 0 || head.IndexOf("@@:6"u8) >= 0;

    // Same length, so positions stay true.
    private static void BreakLines(Span<byte> block)
    {
        for (var at = block.IndexOf("@@"u8); at >= 0;)
        {
            block[at] = (byte)'\r';
            block[at + 1] = (byte)'\n';
            block = block[(at + 2)..];
            at = block.IndexOf("@@"u8);
        }
    }
}
