using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Modupay.Tenancy;

namespace Modupay.Http;

/// <summary>Everything under /v1 needs a key. An endpoint that is open says so by living elsewhere, so that forgetting is safe.</summary>
internal static class Authentication
{
    private const string Scheme = "Bearer ";

    public static async Task UseAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase))
        {
            await next(context);
            return;
        }

        var header = context.Request.Headers.Authorization.ToString();
        var caller = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? await context.RequestServices.GetRequiredService<ApiKeys>().FindAsync(header[Scheme.Length..].Trim(), context.RequestAborted)
            : null;
        if (caller is null)
        {
            // One answer for a missing, malformed, unknown and revoked key: which of them it was is nobody's business.
            await Reply.Refused(new Problem(Errors.Unauthenticated, "Send 'Authorization: Bearer mp_test_…' with a key that is not revoked.")).ExecuteAsync(context);
            return;
        }
        context.Features.Set(caller);
        await next(context);
    }
}
