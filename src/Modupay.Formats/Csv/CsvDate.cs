using System.Globalization;

namespace Modupay.Formats.Csv;

internal static class CsvDate
{
    // What can only be read in one way. With slashes or hyphens day and month come in either order, so that the file must prove it.
    private static readonly string[] Certain = ["yyyy-MM-dd", "yyyy/MM/dd", "yyyy.MM.dd", "yyyy.MM.dd.", "yyyyMMdd", "dd.MM.yyyy", "d.M.yyyy", "dd.MM.yy", "d.M.yy",
        "dd.MM.yyyy.", "d.M.yyyy.", "d. M. yyyy", "yyyy. MM. dd.", "yyyy. M. d.", "dd-MMM-yyyy", "d-MMM-yyyy", "dd MMM yyyy", "d MMM yyyy", "dd/MMM/yyyy", "dd-MMM-yy", "dd MMM yy",
        "d MMMM yyyy", "MMM d, yyyy", "MMMM d, yyyy", "MMM d yyyy"];
    private static readonly string[] DayFirst = ["dd/MM/yyyy", "d/M/yyyy", "dd-MM-yyyy", "dd/MM/yy", "dd-MM-yy", "d-M-yyyy", "d/M/yy"];
    private static readonly string[] MonthFirst = ["MM/dd/yyyy", "M/d/yyyy", "MM-dd-yyyy", "MM/dd/yy", "MM-dd-yy", "M-d-yyyy", "M/d/yy"];

    /// <summary>The format that reads every value, when there is exactly one meaning; null with the reason otherwise.</summary>
    public static string? Detect(IReadOnlyList<string> values, out string problem)
    {
        problem = "date_unreadable";
        // A stray row must not hide what all the others prove; when most are stray, nothing is proven.
        var dates = values.Where(value => Certain.Concat(DayFirst).Concat(MonthFirst).Any(format => TryParse(value, format, out _))).ToList();
        if (dates.Count == 0 || dates.Count * 2 < values.Count) return null;
        values = dates;
        foreach (var format in Certain)
        {
            if (values.All(value => TryParse(value, format, out _))) return format;
        }

        var dayFirst = DayFirst.FirstOrDefault(format => values.All(value => TryParse(value, format, out _)));
        var monthFirst = MonthFirst.FirstOrDefault(format => values.All(value => TryParse(value, format, out _)));
        if (dayFirst is not null && monthFirst is not null) problem = "date_ambiguous";
        return dayFirst is not null && monthFirst is not null ? null : dayFirst ?? monthFirst;
    }

    /// <summary>A time after the date is passed over; two-digit years turn at 80.</summary>
    public static bool TryParse(string value, string format, out DateOnly date)
    {
        value = WithoutTime(value, format);
        if (!DateOnly.TryParseExact(value, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out date)) return false;
        if (!format.Contains("yyyy", StringComparison.Ordinal)) date = date.AddYears((date.Year % 100 >= 80 ? 1900 : 2000) + (date.Year % 100) - date.Year);
        return true;
    }

    // A date may be shorter than its format writes it, so the time is found by its colon.
    private static string WithoutTime(string value, string format)
    {
        if (value.Length > format.Length && value[format.Length] is ' ' or 'T') return value[..format.Length];
        var colon = value.IndexOf(':', StringComparison.Ordinal);
        var before = colon < 0 ? -1 : value.LastIndexOfAny([' ', 'T'], colon);
        return before < 0 ? value : value[..before].TrimEnd(' ', ',');
    }
}
