-- Facts that happened. The sequence has no gaps per subject, so a consumer can tell that it missed one.
create table notify.events (
    event_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    type text not null,
    subject text not null,
    sequence bigint not null check (sequence > 0),
    data jsonb not null,
    trace_id text,
    occurred_at timestamptz not null,
    unique (tenant_id, subject, sequence)
);
create index events_newest on notify.events (tenant_id, event_id desc);
call platform.protect('notify.events');
call platform.make_append_only('notify.events');
grant select, insert on notify.events to modupay_app;

create table notify.webhook_endpoints (
    webhook_endpoint_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    url text not null check (length(url) <= 2000),
    event_types text[] not null,
    secret_sealed bytea not null,
    state text not null check (state in ('enabled', 'disabled')),
    disabled_reason text,
    failing_since timestamptz,
    created_at timestamptz not null
);
create index webhook_endpoints_tenant on notify.webhook_endpoints (tenant_id);
call platform.protect('notify.webhook_endpoints');
grant select, insert, update on notify.webhook_endpoints to modupay_app;

create table notify.webhook_deliveries (
    delivery_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    webhook_endpoint_id uuid not null references notify.webhook_endpoints,
    event_id uuid not null references notify.events,
    state text not null check (state in ('pending', 'delivered', 'failed', 'abandoned')),
    attempts integer not null default 0,
    response_status integer,
    response_excerpt text,
    updated_at timestamptz not null,
    unique (webhook_endpoint_id, event_id)
);
create index webhook_deliveries_event on notify.webhook_deliveries (event_id);
create index webhook_deliveries_tenant on notify.webhook_deliveries (tenant_id, delivery_id desc);
call platform.protect('notify.webhook_deliveries');
grant select, insert, update on notify.webhook_deliveries to modupay_app;
