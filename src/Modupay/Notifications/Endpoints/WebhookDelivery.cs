using Npgsql;

namespace Modupay.Notifications.Endpoints;

/// <summary>One event on its way to one endpoint.</summary>
/// <param name="Id">Its id, <c>dlv_…</c>.</param>
/// <param name="Event">The event, <c>evt_…</c>; receivers see it as <c>webhook-id</c>.</param>
/// <param name="EventType">The event's type, such as <c>payout.settled.v1</c>.</param>
/// <param name="Subject">The id of the object the event is about.</param>
/// <param name="State"><c>pending</c>, <c>delivered</c>, <c>failed</c> (after all attempts) or <c>abandoned</c> (the endpoint was disabled or deleted).</param>
/// <param name="Attempts">How many have been made, over every time it was sent again.</param>
/// <param name="CreatedAt">When it was first to be sent (UTC).</param>
/// <param name="NextAttemptAt">When it is tried next (UTC); only while it is pending.</param>
/// <param name="LastAttempt">How the newest attempt ended.</param>
/// <param name="Log">Every attempt, newest first; only when one delivery is asked for.</param>
internal sealed record WebhookDelivery(
    string Id,
    string WebhookEndpoint,
    string Event,
    string EventType,
    string Subject,
    string State,
    int Attempts,
    DateTimeOffset CreatedAt,
    DateTimeOffset? NextAttemptAt = null,
    WebhookAttempt? LastAttempt = null,
    IReadOnlyList<WebhookAttempt>? Log = null)
{
    internal static readonly string[] States = ["pending", "delivered", "failed", "abandoned"];

    public static WebhookDelivery Read(NpgsqlDataReader row) => new(
        new DeliveryId(row.GetGuid(0)).ToString(), new WebhookEndpointId(row.GetGuid(1)).ToString(), new EventId(row.GetGuid(2)).ToString(),
        row.GetString(3), row.GetString(4), row.GetString(5), row.GetInt32(6), row.GetFieldValue<DateTimeOffset>(7), row.IsDBNull(8) ? null : row.GetFieldValue<DateTimeOffset>(8),
        row.IsDBNull(9) ? null : WebhookAttempt.Read(row, first: 9));
}

/// <summary>One POST and how it ended.</summary>
/// <param name="Attempt">Counted from 1, over every time the event was sent again.</param>
/// <param name="At">When it began (UTC).</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Status">The HTTP status that was answered; absent when nothing was.</param>
/// <param name="Response">The first 200 characters of its answer.</param>
/// <param name="Failure">Why there was no answer: <c>timeout</c>, <c>connection</c>, <c>tls</c>, <c>name_not_found</c>, <c>address_not_allowed</c> or <c>url_not_allowed</c>.</param>
internal sealed record WebhookAttempt(int Attempt, DateTimeOffset At, int DurationMs, int? Status = null, string? Response = null, string? Failure = null)
{
    public static WebhookAttempt Read(NpgsqlDataReader row, int first = 0) => new(
        row.GetInt32(first), row.GetFieldValue<DateTimeOffset>(first + 1), row.GetInt32(first + 2), row.IsDBNull(first + 3) ? null : row.GetInt32(first + 3),
        row.IsDBNull(first + 4) ? null : row.GetString(first + 4), row.IsDBNull(first + 5) ? null : row.GetString(first + 5));
}

internal static class WebhookDeliverySql
{
    private const string Select = """
        select delivery.delivery_id, delivery.webhook_endpoint_id, delivery.event_id, event.type, event.subject, delivery.state, delivery.attempts, delivery.created_at,
            delivery.next_attempt_at, attempt.attempt, attempt.at, attempt.duration_ms, attempt.response_status, attempt.response_excerpt, attempt.failure
        from notify.webhook_deliveries as delivery
        join notify.events as event using (event_id)
        left join notify.webhook_attempts as attempt on attempt.delivery_id = delivery.delivery_id and attempt.attempt = delivery.attempts
        """;

    internal const string Page = $"""
        {Select}
        where delivery.delivery_id < $1 and ($2::uuid is null or delivery.webhook_endpoint_id = $2)
            and ($3::uuid is null or delivery.event_id = $3) and ($4::text is null or delivery.state = $4)
        order by delivery.delivery_id desc
        limit $5
        """;

    internal const string Find = $"{Select} where delivery.delivery_id = $1";

    internal const string Log = """
        select attempt, at, duration_ms, response_status, response_excerpt, failure from notify.webhook_attempts where delivery_id = $1 order by attempt desc
        """;

    internal const string EndpointState = "select state from notify.webhook_endpoints where webhook_endpoint_id = $1 and state <> 'deleted'";

    internal const string EndpointOf = """
        select endpoint.state from notify.webhook_deliveries join notify.webhook_endpoints as endpoint using (webhook_endpoint_id) where delivery_id = $1
        """;

    /// <summary>The schedule begins again; the number of the attempt goes on, so that what is still queued of the old round is recognised.</summary>
    internal const string Resend = """
        update notify.webhook_deliveries set state = 'pending', round_start = attempts, next_attempt_at = $2, updated_at = $2
        where delivery_id = $1
        returning attempts
        """;

    /// <summary>Events of a window that the endpoint wants and is not about to get anyway; $5 adds those it has already accepted.</summary>
    internal const string Replay = """
        with chosen as (
            select event.event_id
            from notify.events as event
            join notify.webhook_endpoints as endpoint on endpoint.webhook_endpoint_id = $1 and endpoint.event_types && array['*', event.type]
            left join notify.webhook_deliveries as delivery on delivery.webhook_endpoint_id = $1 and delivery.event_id = event.event_id
            where event.event_id >= $2 and event.event_id < $3 and event.event_id > $4
                and (delivery.state is null or delivery.state in ('failed', 'abandoned') or ($5 and delivery.state = 'delivered'))
            order by event.event_id
            limit $6
        ), sent as (
            insert into notify.webhook_deliveries as known (delivery_id, tenant_id, webhook_endpoint_id, event_id, state, next_attempt_at, created_at, updated_at)
            select notify.uuid_at($7), $8, $1, event_id, 'pending', $7, $7, $7 from chosen
            on conflict (webhook_endpoint_id, event_id) do update
            set state = 'pending', round_start = known.attempts, next_attempt_at = excluded.next_attempt_at, updated_at = excluded.updated_at
            where known.state <> 'pending'
            returning delivery_id, attempts, event_id
        )
        select delivery_id, attempts, event_id from sent order by event_id
        """;
}
