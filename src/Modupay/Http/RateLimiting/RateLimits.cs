using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Modupay.Http.RateLimiting;

/// <summary>
/// Limits each credential and each organization, and tells every caller where it stands (draft-ietf-httpapi-ratelimit-headers-10). The stricter of
/// the two is the one that is told.
/// </summary>
internal sealed class RateLimits(RateLimiter limiter, RatePolicy perCredential, RatePolicy perOrganization)
{
    public static RateLimits In(Settings settings, RateLimiter limiter) => new(limiter,
        new("credential", settings.RequestsPerMinuteOfCredential, TimeSpan.FromMinutes(1)),
        new("organization", settings.RequestsPerMinuteOfOrganization, TimeSpan.FromMinutes(1)));

    public async Task UseAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<Caller>() is not { } caller)
        {
            await next(context);
            return;
        }

        var credential = limiter.TakeAsync(perCredential, caller.Actor.Id, context.RequestAborted);
        var organization = limiter.TakeAsync(perOrganization, caller.Tenant.ToString(), context.RequestAborted);
        var tightest = Tightest(await credential, await organization);
        Tell(context.Response.Headers, tightest);
        if (tightest.Allowed)
        {
            await next(context);
            return;
        }
        context.Response.Headers.RetryAfter = Seconds(tightest.Wait);
        await Reply.Refused(new Problem(Errors.RateLimited, $"The {tightest.Policy.Name} may send {tightest.Policy.Limit} requests in {(long)tightest.Policy.Window.TotalSeconds} seconds. Nothing was done."))
            .ExecuteAsync(context);
    }

    private static RateAnswer Tightest(RateAnswer left, RateAnswer right) => (left.Allowed, right.Allowed) switch
    {
        (false, false) => left.Wait >= right.Wait ? left : right,
        (false, true) => left,
        (true, false) => right,
        _ => (long)left.Remaining * right.Policy.Limit <= (long)right.Remaining * left.Policy.Limit ? left : right,
    };

    private void Tell(IHeaderDictionary headers, RateAnswer answer)
    {
        headers["RateLimit-Policy"] = $"{Policy(perCredential)}, {Policy(perOrganization)}";
        headers["RateLimit"] = $"\"{answer.Policy.Name}\";r={answer.Remaining};t={Seconds(answer.Allowed ? answer.Policy.Window : answer.Wait)}";
    }

    private static string Policy(RatePolicy policy) => $"\"{policy.Name}\";q={policy.Limit};w={(long)policy.Window.TotalSeconds}";

    /// <summary>Rounded up: a caller that waits as long as it was told must not be early.</summary>
    private static string Seconds(TimeSpan wait) => ((long)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(CultureInfo.InvariantCulture);
}
