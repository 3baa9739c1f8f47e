namespace Modupay.Formats.Mt;

/// <summary>Departures from the standard that do not change what a line says; reported once per statement and kind.</summary>
[Flags]
internal enum EntryOddity
{
    None = 0,
    BlankEntryDate = 1,
    LowerCaseMark = 2,
    DateClamped = 4,
    AmountWithoutComma = 8,
    AmountWithDot = 16,
    AmountGrouped = 32,
    NoType = 64,
    LongReference = 128,
    Expected = 256,
    FourDigitYear = 512,
    EntryDateUnreadable = 1024,
}

/// <summary>
/// Field 61: value date 6!n, entry date [4!n], mark 2a, funds code [1!a], amount 15d, type 1!a3!c, customer reference 16x, [//16x bank
/// reference], [34x supplementary details on the next line]. Everything up to the amount is found by position, so nothing is ever tried twice.
/// </summary>
internal static class MtEntry
{
    /// <summary>
    /// Fills the movement and leaves <paramref name="at"/> where the type and the references begin. On refusal returns the problem's code and
    /// leaves it where the field could not be read on; the movement is then worthless.
    /// </summary>
    public static string? TryParse(ReadOnlySpan<byte> field, int decimals, MtMovement movement, out EntryOddity oddity, out int at, out string message)
    {
        oddity = EntryOddity.None;
        message = "";
        at = 0;
        var lineEnd = field.IndexOfAny((byte)'\r', (byte)'\n');
        var line = lineEnd < 0 ? field : field[..lineEnd];
        while (at < line.Length && line[at] is (byte)' ' or (byte)'\t') at++;

        if (Dates(line, movement, ref at, ref oddity) is { } badDate)
        {
            message = "The value date of the movement is not a date.";
            return badDate;
        }

        if (!Mark(line, movement, ref at, ref oddity, out var sign))
        {
            message = "Neither C nor D says in which direction the money went.";
            return "mark_unreadable";
        }

        var start = at;
        while (at < line.Length && line[at] is (>= (byte)'0' and <= (byte)'9') or (byte)',' or (byte)'.') at++;
        var grouped = at < line.Length && line[at] is (byte)' ' or (byte)'\'' ? MtAmount.Groups(line[start..at], line[at..]) : 0;
        at += grouped;
        var verdict = grouped > 0 ? MtAmount.TryParseSpaced(line[start..at], decimals, out var minor, out var amountOddity) : MtAmount.TryParse(line[start..at], decimals, out minor, out amountOddity);
        if (verdict is not AmountVerdict.Read)
        {
            at = start;
            message = MtAmount.Explain(verdict);
            return MtAmount.Code(verdict);
        }

        if (amountOddity.HasFlag(AmountOddity.NoMark) && decimals > 0) oddity |= EntryOddity.AmountWithoutComma;
        if (amountOddity.HasFlag(AmountOddity.DotMark)) oddity |= EntryOddity.AmountWithDot;
        if (amountOddity.HasFlag(AmountOddity.Grouped)) oddity |= EntryOddity.AmountGrouped;
        movement.AmountMinor = sign * minor;
        References(line[at..], ref oddity, out _, out _, out _);
        if (oddity.HasFlag(EntryOddity.AmountWithoutComma) && oddity.HasFlag(EntryOddity.NoType) && at < line.Length && !EndsAmount(line[at..]))
        {
            // 1O0,00: the amount ends where neither a comma nor a type says that it does.
            message = MtAmount.Explain(AmountVerdict.NotAnAmount);
            return MtAmount.Code(AmountVerdict.NotAnAmount);
        }

        return null;
    }

    // A slash, or a blank that no digit follows: "1 234,5" was not grouped by threes, and nobody can say what it is.
    private static bool EndsAmount(ReadOnlySpan<byte> rest) => rest[0] == '/' || (rest[0] == ' ' && rest.TrimStart((byte)' ') is not [>= (byte)'0' and <= (byte)'9', ..]);

