namespace Modupay.Notifications.Events;

internal static class EventSql
{
    /// <summary>
    /// The upsert locks the subject's row, so its writers follow one another and a rollback gives the number back: no gap, no twin. The horizon
    /// never falls within a subject, which keeps the feed in the order of the sequence even when an older transaction publishes later.
    /// </summary>
    internal const string Publish = """
        with subject as (
            insert into notify.subjects as known (tenant_id, subject, last_sequence, horizon)
            values ($2, $4, 1, notify.feed_writing())
            on conflict (tenant_id, subject) do update
            set last_sequence = known.last_sequence + 1, horizon = greatest(known.horizon, excluded.horizon)
            returning last_sequence, horizon
        ), event as (
            insert into notify.events (event_id, tenant_id, type, subject, sequence, data, trace_id, occurred_at, horizon)
            select $1, $2, $3, $4, last_sequence, $5::json, $6, $7, horizon from subject
            returning event_id
        )
        insert into notify.webhook_deliveries (delivery_id, tenant_id, webhook_endpoint_id, event_id, state, next_attempt_at, created_at, updated_at)
        select notify.uuid_at($7), $2, webhook_endpoint_id, event_id, 'pending', $7, $7, $7
        from event, notify.webhook_endpoints
        where tenant_id = $2 and webhook_endpoints.state = 'enabled' and event_types && array['*', $3]
        returning delivery_id
        """;
}
