using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Modupay.Notifications.Delivery;
using Modupay.Notifications.Events;

namespace Modupay.Notifications;

/// <summary>How the other modules announce what happened.</summary>
internal static class NotificationsDoor
{
    /// <summary>
    /// Records a fact in the caller's transaction under the next number of its subject, and lets every endpoint that wants its type hear of it
    /// after the commit. Facts of one subject are numbered in the order of their transactions: a second writer waits here for the first.
    /// </summary>
    /// <param name="type">One of <see cref="EventTypes"/>.</param>
    /// <param name="subject">The id of what it happened to, as the API shows it: <c>po_…</c>.</param>
    public static async Task PublishAsync<T>(UnitOfWork unit, string type, string subject, T data, JsonTypeInfo<T> json, CancellationToken ct)
    {
        if (!EventTypes.All.Contains(type)) throw new InvalidOperationException($"{type} is not in the catalogue of event types, so nobody could ask for it.");

        var deliveries = await unit.ListAsync(EventSql.Publish,
            [
                Guid.CreateVersion7(unit.Now), unit.Tenant.Value, type, subject, JsonSerializer.Serialize(data, json),
                Activity.Current?.TraceId.ToHexString(), unit.Now,
            ],
            row => new DeliveryId(row.GetGuid(0)), ct);
        foreach (var delivery in deliveries) unit.Send(new DeliveryMessage(unit.Tenant, delivery, Attempt: 1).After(TimeSpan.Zero));
    }

    /// <summary>The same for many subjects in one round trip. A subject may come once.</summary>
    public static async Task PublishAllAsync<T>(UnitOfWork unit, string type, IReadOnlyList<(string Subject, T Data)> facts, JsonTypeInfo<T> json, CancellationToken ct)
    {
        if (facts.Count == 0) return;
        if (!EventTypes.All.Contains(type)) throw new InvalidOperationException($"{type} is not in the catalogue of event types, so nobody could ask for it.");

        var deliveries = await unit.ListAsync(EventSql.PublishAll,
            [
                unit.Tenant.Value, type, facts.Select(_ => Guid.CreateVersion7(unit.Now)).ToArray(), facts.Select(fact => fact.Subject).ToArray(),
                facts.Select(fact => JsonSerializer.Serialize(fact.Data, json)).ToArray(), Activity.Current?.TraceId.ToHexString(), unit.Now,
            ],
            row => new DeliveryId(row.GetGuid(0)), ct);
        foreach (var delivery in deliveries) unit.Send(new DeliveryMessage(unit.Tenant, delivery, Attempt: 1).After(TimeSpan.Zero));
    }
}