    private static string? Dates(ReadOnlySpan<byte> line, MtMovement movement, ref int at, ref EntryOddity oddity)
    {
        var digits = 0;
        while (at + digits < line.Length && digits < 13 && line[at + digits] is >= (byte)'0' and <= (byte)'9') digits++;

        // Eight or twelve digits can only be a date with its century.
        if (digits is 8 or 12)
        {
            at += 2;
            digits -= 2;
            oddity |= EntryOddity.FourDigitYear;
        }

        if (digits is not (6 or 10) || !movement.TryDate(line.Slice(at, 6), out var value, out var clamped)) return "value_date_unreadable";
        at += 6;
        movement.ValueDate = value;
        if (clamped) oddity |= EntryOddity.DateClamped;

        if (digits == 10)
        {
            // The value date alone still says which day it was; a month 16 in the shorter one is not worth a whole statement.
            if (!MtDate.TryParseEntry(line[at..], value, out var entry, out clamped))
            {
                entry = value;
                oddity |= EntryOddity.EntryDateUnreadable;
            }

            at += 4;
            movement.BookingDate = entry;
            if (clamped) oddity |= EntryOddity.DateClamped;
            while (at < line.Length && line[at] == ' ') at++;
            return null;
        }

        var blank = at < line.Length && line[at] == ' ';
        while (at < line.Length && line[at] == ' ') at++;
        movement.BookingDate = value;
        // Four digits after the blanks are the entry date all the same: no mark begins with a digit.
        if (blank && MtDate.TryParseEntry(line[at..], value, out var apart, out _))
        {
            at += 4;
            movement.BookingDate = apart;
            while (at < line.Length && line[at] == ' ') at++;
        }
        else if (blank)
        {
            oddity |= EntryOddity.BlankEntryDate;
        }

        return null;
    }

    // C and D; R before them takes an earlier entry back, so the sign turns; E announces. A further letter is the funds code,
    // which is the third letter of the currency and easily mistaken: CR is a credit, RC is not.
    private static bool Mark(ReadOnlySpan<byte> line, MtMovement movement, ref int at, ref EntryOddity oddity, out int sign)
    {
        sign = 0;
        if (at >= line.Length) return false;
        var first = Upper(line[at], ref oddity);
        if (first is (byte)'R' or (byte)'E')
        {
            at++;
            movement.Reversal = first == 'R';
            if (first == 'E')
            {
                movement.Status = EntryStatus.Expected;
                oddity |= EntryOddity.Expected;
            }

            if (at >= line.Length) return false;
            first = Upper(line[at], ref oddity);
        }

        if (first is not ((byte)'C' or (byte)'D')) return false;
        at++;
        sign = first == 'C' != movement.Reversal ? 1 : -1;
        if (at < line.Length && char.IsAsciiLetter((char)line[at])) at++;
        while (at < line.Length && line[at] == ' ') at++;
        return true;
    }

    private static byte Upper(byte character, ref EntryOddity oddity)
    {
        if (character is < (byte)'a' or > (byte)'z') return character;
        oddity |= EntryOddity.LowerCaseMark;
        return (byte)(character - 32);
    }

    /// <summary>What follows the amount: the type, then the customer's and the bank's reference.</summary>
    public static void References(ReadOnlySpan<byte> rest, ref EntryOddity oddity, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> client, out ReadOnlySpan<byte> bank)
    {
        type = default;
        rest = rest.Trim((byte)' ');
        if (rest.Length >= 4 && (rest[0] | 0x20) is 'n' or 'f' or 's' && char.IsAsciiLetterOrDigit((char)rest[1]) && char.IsAsciiLetterOrDigit((char)rest[2]) && char.IsAsciiLetterOrDigit((char)rest[3]))
        {
            type = rest[..4];
            rest = rest[4..];
        }
        else
        {
            oddity |= EntryOddity.NoType;
        }

        var split = rest.IndexOf("//"u8);
        client = (split < 0 ? rest : rest[..split]).Trim((byte)' ');
        bank = split < 0 ? default : rest[(split + 2)..].Trim((byte)' ');
        if (client.Length > 16 || bank.Length > 16) oddity |= EntryOddity.LongReference;
    }
}

/// <summary>What a <c>:61:</c> says in numbers. One instance serves a whole file.</summary>
internal sealed class MtMovement
{
    public long AmountMinor;
    public DateOnly? BookingDate;
    public DateOnly? ValueDate;
    public EntryStatus Status;
    public bool Reversal;

    private readonly byte[] lastDate = new byte[6];
    private DateOnly last;
    private bool lastClamped;

    /// <summary>The lines of a day stand together, so most dates are the one before.</summary>
    public bool TryDate(ReadOnlySpan<byte> text, out DateOnly date, out bool clamped)
    {
        (date, clamped) = (last, lastClamped);
        if (text.SequenceEqual(lastDate)) return true;
        if (!MtDate.TryParse(text, out date, out clamped)) return false;
        (last, lastClamped) = (date, clamped);
        text.CopyTo(lastDate);
        return true;
    }

    public void Reset() => (BookingDate, ValueDate, Status, Reversal) = (null, null, EntryStatus.Booked, false);
}
