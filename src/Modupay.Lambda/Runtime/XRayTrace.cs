using System.Diagnostics;

namespace Modupay.Lambda.Runtime;

/// <summary>
/// AWS's trace header and W3C's say the same in two spellings. <c>Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1</c>
/// is <c>00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01</c>.
/// </summary>
internal static class XRayTrace
{
    public static ActivityContext? Parse(string? header)
    {
        string? root = null, parent = null;
        var flags = ActivityTraceFlags.None;
        foreach (var field in (header ?? "").Split(';', StringSplitOptions.TrimEntries))
        {
            if (field.StartsWith("Root=1-", StringComparison.Ordinal)) root = field[7..].Replace("-", "", StringComparison.Ordinal);
            else if (field.StartsWith("Parent=", StringComparison.Ordinal)) parent = field[7..];
            else if (field is "Sampled=1") flags = ActivityTraceFlags.Recorded;
        }

        return ActivityContext.TryParse($"00-{root}-{parent}-{(flags is ActivityTraceFlags.Recorded ? "01" : "00")}", null, isRemote: true, out var context) ? context : null;
    }

    public static string Format(ActivityContext context)
    {
        var root = context.TraceId.ToHexString();
        var sampled = context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? 1 : 0;
        return $"Root=1-{root[..8]}-{root[8..]};Parent={context.SpanId.ToHexString()};Sampled={sampled}";
    }
}
