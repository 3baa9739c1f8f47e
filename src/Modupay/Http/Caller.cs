using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Modupay.Http;

/// <summary>Who sent the request, once it is known. An endpoint that takes a Caller cannot run without one.</summary>
internal sealed record Caller(TenantId Tenant, ApiKeyId Key, bool Live)
{
    /// <summary>Who this is in the audit log.</summary>
    public Actor Actor => new(Actor.ApiKey, Key.ToString(), null, null);

    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(context.Features.Get<Caller>());
}
