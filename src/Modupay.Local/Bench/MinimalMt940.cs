using System.Text;

namespace Modupay.Local.Bench;

/// <summary>
/// The yardstick for MT940: dates, amounts and references of <c>:61:</c> and the joined text of <c>:86:</c> as records with strings, and
/// nothing else. No dialects, no checks, no mercy for anything unusual.
/// </summary>
internal static class MinimalMt940
{
    private sealed record Movement(DateOnly Value, long Amount, string Reference, string Information);

    public static long Read(string path)
    {
        using var file = File.OpenHandle(path);
        var buffer = new byte[1 << 20];
        var text = new byte[8192];
        long offset = 0, sum = 0;
        var kept = 0;
        (DateOnly Value, long Amount, string Reference) current = default;
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
                    sum += Finish(current, text, ref textLength);
                    current = Parse(line[4..]);
                }
                else if (line.StartsWith(":86:"u8))
                {
                    textLength = 0;
                    Append(line[4..], text, ref textLength);
                }
                else if (textLength >= 0 && (line.IsEmpty || line[0] is (byte)':' or (byte)'-'))
                {
                    sum += Finish(current, text, ref textLength);
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

    private static (DateOnly Value, long Amount, string Reference) Parse(ReadOnlySpan<byte> line)
    {
        var date = new DateOnly(2000 + Number(line[..2]), Number(line[2..4]), Number(line[4..6]));
        var at = 10;
        var sign = line[at++] == 'C' ? 1L : -1L;
        long amount = 0;
        for (; line[at] != 'N'; at++)
        {
            if (line[at] != ',') amount = (amount * 10) + (line[at] - '0');
        }

        return (date, sign * amount, Encoding.Latin1.GetString(line[(at + 4)..]));
    }

    private static long Finish((DateOnly Value, long Amount, string Reference) current, byte[] text, ref int length)
    {
        if (length < 0) return 0;
        var movement = new Movement(current.Value, current.Amount, current.Reference, Encoding.Latin1.GetString(text.AsSpan(0, length)));
        length = -1;
        return movement.Amount + movement.Information.Length;
    }

    private static void Append(ReadOnlySpan<byte> line, byte[] text, ref int length)
    {
        line.CopyTo(text.AsSpan(length));
        length += line.Length;
    }

    private static int Number(ReadOnlySpan<byte> digits) => ((digits[0] - '0') * 10) + digits[1] - '0';
}
