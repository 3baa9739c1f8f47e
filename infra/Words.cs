using Amazon.CDK.AWS.Logs;

namespace Modupay.Infra;

/// <summary><c>payout-dispatch</c> is <c>PayoutDispatch</c> in a template and in a workflow's placeholder.</summary>
internal static class Words
{
    public static string Pascal(string name) => string.Concat(name.Split('-', '/', ' ').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}

internal static class Days
{
    /// <summary>CloudWatch knows a few retentions only; another number is a mistake, not something to round.</summary>
    public static RetentionDays Of(int days) => days switch
    {
        14 => RetentionDays.TWO_WEEKS,
        90 => RetentionDays.THREE_MONTHS,
        365 => RetentionDays.ONE_YEAR,
        _ => throw new ArgumentOutOfRangeException(nameof(days), days, "Not a retention that is used here."),
    };
}
