using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Modupay;

/// <summary>
/// Logs as one JSON object a line, each with the trace it belongs to. What a message names has the name of the thing (<c>{Payout}</c>,
/// <c>{Connector}</c>), or ends in its unit (<c>{DurationMs}</c>), so that one query finds it in every function.
/// </summary>
internal static class Telemetry
{
    public static readonly ActivitySource Source = new("Modupay");

    public static void AddJsonLogs(ILoggingBuilder logging)
    {
        logging.Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        logging.AddJsonConsole(console =>
        {
            console.IncludeScopes = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        });
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        logging.AddFilter("Npgsql", LogLevel.Warning);
    }
}
