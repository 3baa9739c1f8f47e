using Microsoft.AspNetCore.Routing;
using Modupay.Tenancy.Endpoints;

namespace Modupay.Tenancy;

/// <summary>Organizations, their departments and their keys over HTTP.</summary>
internal static class TenancyModule
{
    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        OrganizationEndpoints.Map(routes);
        OrganizationLogo.Map(routes);
        DepartmentEndpoints.Map(routes);
        ApiKeyEndpoints.Map(routes);
    }
}
