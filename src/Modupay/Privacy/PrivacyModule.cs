using Microsoft.AspNetCore.Routing;

namespace Modupay.Privacy;

/// <summary>What an organization may do with the keys of its data: replace its own, and destroy a person's.</summary>
internal static class PrivacyModule
{
    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        EncryptionKeyEndpoints.Map(routes);
        EraseDataSubject.Map(routes);
    }
}
