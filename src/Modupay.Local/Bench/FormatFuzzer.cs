using System.Text;
using Modupay.Formats;

namespace Modupay.Local.Bench;

/// <summary>
/// Breaks good files in every way it can think of and looks whether a reader breaks too. The same seed makes the same files, so that a
/// number is all that has to be kept of a failure until the file itself becomes a sample.
/// </summary>
internal static class FormatFuzzer
{
    private static readonly byte[][] Tokens = [.. ((string[])
    [
        ":20:", ":25:", ":28C:", ":60F:", ":60M:", ":61:", ":62F:", ":62M:", ":64:", ":86:", "-", "-}", "{4:", "{2:O942", "\r\n", "\n", "\r", "@@", "?20", "?00", "?99", "EREF+", "SVWZ+", "/EREF/",
        "/REMI/", "/CNTP/", "//", "C", "RC", "D250102EUR", "9999999999999999999,99", "0,", ",", ".", "EUR", "JPY", "250230", "251301", "<Ntry>", "</Ntry>", "<Stmt>", "</Stmt>", "<TxDtls>", "<Amt Ccy=\"EUR\">",
        "</Amt>", "<CdtDbtInd>DBIT</CdtDbtInd>", "<![CDATA[", "]]>", "<!--", "-->", "&#0;", "&amp;", "<!DOCTYPE x>", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>", "\"", ";", ",", "\t", "\0", "\uFEFF", "ü", "2025-02-30", "-1",
    ]).Select(Encoding.UTF8.GetBytes)];

    /// <summary>Returns the input that failed with what went wrong, or null.</summary>
    public static (byte[] Input, string Failure)? Run(IReadOnlyList<byte[]> seeds, int seed, int iterations, CancellationToken ct = default)
    {
        var dice = new Random(seed);
        for (var at = 0; at < iterations && !ct.IsCancellationRequested; at++)
        {
            var input = Mutate(seeds[dice.Next(seeds.Count)], seeds, dice);
            if (Check(input) is { } failure) return (input, failure);
        }

        return null;
    }

    /// <summary>What must hold for any bytes: no exception, no endless work, and sums that are the sums of the lines.</summary>
    public static string? Check(byte[] input)
    {
        try
        {
            var file = StatementFile.Parse(input);
            foreach (var statement in file.Statements.Concat(file.Rejected))
            {
                Int128 sum = 0;
                foreach (var line in statement.Lines)
                {
                    _ = line.Texts;
                    _ = line.Raw.ToString();
                    if (line.Status is EntryStatus.Booked) sum += line.AmountMinor;
                }

                if (statement.End.Standing is not Standing.Rejected && sum != (Int128)statement.End.CreditsMinor - statement.End.DebitsMinor) return "Lines do not add up to the statement's sums.";
                if (statement.End.Standing is Standing.Complete && statement.End.Balanced is false) return "A statement that does not balance is called complete.";
            }

            if (file.Statements.Count == 0 && file.Problems.All(problem => problem.Severity is not Severity.Error)) return "Nothing was read and nobody says why.";
            _ = PaymentStatusFile.Parse(input, out _);
            return null;
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }
    }

    private static byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> seeds, Random dice)
    {
        var bytes = new List<byte>(seed);
        for (var count = dice.Next(1, 6); count > 0; count--)
        {
            var at = dice.Next(bytes.Count + 1);
            switch (dice.Next(8))
            {
                case 0 when bytes.Count > 0: bytes[Math.Min(at, bytes.Count - 1)] = (byte)dice.Next(256); break;
                case 1 when bytes.Count > 1: bytes.RemoveRange(at, Math.Min(dice.Next(1, 40), bytes.Count - at)); break;
                case 2: bytes.InsertRange(at, Tokens[dice.Next(Tokens.Length)]); break;
                case 3: bytes.RemoveRange(at, bytes.Count - at); break;
                case 4:
                    var from = dice.Next(bytes.Count + 1);
                    bytes.InsertRange(at, bytes.GetRange(from, Math.Min(dice.Next(1, 200), bytes.Count - from)));
                    break;
                case 5:
                    var other = seeds[dice.Next(seeds.Count)];
                    var start = dice.Next(other.Length + 1);
                    bytes.InsertRange(at, other[start..Math.Min(other.Length, start + dice.Next(1, 400))]);
                    break;
                case 6: bytes.InsertRange(at, Enumerable.Repeat(Tokens[dice.Next(Tokens.Length)], dice.Next(1, 50)).SelectMany(token => token)); break;
                default:
                    for (var swap = 0; swap < 3 && bytes.Count > 1; swap++)
                    {
                        var (a, b) = (dice.Next(bytes.Count), dice.Next(bytes.Count));
                        (bytes[a], bytes[b]) = (bytes[b], bytes[a]);
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
