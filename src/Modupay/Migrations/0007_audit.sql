-- Who did what, from where, and what changed by it. Nobody writes these tables but audit.append, which runs as the owner.
create schema audit;
grant usage on schema audit to modupay_app;

create table audit.entries (
    tenant_id uuid not null references tenancy.tenants,
    -- Without a gap: an entry that was removed by force leaves one.
    sequence bigint not null check (sequence > 0),
    entry_id uuid not null,
    at timestamptz not null,
    actor_kind text not null check (actor_kind in ('api_key', 'user', 'system', 'operator')),
    actor_id text not null,
    address text check (address <> ''),
    request_id text check (request_id <> ''),
    action text not null,
    target_type text not null,
    target_id text not null,
    -- json keeps the text as it was written, which is what is hashed.
    changes json not null,
    -- Personal data, readable only while the key of that person exists; the hash covers the sealed bytes, so erasing the key breaks nothing.
    subject_id uuid,
    personal_sealed bytea,
    content bytea not null check (length(content) = 32),
    previous bytea not null check (length(previous) = 32),
    hash bytea not null check (length(hash) = 32),
    primary key (tenant_id, sequence),
    unique (tenant_id, entry_id),
    check ((subject_id is null) = (personal_sealed is null))
);
create index entries_actor on audit.entries (tenant_id, actor_id, sequence desc);
create index entries_target on audit.entries (tenant_id, target_id, sequence desc);
create index entries_action on audit.entries (tenant_id, action, sequence desc);

-- Where each chain ends. Whoever appends holds this row, until his commit.
create table audit.heads (
    tenant_id uuid primary key,
    sequence bigint not null check (sequence >= 0),
    hash bytea not null check (length(hash) = 32)
);

-- Ends of the chain that were signed and put where nobody can replace them. A chain that was cut or rewritten does not pass through them.
create table audit.anchors (
    tenant_id uuid not null,
    sequence bigint not null check (sequence > 0),
    hash bytea not null check (length(hash) = 32),
    key_id text not null,
    signature bytea not null,
    signed_at timestamptz not null,
    primary key (tenant_id, sequence)
);

call platform.make_append_only('audit.entries');
call platform.make_append_only('audit.anchors');

do $$
declare
    target regclass;
begin
    foreach target in array array['audit.entries', 'audit.heads', 'audit.anchors']::regclass[] loop
        call platform.protect(target);
        execute format('create policy writer on %s to current_user
            using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))
            with check (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))', target);
        execute format('grant select on %s to modupay_app', target);
    end loop;
end $$;

-- Links an entry to the one before it. The text that is hashed is that of AuditText.Link, and a leaf is hashed behind a zero byte as everywhere.
create function audit.append(entry_id uuid, at timestamptz, actor_kind text, actor_id text, address text, request_id text, action text, target_type text, target_id text,
    changes json, subject_id uuid, personal_sealed bytea, content bytea)
returns void language plpgsql security definer set search_path = '' as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant', true), '');
    head audit.heads;
    linked bytea;
begin
    select * into head from audit.heads where heads.tenant_id = tenant for update;
    if not found then
        insert into audit.heads (tenant_id, sequence, hash) values (tenant, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
        select * into head from audit.heads where heads.tenant_id = tenant for update;
    end if;
    linked := sha256('\x00'::bytea || convert_to(
        concat('modupay-audit-link-1', E'\t', head.sequence + 1, E'\t', encode(head.hash, 'hex'), E'\t', encode(append.content, 'hex'), E'\n'), 'UTF8'));
    insert into audit.entries (tenant_id, sequence, entry_id, at, actor_kind, actor_id, address, request_id, action, target_type, target_id, changes, subject_id, personal_sealed,
        content, previous, hash)
    values (tenant, head.sequence + 1, append.entry_id, append.at, append.actor_kind, append.actor_id, append.address, append.request_id, append.action, append.target_type, append.target_id,
        append.changes, append.subject_id, append.personal_sealed, append.content, head.hash, linked);
    update audit.heads set sequence = head.sequence + 1, hash = linked where heads.tenant_id = tenant;
end $$;

create function audit.anchor(sequence bigint, hash bytea, key_id text, signature bytea, signed_at timestamptz)
returns void language sql security definer set search_path = '' as $$
    insert into audit.anchors (tenant_id, sequence, hash, key_id, signature, signed_at)
    values (nullif(current_setting('app.tenant', true), '')::uuid, sequence, hash, key_id, signature, signed_at)
    on conflict do nothing
$$;

revoke execute on all functions in schema audit from public;
grant execute on function audit.append, audit.anchor to modupay_app;
