using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Modupay.Http.RateLimiting;
using Modupay.People;
using Modupay.Tenancy;

namespace Modupay.Http;

/// <summary>
/// Finds out who calls, for which organization, and whether that is enough for this endpoint. Everything under /v1 needs a credential unless its
/// endpoint is declared open, so that forgetting is safe.
/// </summary>
internal static class Authentication
{
    private const string Scheme = "Bearer ";

    /// <summary>What it takes to know callers, and the database as each of them may see it.</summary>
    public static IServiceCollection AddCallers(this IServiceCollection services, Database database) => services
        .AddSingleton(new ApiKeys(database))
        .AddSingleton(new Partnership(database))
        .AddScoped<RequestScope>()
        .AddScoped(provider => database.Within(provider.GetRequiredService<RequestScope>().Departments));

    public static async Task UseAsync(HttpContext context, RequestDelegate next)
    {
        var endpoint = context.GetEndpoint();
        if (!context.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase) || (endpoint is not null && Access.IsOpen(endpoint)))
        {
            await next(context);
            return;
        }

        var caller = await CallerOfAsync(context);
        if (caller.Problem is { } refused)
        {
            // Whoever has a valid credential pays nothing for those who have none.
            if (refused.Error == Errors.Unauthenticated && context.RequestServices.GetService<RateLimits>() is { } limits) await limits.RefuseUnknownAsync(context, refused);
            else await Reply.Refused(refused).ExecuteAsync(context);
            return;
        }
        if (endpoint is not null && Access.IsForPeople(endpoint) && context.Features.Get<Person>() is null)
        {
            await Reply.Refused(new Problem(Errors.Forbidden, "This needs a person's access token, not an API key.")).ExecuteAsync(context);
            return;
        }
        if (endpoint is not null && Access.Refusal(caller.Value, endpoint) is { } forbidden)
        {
            await Reply.Refused(forbidden).ExecuteAsync(context);
            return;
        }
        context.Features.Set(caller.Value);
        context.RequestServices.GetRequiredService<RequestScope>().Departments = caller.Value.Departments;
        await next(context);
    }

    private static async Task<Result<Caller>> CallerOfAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return Unknown();
        var origin = new Origin(ClientAddress.Of(context), RequestIds.Of(context));
        var secret = header[Scheme.Length..].Trim();
        var caller = TokenReader.LooksLikeToken(secret)
            ? await PersonOfAsync(context, secret, origin)
            : await services.GetRequiredService<ApiKeys>().CallerOfAsync(secret, origin, context.RequestAborted);
        if (caller is null) return Unknown();
        return caller.Value.Problem is null
            ? await services.GetRequiredService<Partnership>().ActForAsync(caller.Value.Value, context.Request.Headers[Partnership.Header].ToString(), context.RequestAborted)
            : caller.Value;
    }

    private static async Task<Result<Caller>?> PersonOfAsync(HttpContext context, string token, Origin origin)
    {
        var known = await context.RequestServices.GetRequiredService<TokenCallers>().CallerOfAsync(token, context.Request.Headers[TokenCallers.ModeHeader].ToString(), origin, context.RequestAborted);
        if (known is null) return null;
        if (known.Value.Problem is { } problem) return problem;
        context.Features.Set(known.Value.Value.Person);
        return known.Value.Value.Caller;
    }

    // One answer for a missing, malformed, unknown, expired and revoked credential: which of them it was is nobody's business.
    private static Problem Unknown() => new(Errors.Unauthenticated, "Send 'Authorization: Bearer …' with an API key (mp_test_…, mp_live_…) or an access token that is valid.");
}

/// <summary>What one request's work is confined to; filled when its caller is known.</summary>
internal sealed class RequestScope
{
    public IReadOnlyList<DepartmentId>? Departments { get; set; }
}
