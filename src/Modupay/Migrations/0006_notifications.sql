-- A UUIDv7 of a given instant: ids are made from the platform's clock, also where PostgreSQL makes them.
create function notify.uuid_at(at timestamptz) returns uuid language sql volatile as $$
    select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$$;

-- The order in which a consumer pulls events. Neither ids nor a sequence can give it: a transaction that took its number early may commit late,
-- and whoever had read past that number would never see it. Transaction ids can, because PostgreSQL knows the lowest one still running.
-- They restart when a database is copied logically (dump and restore, blue/green); then the constant below must become max(horizon) of notify.events.
create function notify.feed_offset() returns bigint language sql immutable as 'select 0::bigint';

-- What is being written now will be readable once this number is below feed_settled().
create function notify.feed_writing() returns bigint language sql volatile as $$
    select pg_current_xact_id()::text::bigint + notify.feed_offset()
$$;

create function notify.feed_settled() returns bigint language sql stable as $$
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + notify.feed_offset()
$$;

-- The last number given to each object. A row, and not max() over the events, because it serialises the writers of one object and outlives its events.
create table notify.subjects (
    tenant_id uuid not null references tenancy.tenants,
    subject text not null,
    last_sequence bigint not null check (last_sequence > 0),
    horizon bigint not null,
    primary key (tenant_id, subject)
);
call platform.protect('notify.subjects');
grant select, insert on notify.subjects to modupay_app;
grant update (last_sequence, horizon) on notify.subjects to modupay_app;

-- Facts that happened. The sequence has no gaps per subject, so a consumer can tell that it missed one.
create table notify.events (
    event_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    type text not null,
    subject text not null,
    sequence bigint not null check (sequence > 0),
    -- json keeps the text as it was written, so every attempt and every reader gets the same bytes.
    data json not null,
    trace_id text,
    occurred_at timestamptz not null,
    -- (horizon, position) is the order of the feed; within one subject it is the order of the sequence.
    horizon bigint not null,
    position bigint generated always as identity,
    unique (tenant_id, subject, sequence)
);
create index events_newest on notify.events (tenant_id, event_id desc);
create index events_feed on notify.events (tenant_id, horizon, position);
create index events_type on notify.events (tenant_id, type, event_id desc);
call platform.protect('notify.events');
call platform.make_append_only('notify.events');
grant select, insert on notify.events to modupay_app;

create table notify.webhook_endpoints (
    webhook_endpoint_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    url text not null check (length(url) <= 2000),
    description text check (length(description) <= 200),
    -- '*' wants every type.
    event_types text[] not null check (cardinality(event_types) > 0),
    x_signature boolean not null,
    state text not null check (state in ('enabled', 'disabled', 'deleted')),
    disabled_reason text check (disabled_reason in ('requested', 'gone', 'failing')),
    failing_since timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check ((state = 'disabled') = (disabled_reason is not null))
);
create index webhook_endpoints_tenant on notify.webhook_endpoints (tenant_id, webhook_endpoint_id desc);
call platform.protect('notify.webhook_endpoints');
grant select, insert on notify.webhook_endpoints to modupay_app;
grant update (url, description, event_types, x_signature, state, disabled_reason, failing_since, updated_at) on notify.webhook_endpoints to modupay_app;

-- While a secret is being replaced, the old and the new one both sign.
create table notify.webhook_secrets (
    webhook_secret_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    webhook_endpoint_id uuid not null references notify.webhook_endpoints,
    secret_sealed bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz
);
create index webhook_secrets_endpoint on notify.webhook_secrets (webhook_endpoint_id);
create index webhook_secrets_tenant on notify.webhook_secrets (tenant_id);
call platform.protect('notify.webhook_secrets');
grant select, insert, delete on notify.webhook_secrets to modupay_app;
grant update (secret_sealed, expires_at) on notify.webhook_secrets to modupay_app;

-- One event on its way to one endpoint. attempts counts the recorded ones and never goes back; the retry schedule starts again after round_start of them.
create table notify.webhook_deliveries (
    delivery_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    webhook_endpoint_id uuid not null references notify.webhook_endpoints,
    event_id uuid not null references notify.events,
    state text not null check (state in ('pending', 'delivered', 'failed', 'abandoned')),
    attempts integer not null default 0 check (attempts >= 0),
    round_start integer not null default 0 check (round_start between 0 and attempts),
    next_attempt_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (webhook_endpoint_id, event_id),
    check ((state = 'pending') = (next_attempt_at is not null))
);
create index webhook_deliveries_event on notify.webhook_deliveries (event_id);
create index webhook_deliveries_newest on notify.webhook_deliveries (tenant_id, delivery_id desc);
create index webhook_deliveries_endpoint_newest on notify.webhook_deliveries (tenant_id, webhook_endpoint_id, delivery_id desc);
call platform.protect('notify.webhook_deliveries');
grant select, insert on notify.webhook_deliveries to modupay_app;
grant update (state, attempts, round_start, next_attempt_at, updated_at) on notify.webhook_deliveries to modupay_app;

-- Every POST that was made and how it ended. The excerpt is the receiver's text, the failure is ours.
create table notify.webhook_attempts (
    delivery_id uuid not null references notify.webhook_deliveries,
    attempt integer not null check (attempt > 0),
    tenant_id uuid not null references tenancy.tenants,
    response_status integer,
    response_excerpt text check (length(response_excerpt) <= 200),
    failure text,
    duration_ms integer not null,
    at timestamptz not null,
    primary key (delivery_id, attempt),
    check (response_status is not null or failure is not null)
);
create index webhook_attempts_tenant on notify.webhook_attempts (tenant_id, delivery_id);
call platform.protect('notify.webhook_attempts');
call platform.make_append_only('notify.webhook_attempts');
grant select, insert on notify.webhook_attempts to modupay_app;
