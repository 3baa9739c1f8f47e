using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Modupay.Http.RateLimiting;

/// <summary>
/// Limits each credential and each organization, and where there is no valid credential, each network that calls; and tells every caller where it stands
/// (draft-ietf-httpapi-ratelimit-headers-10). The stricter of two is the one that is told.
/// </summary>
internal sealed class RateLimits(RateLimiter limiter, RatePolicy perCredential, RatePolicy perOrganization, RatePolicy perAddress)
{
    public static RateLimits In(Settings settings, RateLimiter limiter) => new(limiter,
        new("credential", settings.RequestsPerMinuteOfCredential, TimeSpan.FromMinutes(1)),
        new("organization", settings.RequestsPerMinuteOfOrganization, TimeSpan.FromMinutes(1)),
        new("address", settings.RequestsPerMinuteOfAddress, TimeSpan.FromMinutes(1)));

    public async Task UseAsync(HttpContext context, RequestDelegate next)
    {
        var (policies, tightest) = context switch
        {
            _ when context.Features.Get<Caller>() is { } caller => ($"{Policy(perCredential)}, {Policy(perOrganization)}", await OfCallerAsync(caller, context.RequestAborted)),
            _ when context.GetEndpoint() is { } endpoint && Access.IsOpen(endpoint) => (Policy(perAddress), await OfAddressAsync(context)),
            _ => ("", null),
        };
        if (tightest is not null) Tell(context.Response.Headers, policies, tightest);
        if (tightest is { Allowed: false }) await RefuseAsync(context, tightest);
        else await next(context);
    }

    /// <summary>For a request whose credential is none of ours: it counts for its network, in one window with the endpoints that ask for no credential.</summary>
    /// <param name="refused">What it is told while its network may still ask.</param>
    public async Task RefuseUnknownAsync(HttpContext context, Problem refused)
    {
        var answer = await OfAddressAsync(context);
        Tell(context.Response.Headers, Policy(perAddress), answer);
        if (answer.Allowed) await Reply.Refused(refused).ExecuteAsync(context);
        else await RefuseAsync(context, answer);
    }

    private static Task RefuseAsync(HttpContext context, RateAnswer answer)
    {
        context.Response.Headers.RetryAfter = Seconds(answer.Wait);
        return Reply.Refused(new Problem(Errors.RateLimited, $"The {answer.Policy.Name} may send {answer.Policy.Limit} requests in {(long)answer.Policy.Window.TotalSeconds} seconds. Nothing was done."))
            .ExecuteAsync(context);
    }

    private async Task<RateAnswer> OfCallerAsync(Caller caller, CancellationToken ct)
    {
        var credential = limiter.TakeAsync(perCredential, caller.Actor.Id, ct);
        var organization = limiter.TakeAsync(perOrganization, caller.Tenant.ToString(), ct);
        return Tightest(await credential, await organization);
    }

    /// <summary>Whoever hides where he comes from shares what is left with all who do.</summary>
    private Task<RateAnswer> OfAddressAsync(HttpContext context) =>
        limiter.TakeAsync(perAddress, "address/" + (ClientAddress.Of(context) is { } address ? ClientAddress.Network(address) : "unknown"), context.RequestAborted);

    private static RateAnswer Tightest(RateAnswer left, RateAnswer right) => (left.Allowed, right.Allowed) switch
    {
        (false, false) => left.Wait >= right.Wait ? left : right,
        (false, true) => left,
        (true, false) => right,
        _ => (long)left.Remaining * right.Policy.Limit <= (long)right.Remaining * left.Policy.Limit ? left : right,
    };

    private static void Tell(IHeaderDictionary headers, string policies, RateAnswer answer)
    {
        headers["RateLimit-Policy"] = policies;
        headers["RateLimit"] = $"\"{answer.Policy.Name}\";r={answer.Remaining};t={Seconds(answer.Allowed ? answer.Policy.Window : answer.Wait)}";
    }

    private static string Policy(RatePolicy policy) => $"\"{policy.Name}\";q={policy.Limit};w={(long)policy.Window.TotalSeconds}";

    /// <summary>Rounded up: a caller that waits as long as it was told must not be early.</summary>
    private static string Seconds(TimeSpan wait) => ((long)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(CultureInfo.InvariantCulture);
}
