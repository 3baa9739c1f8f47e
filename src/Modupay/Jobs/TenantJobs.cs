using Modupay.Banking.Statements.PickUp;
using Modupay.Http;
using Modupay.Ledger;
using Modupay.People;
using Modupay.Reconciliation;
using Modupay.Tenancy;

namespace Modupay.Jobs;

/// <summary>
/// Work that comes up again and again for every tenant. A job must not mind being run twice, or twice at once: a queue delivers at least once.
/// To add one: a line here, and a schedule of the same name with <c>ForEachTenant</c> in the manifest.
/// </summary>
internal static class TenantJobs
{
    public static readonly IReadOnlyDictionary<string, TenantJob> All = new Dictionary<string, TenantJob>(StringComparer.Ordinal)
    {
        ["ledger-upkeep"] = new((services, tenant, ct) => LedgerUpkeep.RunAsync(services.Database, tenant, ct)) { Due = LedgerUpkeep.TenantsWithWorkAsync },
        ["ledger-head"] = new((services, tenant, ct) => services.PublishHead.RunAsync(tenant, ct)),
        ["audit-head"] = new((services, tenant, ct) => services.PublishAuditHead.RunAsync(tenant, ct)),
        ["people-upkeep"] = new((services, _, ct) => PeopleUpkeep.RunAsync(services.Database, services.People.Keys, ct)) { Due = PeopleUpkeep.TenantsWithWorkAsync },
        ["statement-pick-up"] = new((services, tenant, ct) => services.PickUpStatements.RunAsync(tenant, ct)) { Due = PickUpStatements.DueAsync },
        ["overdue-items"] = new((services, tenant, ct) => ReportOverdueItems.RunAsync(services.Database, tenant, ct)),
        ["key-rotation"] = new((services, tenant, ct) => new KeyRotation(services.Database, services.Cipher, SealedFields.All).RunAsync(tenant, ct)),
        ["idempotency-purge"] = new((services, tenant, ct) => PurgeIdempotencyKeys.RunAsync(services.Database, tenant, ct)),
    };
}

/// <summary>What is done for one tenant, with the rights of the application.</summary>
internal sealed record TenantJob(Func<Services, TenantId, CancellationToken, Task> RunAsync)
{
    /// <summary>
    /// For whom, asked as the relay role: everybody, unless the module can tell who has something to do. A job that runs every minute should,
    /// because a message for each idle tenant is not free.
    /// </summary>
    public Func<Database, CancellationToken, IAsyncEnumerable<TenantId>> Due { get; init; } = Organizations.EveryTenantAsync;
}
