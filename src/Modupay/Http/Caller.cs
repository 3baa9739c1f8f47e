using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Modupay.Http;

/// <summary>Who sent the request, once it is known. An endpoint that takes a Caller cannot run without one.</summary>
internal sealed record Caller(TenantId Tenant, ApiKeyId Key, bool Live)
{
    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(context.Features.Get<Caller>());
}
