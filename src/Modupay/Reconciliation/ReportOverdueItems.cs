using Modupay.Banking;
using Modupay.Notifications;

namespace Modupay.Reconciliation;

/// <summary>Says once of every expected item that its day has passed and no line, or not enough of them, has come. Run it as often as you like.</summary>
internal static class ReportOverdueItems
{
    private const int BatchSize = 500;

    /// <returns>How many were reported now.</returns>
    public static async Task<int> RunAsync(Database database, TenantId tenant, CancellationToken ct)
    {
        for (var total = 0; ;)
        {
            var reported = (await database.TransactAsync<int>(tenant, async unit => await ReportAsync(unit, ct), ct)).Value;
            total += reported;
            if (reported < BatchSize) return total;
        }
    }

    private static async Task<int> ReportAsync(UnitOfWork unit, CancellationToken ct)
    {
        var ids = await unit.ListAsync(ItemSql.MarkOverdue, [unit.Tenant.Value, DateOnly.FromDateTime(unit.Now.UtcDateTime), unit.Now, BatchSize], row => row.GetGuid(0), ct);
        var items = await unit.ListAsync(ItemSql.Find, [ids.ToArray()], ExpectedItem.Read, ct);
        await ReconciliationEvents.PublishAsync(unit, EventTypes.ExpectedItemOverdue,
            [.. items.Select(item => new ExpectedItemEvent(item.Id.ToString(), item.State, EventMoney.Of(item.Amount), EventMoney.Of(item.Open), item.DueOn, item.Reference))], ct);
        return items.Count;
    }
}
