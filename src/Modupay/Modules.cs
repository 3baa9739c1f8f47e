using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Ledger;
using Modupay.Notifications;
using Modupay.People;
using Modupay.Privacy;
using Modupay.Reconciliation;
using Modupay.Tenancy;

namespace Modupay;

/// <summary>The one list of the API's routes. Registration is explicit: what is not named here does not run.</summary>
internal static class Modules
{
    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        TenancyModule.MapRoutes(routes);

        BankProfileEndpoints.Map(routes);
        ConnectorEndpoints.Map(routes);
        TreasuryAccountEndpoints.Map(routes);
        ChangeTreasuryAccount.Map(routes);

        CreatePayout.Map(routes);
        ReadPayouts.Map(routes);
        DecidePayout.Map(routes);

        UploadStatement.Map(routes);
        ReadStatements.Map(routes);
        ReparseStatement.Map(routes);
        ReadFindings.Map(routes);
        DefineDialect.Map(routes);
        PickUpEndpoints.Map(routes);

        ReconciliationModule.MapRoutes(routes);

        LedgerModule.MapRoutes(routes);

        NotificationsModule.MapRoutes(routes);

        AuditModule.MapRoutes(routes);
        PrivacyModule.MapRoutes(routes);

        PeopleModule.MapRoutes(routes);
    }
}
