namespace Modupay.Formats.Mt;

internal static class MtDate
{
    /// <summary>
    /// <c>YYMMDD</c>; 80 and above is the last century. Banks that count thirty days a month write 30 February: the month's last day is meant.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DateOnly date, out bool clamped)
    {
        date = default;
        clamped = false;
        if (!TryDigits(text, 6, out var value)) return false;
        var year = value / 10_000;
        return TryMake(year >= 80 ? 1900 + year : 2000 + year, value / 100 % 100, value % 100, out date, out clamped);
    }

    /// <summary><c>MMDD</c> of the year that lands nearest to the value date.</summary>
    public static bool TryParseEntry(ReadOnlySpan<byte> text, DateOnly value, out DateOnly date, out bool clamped)
    {
        date = default;
        clamped = false;
        if (!TryDigits(text, 4, out var monthDay)) return false;
        var (month, day) = (monthDay / 100, monthDay % 100);
        if (!TryMake(value.Year, month, day, out date, out clamped)) return false;
        var distance = date.DayNumber - value.DayNumber;
        if (distance is >= -182 and <= 182) return true;
        return TryMake(distance > 0 ? value.Year - 1 : value.Year + 1, month, day, out date, out clamped);
    }

    public static bool TryMake(int year, int month, int day, out DateOnly date, out bool clamped)
    {
        date = default;
        clamped = false;
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day is < 1 or > 31) return false;
        var last = DateTime.DaysInMonth(year, month);
        clamped = day > last;
        date = new DateOnly(year, month, Math.Min(day, last));
        return true;
    }

    public static bool TryDigits(ReadOnlySpan<byte> text, int count, out int value)
    {
        value = 0;
        if (text.Length < count) return false;
        for (var at = 0; at < count; at++)
        {
            var digit = text[at] - '0';
            if (digit is < 0 or > 9) return false;
            value = (value * 10) + digit;
        }

        return true;
    }
}
