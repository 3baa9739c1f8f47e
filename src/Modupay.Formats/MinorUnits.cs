namespace Modupay.Formats;

/// <summary>Amounts as whole minor units and as decimal strings; there is no floating point on the way.</summary>
public static class MinorUnits
{
    private static readonly long[] Powers = [1, 10, 100, 1_000, 10_000];

    /// <summary><c>-1230</c> with two decimals prints <c>-12.30</c>; with none, <c>-1230</c>.</summary>
    public static string Print(long minor, int decimals, char mark = '.')
    {
        if (decimals == 0) return minor.ToString();
        var power = Powers[decimals];
        // Int64.MinValue has no positive twin, so quotient and remainder are made positive one by one.
        var (whole, rest) = long.DivRem(minor, power);
        return $"{(minor < 0 ? "-" : "")}{unchecked((ulong)Math.Abs(whole))}{mark}{Math.Abs(rest).ToString($"D{decimals}")}";
    }

    public static string Print(long minor, string currency) => Print(minor, CurrencyCodes.DecimalsOrTwo(currency));

    public static decimal ToDecimal(long minor, int decimals) => (decimal)minor / Powers[decimals];
}
