-- Each module owns a schema. A module reads and writes only its own.
create schema tenancy;
create schema banking;
create schema reconciliation;
create schema ledger;
create schema notify;

grant usage on schema platform, tenancy, banking, reconciliation, ledger, notify to modupay_app;
grant usage on schema platform to modupay_relay;

-- Every table with a tenant is protected by this procedure and by nothing else, so that no policy is written slightly differently.
-- The sub-select makes the tenant an init-plan: it is read once per statement instead of once per row.
-- nullif, because after a transaction-local set_config a pooled connection reads '' and not null.
create procedure platform.protect(target regclass) language plpgsql as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('create policy tenant on %s to modupay_app
        using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))
        with check (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))', target);
end $$;

-- What belongs to an organization and not to one of its modes: its members, its departments. Its own tenants see it, and nobody else.
create procedure platform.protect_organization(target regclass) language plpgsql as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('create policy organization on %s to modupay_app
        using (organization_id = (select organization_id from tenancy.tenants where tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid)))
        with check (organization_id = (select organization_id from tenancy.tenants where tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid)))', target);
end $$;

-- A member of some departments sees their treasury accounts, and of everything else only what hangs on those. Restrictive: it narrows what the
-- tenant's policy shows and can never widen it. Whoever is not confined pays for reading one setting a statement.
create procedure platform.confine(target regclass, condition text) language plpgsql as $$
begin
    execute format('create policy departments on %s as restrictive to modupay_app
        using ((select nullif(current_setting(''app.departments'', true), '''')) is null or %s)', target, condition);
end $$;

-- What the application role may do with a table that only grows is insert and select. The trigger is the second line: it also stops the owner.
create function platform.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;

create procedure platform.make_append_only(target regclass) language plpgsql as $$
begin
    execute format('create trigger append_only before update or delete on %s for each row execute function platform.refuse_change()', target);
    execute format('create trigger append_only_truncate before truncate on %s for each statement execute function platform.refuse_change()', target);
end $$;

-- Messages that must leave if and only if the transaction that wrote them commits.
create table platform.outbox (
    outbox_id uuid primary key,
    tenant_id uuid not null,
    queue text not null,
    body text not null,
    trace_parent text,
    available_at timestamptz not null,
    created_at timestamptz not null
);
create index outbox_due on platform.outbox (available_at);
call platform.protect('platform.outbox');
-- The sweep serves every tenant. Its role sees this table and no other.
create policy relay on platform.outbox to modupay_relay using (true);
grant select, insert, update, delete on platform.outbox to modupay_app;
grant select, update, delete on platform.outbox to modupay_relay;

-- A key is stored in the transaction of its effect: a key without an effect, or an effect without its key, cannot exist.
create table platform.idempotency_keys (
    tenant_id uuid not null,
    key text not null,
    fingerprint bytea not null,
    status integer,
    answer text,
    created_at timestamptz not null,
    primary key (tenant_id, key),
    check (length(key) between 1 and 255)
);
create index idempotency_keys_age on platform.idempotency_keys (tenant_id, created_at);
call platform.protect('platform.idempotency_keys');
grant select, insert, delete on platform.idempotency_keys to modupay_app;

-- Lets one request at a time hold a key, and nobody once it has an answer. The lock tells a request that is still running from one that has finished:
-- without it the second would wait for the first one's transaction. Two statements and not one: each has its own snapshot, so the look sees what was
-- committed until the lock was had. As one condition it would look with the snapshot of before, and let a second request through to the key's own constraint.
create function platform.begin_once(tenant uuid, wanted text)
returns void language plpgsql set search_path = '' as $$
begin
    if pg_try_advisory_xact_lock(hashtextextended(tenant::text || wanted, 0)) then
        if not exists (select from platform.idempotency_keys where tenant_id = tenant and key = wanted) then
            return;
        end if;
    end if;
    raise exception using errcode = 'MP001', message = 'The idempotency key is taken.';
end $$;
revoke execute on function platform.begin_once from public;
grant execute on function platform.begin_once to modupay_app;
