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

    /// <summary>The same for many subjects at once, each of them one fact.</summary>
    internal const string PublishAll = """
        with given as (
            select * from unnest($3::uuid[], $4::text[], $5::text[]) as given (event_id, subject, data)
        ), subject as (
            insert into notify.subjects as known (tenant_id, subject, last_sequence, horizon)
            select $1, subject, 1, notify.feed_writing() from given order by subject
            on conflict (tenant_id, subject) do update
            set last_sequence = known.last_sequence + 1, horizon = greatest(known.horizon, excluded.horizon)
            returning subject, last_sequence, horizon
        ), event as (
            insert into notify.events (event_id, tenant_id, type, subject, sequence, data, trace_id, occurred_at, horizon)
            select event_id, $1, $2, subject, last_sequence, data::json, $6, $7, horizon from given join subject using (subject)
            returning event_id
        )
        insert into notify.webhook_deliveries (delivery_id, tenant_id, webhook_endpoint_id, event_id, state, next_attempt_at, created_at, updated_at)
        select notify.uuid_at($7), $1, webhook_endpoint_id, event_id, 'pending', $7, $7, $7
        from event, notify.webhook_endpoints
        where tenant_id = $1 and webhook_endpoints.state = 'enabled' and event_types && array['*', $2]
        returning delivery_id
        """;

    private const string Columns = "event_id, type, subject, sequence, occurred_at, trace_id, data::text";

    internal const string Find = $"select {Columns} from notify.events where event_id = $1";

    internal const string Newest = $"""
        select {Columns} from notify.events
        where event_id < $1 and ($2::text is null or type = $2) and ($3::text is null or subject = $3)
        order by event_id desc
        limit $4
        """;

    /// <summary>Leaves out what an older transaction, still running, might have to come before.</summary>
    internal const string Feed = $"""
        select {Columns}, horizon, position from notify.events
        where (horizon, position) > ($1, $2) and horizon < (select notify.feed_settled())
            and ($3::text is null or type = $3) and ($4::text is null or subject = $4)
        order by horizon, position
        limit $5
        """;
}
