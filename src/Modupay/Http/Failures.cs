using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Modupay.Http;

/// <summary>Turns what nobody expected, and what no endpoint answered, into the same envelope as everything else.</summary>
internal static class Failures
{
    private static readonly string[] OfTheAnswerNotGiven = ["Content-Length", "Content-Disposition", "Content-Encoding", "ETag", "Location", "Idempotency-Replayed"];

    public static async Task UseAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (context.Response.HasStarted || context.Response.ContentLength is > 0 || context.Response.ContentType is not null) return;
            if (Unanswered(context.Response.StatusCode) is { } problem) await Reply.Refused(problem).ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller left; there is nobody to answer.
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (BadHttpRequestException exception)
        {
            await AnswerAsync(context, new Problem(exception.StatusCode == 413 ? Errors.BodyTooLarge : Errors.InvalidRequest, "The request cannot be read."));
        }
        catch (Exception exception)
        {
            context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Modupay.Http")
                .LogError(exception, "{Method} {Route} failed.", context.Request.Method, context.GetEndpoint()?.DisplayName ?? "an unknown route");
            await AnswerAsync(context, IsPassing(exception)
                ? new Problem(Errors.Unavailable, "Nothing was done. Repeat the request with the same Idempotency-Key.")
                : new Problem(Errors.Internal, $"Quote the request id {RequestIds.Of(context)} to support."));
        }
    }

    private static Problem? Unanswered(int status) => status switch
    {
        400 => new Problem(Errors.InvalidRequest, "A parameter in the address is not of the documented type."),
        404 => new Problem(Errors.NotFound, "No resource has this address."),
        405 => new Problem(Errors.MethodNotAllowed, "See the Allow header."),
        415 => new Problem(Errors.UnsupportedMediaType, "The Content-Type must be application/json."),
        _ => null,
    };

    /// <summary>A connection that broke before commit did nothing. "Commit outcome unknown" is not among these: the idempotency key answers that.</summary>
    private static bool IsPassing(Exception exception) => exception is NpgsqlException { IsTransient: true } or TimeoutException;

    private static Task AnswerAsync(HttpContext context, Problem problem)
    {
        if (context.Response.HasStarted) return Task.CompletedTask;
        // What stands on every answer stays: who asked under which id, and what a browser must not do with it.
        foreach (var header in OfTheAnswerNotGiven) context.Response.Headers.Remove(header);
        return Reply.Refused(problem).ExecuteAsync(context);
    }
}
