using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
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
            await Reply.Refused(refused).ExecuteAsync(context);
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
        var caller = await services.GetRequiredService<ApiKeys>().CallerOfAsync(header[Scheme.Length..].Trim(), origin, context.RequestAborted);
        if (caller is null) return Unknown();
        return caller.Value.Problem is null
            ? await services.GetRequiredService<Partnership>().ActForAsync(caller.Value.Value, context.Request.Headers[Partnership.Header].ToString(), context.RequestAborted)
            : caller.Value;
    }

    // One answer for a missing, malformed, unknown, expired and revoked credential: which of them it was is nobody's business.
    private static Problem Unknown() => new(Errors.Unauthenticated, "Send 'Authorization: Bearer …' with an API key (mp_test_…, mp_live_…) or an access token that is valid.");
}

/// <summary>What one request's work is confined to; filled when its caller is known.</summary>
internal sealed class RequestScope
{
    public IReadOnlyList<DepartmentId>? Departments { get; set; }
}
