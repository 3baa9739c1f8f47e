using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text.Unicode;
using System.Text;

namespace Modupay.Formats.Text;

/// <summary>
/// Decides the character set field by field: ASCII, else strict UTF-8, else the bank's code page (windows-1252 when nothing is known).
/// Field by field because files that were glued together from two systems change their encoding half-way.
/// </summary>
internal sealed class TextDecoder
{
    // Bytes windows-1252 leaves undefined; where they occur the file is from a DOS or an Eastern code page.
    private static readonly SearchValues<byte> Undefined1252 = SearchValues.Create(0x81, 0x8D, 0x8F, 0x90, 0x9D);

    private static readonly SearchValues<byte> Controls = SearchValues.Create(
        0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);

    private static readonly SearchValues<byte> PlainBytes = SearchValues.Create([(byte)'\t', (byte)'\n', (byte)'\r', .. Enumerable.Range(0x20, 0x5F).Select(code => (byte)code)]);

    private readonly Encoding fallback;
    private readonly bool fallbackIsAGuess;
    private readonly bool uncertain;
    private readonly Word?[] shared = new Word?[1024];

    /// <param name="uncertain">The page was told from the letters and is not the usual one, which whoever reads names should know.</param>
    public TextDecoder(string? codePage, bool uncertain = false)
    {
        this.uncertain = uncertain;
        fallback = CodePages.Get(codePage ?? "windows-1252") ?? CodePages.Windows1252;
        fallbackIsAGuess = codePage is null;
    }

    public bool SawUtf8 { get; private set; }
    public bool SawFallback { get; private set; }
    public bool SawUndefined { get; private set; }
    public bool SawControl { get; private set; }

    public Encoding Fallback => fallback;

    public string Name => SawFallback ? fallback.WebName : SawUtf8 ? "utf-8" : "us-ascii";

    public string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return "";
        if (Ascii.IsValid(bytes))
        {
            return bytes.ContainsAnyInRange((byte)0, (byte)0x1F) ? WithoutControls(bytes, Encoding.ASCII) : Encoding.Latin1.GetString(bytes);
        }

        var encoding = EncodingOf(bytes);
        return bytes.ContainsAnyInRange((byte)0, (byte)0x1F) ? WithoutControls(bytes, encoding) : encoding.GetString(bytes);
    }

    /// <summary>For words that repeat from line to line: codes, BICs, booking texts. The last string with the same hash is handed out again.</summary>
    public string DecodeShared(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > 40) return Decode(bytes);
        ref var slot = ref shared[Slot(bytes)];
        if (slot is { } known && bytes.SequenceEqual(known.Bytes)) return known.Text;
        var word = new Word(bytes.ToArray(), Decode(bytes));
        slot = word;
        return word.Text;
    }

    private sealed record Word(byte[] Bytes, string Text);

    // Both ends of a word tell it from the few others there are; a chain of one multiplication per letter would cost more than the string.
    private static int Slot(ReadOnlySpan<byte> bytes)
    {
        ulong ends;
        if (bytes.Length >= 8) ends = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ BitOperations.RotateLeft(BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]), 29);
        else if (bytes.Length >= 4) ends = BinaryPrimitives.ReadUInt32LittleEndian(bytes) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) << 32);
        else ends = bytes[0] | ((ulong)bytes[^1] << 8) | ((ulong)bytes[bytes.Length / 2] << 16);
        return (int)(unchecked((ends ^ (uint)bytes.Length) * 0x9E3779B97F4A7C15UL) >> 54);
    }

    /// <summary>Notes what is unusual in a piece of the file and says how it is to be read; plain is ASCII without control characters.</summary>
    public Encoding Observe(ReadOnlySpan<byte> bytes, out bool plain)
    {
        plain = bytes.IndexOfAnyExcept(PlainBytes) < 0;
        if (plain) return Encoding.UTF8;
        SawControl |= bytes.IndexOfAny(Controls) >= 0;
        return EncodingOf(bytes);
    }

    public Encoding EncodingOf(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes)) return Encoding.UTF8;
        if (Utf8.IsValid(bytes))
        {
            SawUtf8 = true;
            return Encoding.UTF8;
        }

        SawFallback = true;
        SawUndefined |= uncertain;
        if (!fallbackIsAGuess || bytes.IndexOfAny(Undefined1252) < 0) return fallback;

        // The code page of DOS, where 0x81 is ü: the likeliest of those that use these bytes for letters.
        SawUndefined = true;
        return CodePages.Get("ibm850") ?? fallback;
    }

    private string WithoutControls(ReadOnlySpan<byte> bytes, Encoding encoding)
    {
        var text = encoding.GetString(bytes);
        var clean = string.Concat(text.Where(character => character is >= ' ' or '\n' or '\t'));
        SawControl |= clean.Length != text.Length;
        return clean;
    }
}
