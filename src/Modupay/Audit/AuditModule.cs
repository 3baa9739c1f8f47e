using Microsoft.AspNetCore.Routing;
using Modupay.Audit.Endpoints;

namespace Modupay.Audit;

/// <summary>The audit log over HTTP. Inside the product its door is <see cref="AuditLog"/>.</summary>
internal static class AuditModule
{
    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        ReadAuditLog.Map(routes);
        VerifyAuditLog.Map(routes);
    }
}
