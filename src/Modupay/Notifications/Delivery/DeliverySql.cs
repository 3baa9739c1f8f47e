namespace Modupay.Notifications.Delivery;

internal static class DeliverySql
{
    /// <summary>Everything one attempt needs. The newest secret comes first.</summary>
    internal const string Load = """
        select delivery.state, delivery.attempts, endpoint.state, endpoint.url, endpoint.x_signature,
            array(
                select secret_sealed from notify.webhook_secrets as secret
                where secret.webhook_endpoint_id = endpoint.webhook_endpoint_id and (expires_at is null or expires_at > $2)
                order by expires_at desc nulls first),
            event.event_id, event.type, event.subject, event.sequence, event.occurred_at, event.trace_id, event.data::text
        from notify.webhook_deliveries as delivery
        join notify.webhook_endpoints as endpoint using (webhook_endpoint_id)
        join notify.events as event using (event_id)
        where delivery.delivery_id = $1
        """;

    internal const string Lock = """
        select state, attempts, round_start, webhook_endpoint_id from notify.webhook_deliveries where delivery_id = $1 for update
        """;

    internal const string InsertAttempt = """
        insert into notify.webhook_attempts (delivery_id, attempt, tenant_id, response_status, response_excerpt, failure, duration_ms, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """;

    internal const string Record = """
        update notify.webhook_deliveries set state = $2, attempts = $3, next_attempt_at = $4, updated_at = $5 where delivery_id = $1
        """;

    internal const string Abandon = """
        update notify.webhook_deliveries set state = 'abandoned', next_attempt_at = null, updated_at = $3
        where delivery_id = $1 and attempts = $2 and state = 'pending'
        """;

    internal const string EndpointWorks = """
        update notify.webhook_endpoints set failing_since = null where webhook_endpoint_id = $1 and failing_since is not null
        """;

    /// <summary>
    /// Notes the first failure and disables what has failed for too long ($4) or is gone for good ($3). An endpoint that is known to fail and
    /// may go on failing is not written, so its deliveries do not queue up behind one row. Answers the endpoint if this disabled it.
    /// </summary>
    internal const string EndpointFailed = """
        with noted as (
            update notify.webhook_endpoints
            set failing_since = coalesce(failing_since, $2),
                state = case when $3 or failing_since <= $4 then 'disabled' else state end,
                disabled_reason = case when $3 then 'gone' when failing_since <= $4 then 'failing' end
            where webhook_endpoint_id = $1 and state = 'enabled' and ($3 or failing_since is null or failing_since <= $4)
            returning state, url, disabled_reason, failing_since
        )
        select url, disabled_reason, failing_since from noted where state = 'disabled'
        """;
}
