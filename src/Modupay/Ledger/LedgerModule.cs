using Microsoft.AspNetCore.Routing;
using Modupay.Ledger.Endpoints;

namespace Modupay.Ledger;

/// <summary>The ledger over HTTP. Inside the product its door is <see cref="LedgerDoor"/>.</summary>
internal static class LedgerModule
{
    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        AccountEndpoints.Map(routes);
        EntryEndpoints.Map(routes);
        ChartEndpoints.Map(routes);
        PostJournals.Map(routes);
        EndJournals.Map(routes);
        ReadJournals.Map(routes);
        Reports.Map(routes);
        ProofEndpoints.Map(routes);
    }
}
