using Microsoft.AspNetCore.Routing;

namespace Modupay;

/// <summary>The one list of modules. Registration is explicit: what is not named here does not run.</summary>
internal static class Modules
{
    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        _ = routes;
    }
}
