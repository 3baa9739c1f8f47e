using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Modupay.Http;

/// <summary>Gives every request an id (the caller's, when it sent a sane one), returns it, and puts it with the trace id into every log line.</summary>
internal static class RequestIds
{
    private const string Header = "X-Request-Id";
    private const int MaxLength = 100;

    public static async Task UseAsync(HttpContext context, RequestDelegate next)
    {
        var sent = context.Request.Headers[Header].ToString();
        // Echoed into a header and into logs, so only characters that are harmless in both.
        var id = sent.Length is > 0 and <= MaxLength && sent.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or ':')
            ? sent
            : "req_" + Id.Base32(Guid.CreateVersion7(Time(context)));
        context.TraceIdentifier = id;
        context.Response.Headers[Header] = id;
        if (Activity.Current?.Id is { } traceParent) context.Response.Headers["traceparent"] = traceParent;

        var log = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Modupay.Http");
        using (log.BeginScope(new[] { KeyValuePair.Create<string, object?>("RequestId", id) })) await next(context);
    }

    public static string Of(HttpContext context) => context.TraceIdentifier;

    public static DateTimeOffset Time(HttpContext context) => context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
}
