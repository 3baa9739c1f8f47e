namespace Modupay.Banking.Statements;

/// <summary>
/// Do the statements of one account follow from one another? Opening is the previous closing, numbers go up by one, no business day is left out, and
/// nothing is booked into a day that was closed before. Pure: the same chain gives the same findings, whenever and in whatever order files came.
/// </summary>
internal static class Continuity
{
    /// <summary>In the order of the account's life. Duplicates and what was only announced are no part of the chain.</summary>
    public static IEnumerable<ChainLink> InOrder(IEnumerable<ChainLink> links) => links.Where(link => !link.Outside && link.ClosingOn is not null && link.ClosingMinor is not null)
        .OrderBy(link => link.ClosingOn).ThenBy(link => link.OpeningOn ?? link.ClosingOn).ThenBy(link => link.Number ?? int.MaxValue).ThenBy(link => link.Page ?? 1).ThenBy(link => link.Id.Value);

    public static IEnumerable<Discontinuity> Examine(IEnumerable<ChainLink> links, BusinessDays days)
    {
        ChainLink? previous = null;
        foreach (var link in InOrder(links))
        {
            if (previous is not null)
            {
                foreach (var finding in Between(previous, link, days)) yield return finding;
            }
            previous = link;
        }
    }

    private static IEnumerable<Discontinuity> Between(ChainLink previous, ChainLink link, BusinessDays days)
    {
        var follows = link.OpeningMinor == previous.ClosingMinor;
        if (link.OpeningMinor is { } opening && !follows)
            yield return new("balance_gap", link, previous, Text(previous.ClosingMinor), Text(opening), previous.ClosingOn, link.OpeningOn ?? link.ClosingOn);

        var numbered = Numbers(previous, link) is { } step && step;
        if (!numbered && link.Number is { } number && previous.Number is { } before && !SamePaper(previous, link))
            yield return new("sequence_gap", link, previous, Text(before + 1), Text(number), previous.ClosingOn, link.ClosingOn);

        // Balances and numbers that follow prove that nothing is missing, whatever the calendar says: a bank writes no statement for a day without movements.
        var missing = days.Between(previous.ClosingOn!.Value, (link.FirstBookedOn is { } first && first < link.ClosingOn ? first : link.ClosingOn)!.Value);
        if (missing.Count > 0 && (days.EveryDay || (!follows && !numbered)))
            yield return new("days_missing", link, previous, Text(missing.Count), null, missing[0], missing[^1]);

        if (link.FirstBookedOn is { } booked && booked < previous.ClosingOn && !SamePaper(previous, link))
            yield return new("back_dated", link, previous, $"after {previous.ClosingOn:yyyy-MM-dd}", $"{booked:yyyy-MM-dd}", booked, previous.ClosingOn);
    }

    /// <summary>True when the numbers follow, false when they do not, null when there are none. They begin again with the year, or with every day.</summary>
    private static bool? Numbers(ChainLink previous, ChainLink link)
    {
        if (previous.Number is not { } before || link.Number is not { } number) return null;
        if (number == before + 1 || SamePaper(previous, link)) return true;
        // A bank that numbers every statement 0 or 1 does not number them.
        if (number == before && number <= 1) return true;
        return number <= 1 && link.ClosingOn!.Value.Year > previous.ClosingOn!.Value.Year;
    }

    /// <summary>Pages of one statement carry one number.</summary>
    private static bool SamePaper(ChainLink previous, ChainLink link) => link.Number is not null && previous.Number == link.Number && link.Page > (previous.Page ?? 0);

    private static string? Text(long? number) => number?.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>One statement as its neighbours see it.</summary>
/// <param name="Outside">It has no place among them: another file has said it, or it only announces.</param>
internal sealed record ChainLink(StatementId Id, int? Number, int? Page, long? OpeningMinor, DateOnly? OpeningOn, long? ClosingMinor, DateOnly? ClosingOn, DateOnly? FirstBookedOn, bool Outside);

/// <param name="Expected">A balance in minor units, a number, or how many days.</param>
internal sealed record Discontinuity(string Kind, ChainLink At, ChainLink? Previous, string? Expected, string? Found, DateOnly? FromOn, DateOnly? ToOn);

/// <summary>On which days a bank writes statements. Weekends and holidays are the bank's own, told in its dialect profile.</summary>
/// <param name="EveryDay">The bank promises a statement for every business day, also when nothing moved.</param>
internal sealed record BusinessDays(bool EveryDay, IReadOnlySet<DayOfWeek> Weekend, IReadOnlySet<DateOnly> Holidays)
{
    private const int Longest = 400;

    // The closing days of TARGET that have a date; Easter's are in profiles of banks that keep them.
    private static readonly (int Month, int Day)[] Common = [(1, 1), (5, 1), (12, 25), (12, 26)];

    public static readonly BusinessDays Usual = new(EveryDay: false, new HashSet<DayOfWeek> { DayOfWeek.Saturday, DayOfWeek.Sunday }, new HashSet<DateOnly>());

    public bool IsBusinessDay(DateOnly day) => !Weekend.Contains(day.DayOfWeek) && !Holidays.Contains(day) && !Common.Contains((day.Month, day.Day));

    /// <summary>Strictly between the two.</summary>
    public IReadOnlyList<DateOnly> Between(DateOnly after, DateOnly before)
    {
        var days = new List<DateOnly>();
        for (var day = after.AddDays(1); day < before && days.Count < Longest; day = day.AddDays(1))
            if (IsBusinessDay(day)) days.Add(day);
        return days;
    }
}
