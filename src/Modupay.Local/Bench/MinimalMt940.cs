using System.Text;

namespace Modupay.Local.Bench;

/// <summary>
/// The yardsticks for MT940: records with strings and nothing else. No dialects, no checks, no raw text, no code pages, no mercy for anything
/// that the generator does not write. One takes the fields a normalised line has, the other leaves <c>:86:</c> the one text it is.
/// </summary>
internal static class MinimalMt940
{
    private sealed record Movement(DateOnly Value, long Amount, string Reference, string Information);

    private sealed record Fields(DateOnly Value, DateOnly Booked, long Amount, string Type, string? ClientReference, string? BankReference, string Code, string? BookingText, string? EndToEndId,
        string? Remittance, Party Counterparty);

    private sealed record Party(string? Name, string? Account, string? Bic);

    private readonly record struct Entry(DateOnly Value, DateOnly Booked, long Amount, int ReferenceLength);

    public static long Read(string path, bool fields)
    {
        using var file = File.OpenHandle(path);
        var buffer = new byte[1 << 20];
        var text = new byte[8192];
        long offset = 0, sum = 0;
        var kept = 0;
        Entry current = default;
        // The references of :61: stand at the beginning of the text, :86: behind them.
        var textLength = -1;
        while (true)
        {
            var read = RandomAccess.Read(file, buffer.AsSpan(kept), offset);
            if (read == 0) break;
            offset += read;
            var data = buffer.AsSpan(0, kept + read);
            while (true)
            {
                var end = data.IndexOf((byte)'\n');
                if (end < 0) break;
                var line = data[..end].TrimEnd((byte)'\r');
                data = data[(end + 1)..];
                if (line.StartsWith(":61:"u8))
                {
                    sum += Finish(current, text, ref textLength, fields);
                    current = Parse(line[4..], text);
                }
                else if (line.StartsWith(":86:"u8))
                {
                    textLength = current.ReferenceLength;
                    Append(line[4..], text, ref textLength);
                }
                else if (textLength >= 0 && (line.IsEmpty || line[0] is (byte)':' or (byte)'-'))
                {
                    sum += Finish(current, text, ref textLength, fields);
                }
                else if (textLength >= 0)
                {
                    Append(line, text, ref textLength);
                }
            }

            kept = data.Length;
            data.CopyTo(buffer);
        }

        return sum;
    }

    private static Entry Parse(ReadOnlySpan<byte> line, Span<byte> text)
    {
        var value = new DateOnly(2000 + Number(line[..2]), Number(line[2..4]), Number(line[4..6]));
        var booked = new DateOnly(value.Year, Number(line[6..8]), Number(line[8..10]));
        var at = 10;
        var sign = line[at++] == 'C' ? 1L : -1L;
        long amount = 0;
        for (; line[at] != 'N'; at++)
        {
            if (line[at] != ',') amount = (amount * 10) + (line[at] - '0');
        }

        line[at..].CopyTo(text);
        return new Entry(value, booked, sign * amount, line.Length - at);
    }

    private static long Finish(Entry current, byte[] text, ref int length, bool fields)
    {
        if (length < 0) return 0;
        var references = text.AsSpan(0, current.ReferenceLength);
        var information = text.AsSpan(current.ReferenceLength, length - current.ReferenceLength);
        length = -1;
        if (fields) return Split(current, references, information).Amount;
        var movement = new Movement(current.Value, current.Amount, Encoding.Latin1.GetString(references[4..]), Encoding.Latin1.GetString(information));
        return movement.Amount + movement.Information.Length;
    }

    private static Fields Split(Entry current, ReadOnlySpan<byte> references, ReadOnlySpan<byte> text)
    {
        Span<byte> remittance = stackalloc byte[512];
        var written = 0;
        string? booking = null, bic = null, account = null, name = null;
        var code = Encoding.Latin1.GetString(text[..3]);
        for (var rest = text[3..]; !rest.IsEmpty;)
        {
            var subfield = Number(rest[1..]);
            var next = rest[3..].IndexOf((byte)'?');
            var value = next < 0 ? rest[3..] : rest.Slice(3, next);
            rest = next < 0 ? default : rest[(next + 3)..];
            switch (subfield)
            {
                case 0: booking = Encoding.Latin1.GetString(value); break;
                case >= 20 and <= 29:
                    value.CopyTo(remittance[written..]);
                    written += value.Length;
                    break;
                case 30: bic = Encoding.Latin1.GetString(value); break;
                case 31: account = Encoding.Latin1.GetString(value); break;
                case 32: name = Encoding.Latin1.GetString(value); break;
                case 33: name += Encoding.Latin1.GetString(value); break;
            }
        }

        var slashes = references.IndexOf("//"u8);
        var client = references[4..slashes];
        var purpose = remittance[..written].IndexOf("SVWZ+"u8);
        return new Fields(current.Value, current.Booked, current.Amount, Encoding.Latin1.GetString(references[..4]), client.SequenceEqual("NONREF"u8) ? null : Encoding.Latin1.GetString(client),
            Encoding.Latin1.GetString(references[(slashes + 2)..]), code, booking, Encoding.Latin1.GetString(remittance[5..purpose]), Encoding.Latin1.GetString(remittance[(purpose + 5)..written]),
            new Party(name, account, bic));
    }

    private static void Append(ReadOnlySpan<byte> line, byte[] text, ref int length)
    {
        line.CopyTo(text.AsSpan(length));
        length += line.Length;
    }

    private static int Number(ReadOnlySpan<byte> digits) => ((digits[0] - '0') * 10) + digits[1] - '0';
}
