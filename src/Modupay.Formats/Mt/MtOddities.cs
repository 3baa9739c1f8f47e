using System.Buffers;

namespace Modupay.Formats.Mt;

/// <summary>How the departures of <c>:61:</c> lines are told; once per statement each, because a bank that does it does it on every line.</summary>
internal static class MtOddities
{
    public static readonly (EntryOddity Flag, string Code, string Text)[] All =
    [
        (EntryOddity.BlankEntryDate, "entry_date_blank", "Blanks stand where the entry date belongs."),
        (EntryOddity.LowerCaseMark, "mark_lower_case", "The mark is in lower case."),
        (EntryOddity.DateClamped, "date_clamped", "The date is not in the calendar; the last day of its month was taken."),
        (EntryOddity.AmountWithoutComma, "amount_without_comma", "The amount has no decimal comma and was read as a whole number."),
        (EntryOddity.AmountWithDot, "amount_with_dot", "The amount has a decimal point instead of a comma."),
        (EntryOddity.AmountGrouped, "amount_grouped", "The amount has thousands separators."),
        (EntryOddity.NoType, "type_missing", "The movement has no transaction type."),
        (EntryOddity.LongReference, "reference_long", "A reference is longer than sixteen characters."),
        (EntryOddity.Expected, "entry_expected", "The movement is announced, not booked; it is left out of the sums."),
        (EntryOddity.FourDigitYear, "date_with_century", "The date has four digits of year."),
        (EntryOddity.EntryDateUnreadable, "entry_date_unreadable", "The entry date is not a date; the value date was taken."),
    ];
}

/// <summary>
/// Lines around messages that say nothing: <c>ABNANL2A</c>, <c>940</c>, <c>0000 01INGBNL2AXXXX00001</c>, dashes, envelopes, also those whose braces became
/// letters in the Nordic seven-bit set (<c>ä4:</c>).
/// </summary>
internal static class MtHeaderLine
{
    private static readonly SearchValues<byte> LettersOfABic = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8);

    /// <summary>Blanks, what frames a transmission, what fills its last block, and a byte order mark.</summary>
    public static ReadOnlySpan<byte> Padding => [(byte)' ', (byte)'\t', 0, 1, 2, 3, 0x0C, 0x1A, 0xEF, 0xBB, 0xBF];

    public static bool IsKnown(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty || line[0] is (byte)'-' or (byte)'{' or (byte)'$' or (byte)'}') return true;
        if (line.StartsWith("940"u8) || line.StartsWith("942"u8) || line.StartsWith(":940"u8) || line.StartsWith(":942"u8)) return true;
        // An envelope that was copied out of a program with the quotation mark before it.
        if (line.IndexOf("{1:F01"u8) is > 0 and < 4) return true;
        if (line.StartsWith("0000 01"u8)) return !line[7..].ContainsAnyExcept(LettersOfABic);
        if (line.Length <= 4 && line.EndsWith("4:"u8)) return true;
        return line.Length is >= 8 and <= 12 && !line.ContainsAnyExcept(LettersOfABic);
    }
}
